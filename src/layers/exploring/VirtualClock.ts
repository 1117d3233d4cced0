/**
 * A clock whose time passes only when somebody says so, straight to the moment of the next sleeper.
 */
import { type Clock, Duration, Effect } from "effect"

export interface VirtualClock {
  readonly clock: Clock.Clock
  /** Whether somebody waits for a time to come. */
  readonly isAwaited: () => boolean
  /** Moves time on to the next sleeper; gives those whose time has come, the longest waiting first. */
  readonly pass: () => ReadonlyArray<() => void>
  /** Milliseconds since the clock was made. */
  readonly now: () => number
}

/** Stands at 0 ms. Sleeping for no time yields, sleeping for ever does that, as with the live clock. */
export const make = (): VirtualClock => {
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>()
  let now = 0
  const millis = () => now
  const nanos = () => BigInt(now) * 1_000_000n
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) => {
      const delay = Math.ceil(Duration.toMillis(duration))
      if (delay <= 0) return Effect.yieldNow
      return Effect.callback<void>((resume) => {
        const sleeper = { at: now + delay, wake: () => resume(Effect.void) }
        if (Number.isFinite(delay)) sleepers.add(sleeper)
        return Effect.sync(() => void sleepers.delete(sleeper))
      })
    }
  }
  const pass = () => {
    now = Math.min(...Array.from(sleepers, ({ at }) => at))
    const due = [...sleepers].filter(({ at }) => at <= now)
    for (const sleeper of due) sleepers.delete(sleeper)
    return due.map(({ wake }) => wake)
  }
  return { clock, pass, isAwaited: () => sleepers.size > 0, now: millis }
}
