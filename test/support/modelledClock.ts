/**
 * Time that passes only when a test lets it: from one thing that is due to the next, or all at once, as for a machine that
 * was asleep. What runs on sockets is given turns of the event loop in between.
 */
import { type Clock, Duration, Effect, Fiber } from "effect"
import { nextTurns } from "./loopbackClient.ts"

export interface ModelledClock {
  readonly clock: Clock.Clock
  /** Lets what is ready run, and then time pass until something is due. */
  readonly tick: Effect.Effect<void>
  /** Lets time pass at once. Whatever is due by then is only woken now, and once. */
  readonly jump: (by: Duration.Input) => Effect.Effect<void>
  /** Ticks until something that ends by itself has ended. */
  readonly finished: <A, E>(deed: Effect.Effect<A, E>) => Effect.Effect<A, E>
}

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/** How far a tick goes at least, lest it takes too many of them; and at most, where hardly anything is to come. */
const step = { least: 10, most: 100 }

/** Longer than anybody has to wait for anything but a person. */
const patience = 60_000

export const make: Effect.Effect<ModelledClock> = Effect.sync(() => {
  const sleepers = new Set<Sleeper>()
  let now = 0
  const millis = () => now
  const nanos = () => BigInt(Math.trunc(now)) * 1_000_000n

  const until = (time: number) => {
    now = time
    const due = [...sleepers].filter(({ at }) => at <= now).toSorted((one, other) => one.at - other.at)
    for (const sleeper of due) {
      sleepers.delete(sleeper)
      sleeper.wake()
    }
  }

  const sleep = (by: number) =>
    Effect.callback<void>((resume) => {
      const sleeper = { at: now + by, wake: () => resume(Effect.void) }
      sleepers.add(sleeper)
      return Effect.sync(() => void sleepers.delete(sleeper))
    })

  const tick = Effect.andThen(
    nextTurns,
    Effect.sync(() => {
      const next = Math.min(...Array.from(sleepers, ({ at }) => at))
      until(now + Math.min(step.most, Math.max(step.least, next - now)))
    })
  )

  return {
    clock: {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: nanos,
      monotonicTimeNanos: Effect.sync(nanos),
      sleep: (duration) => {
        const by = Duration.toMillis(duration)
        return by > 0 ? sleep(by) : Effect.yieldNow
      }
    },
    tick,
    jump: (by) => Effect.andThen(nextTurns, Effect.sync(() => until(now + Duration.toMillis(by)))),
    finished: Effect.fnUntraced(function*(deed) {
      const since = now
      const doing = yield* Effect.forkDetach(deed, { startImmediately: true })
      while (doing.pollUnsafe() === undefined) {
        if (now - since > patience) return yield* Effect.die(new Error("something has no end"))
        yield* tick
      }
      return yield* Fiber.join(doing)
    })
  }
})
