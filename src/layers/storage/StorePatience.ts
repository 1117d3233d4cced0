/**
 * Trying a store again that is busy or full for a moment, or has just set a damaged file aside.
 */
import { Clock, Duration, Effect, Schedule } from "effect"

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

/** How long a lock that others hold for moments is waited for. */
const busyFor = Duration.toNanosUnsafe(Duration.seconds(2))

const looking = Schedule.min([Schedule.exponential("2 millis"), Schedule.spaced("50 millis")]).pipe(Schedule.jittered)

/**
 * Tries again while somebody else has what is asked for, for two seconds in all; the error is then the last one. By the monotonic
 * clock: one that is set forward meanwhile must not cut that short.
 */
export const whileBusy =
  (isBusy: (error: unknown) => boolean) => <A, E, R>(asked: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Clock.monotonicTimeNanos, (began) =>
      Effect.retry(asked, {
        schedule: looking,
        while: (error) => Effect.map(Clock.monotonicTimeNanos, (now) => isBusy(error) && now - began < busyFor)
      }))
