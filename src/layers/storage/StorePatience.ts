/**
 * Trying a store again that is busy or full for a moment, or has just set a damaged file aside.
 */
import { Effect, Schedule } from "effect"

/**
 * Runs what is asked of a store up to five times within a second and whatever the store takes itself, until it does not
 * fail with `StoreUnavailable`. Other failures are passed on at once.
 */
export const patiently = <A, E extends { readonly _tag: string }, R>(
  asked: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.retry(asked, {
    schedule: Schedule.exponential("50 millis"),
    times: 4,
    while: ({ _tag }) => _tag === "StoreUnavailable"
  })
