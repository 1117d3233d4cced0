/**
 * How much memory this process takes.
 */
import { Context, type Effect } from "effect"

/** Asks the runtime what this process takes. */
export class ProcessMemory extends Context.Service<ProcessMemory, {
  /** What JavaScript's objects take, in bytes, those that nobody needs any more included. */
  readonly heapBytes: Effect.Effect<number>
}>()("mcp-gas/services/observability/ProcessMemory") {}
