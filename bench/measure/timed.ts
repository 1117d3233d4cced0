/**
 * How long things take.
 */
import { Effect } from "effect"
import { performance } from "node:perf_hooks"

/** Milliseconds that this takes, and what it comes to. */
export const timed = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<readonly [millis: number, value: A], E, R> =>
  Effect.suspend(() => {
    const began = performance.now()
    return Effect.map(effect, (value) => [performance.now() - began, value] as const)
  })

/** Milliseconds that this takes. */
export const millis = <E, R>(effect: Effect.Effect<unknown, E, R>): Effect.Effect<number, E, R> =>
  Effect.map(timed(effect), ([took]) => took)
