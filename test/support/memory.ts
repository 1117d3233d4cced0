/**
 * What this process holds in memory once everything that nobody refers to any more is gone.
 */
import { Effect } from "effect"
import process from "node:process"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { nextTurns } from "./loopbackClient.ts"

export interface Held {
  /** Bytes of objects. */
  readonly heapUsed: number
  /** Bytes of what objects own outside the heap, buffers included. */
  readonly external: number
  readonly arrayBuffers: number
  /** Bytes the system has given to the process; it takes them back when it likes. */
  readonly rss: number
}

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

/** The second time for what the first has only made collectable: handles are let go of in later turns. */
export const held: Effect.Effect<Held> = Effect.gen(function*() {
  collectGarbage()
  yield* nextTurns
  collectGarbage()
  const { arrayBuffers, external, heapUsed, rss } = process.memoryUsage()
  return { heapUsed, external, arrayBuffers, rss }
})
