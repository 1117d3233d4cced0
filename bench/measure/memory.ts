/**
 * What this process holds in memory once everything that nobody refers to any more is gone. Needs `--expose-gc`.
 */
import { Effect } from "effect"
import process from "node:process"

/** Lets everything that is ready to run do so, callbacks of input and output included. */
const nextTurn = Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))

const collect = Effect.sync(() => {
  if (globalThis.gc === undefined) throw new Error("memory is measured with --expose-gc only")
  globalThis.gc()
})

/** Bytes of objects. Collected twice, since handles are let go of in later turns. */
export const heapUsed: Effect.Effect<number> = Effect.gen(function*() {
  yield* collect
  yield* Effect.replicateEffect(nextTurn, 5)
  yield* collect
  return process.memoryUsage().heapUsed
})
