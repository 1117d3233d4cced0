/**
 * `ProcessMemory` as Node tells it.
 */
import { Effect, Layer } from "effect"
import process from "node:process"
import { ProcessMemory } from "../../services/observability/ProcessMemory.ts"

/** Provides `ProcessMemory`; needs nothing. */
export const layer: Layer.Layer<ProcessMemory> = Layer.succeed(
  ProcessMemory,
  ProcessMemory.of({ heapBytes: Effect.sync(() => process.memoryUsage().heapUsed) })
)
