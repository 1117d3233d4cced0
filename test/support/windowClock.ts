/**
 * The clock of a window whose wall time can be set, as a machine's can. Monotonic time, and whatever sleeps, goes on.
 */
import { Clock, Effect, Ref } from "effect"

export interface WindowClock {
  readonly clock: Clock.Clock
  /** Sets the wall time so many milliseconds ahead of the machine's, or behind it. */
  readonly jump: (millis: number) => Effect.Effect<void>
}

export const make = (): WindowClock => {
  const machine = Clock.Clock.defaultValue()
  const ahead = Ref.makeUnsafe(0)
  const millis = () => machine.currentTimeMillisUnsafe() + Ref.getUnsafe(ahead)
  const nanos = () => machine.currentTimeNanosUnsafe() + BigInt(Ref.getUnsafe(ahead)) * 1_000_000n
  return {
    clock: {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: () => machine.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: machine.monotonicTimeNanos,
      sleep: (duration) => machine.sleep(duration)
    },
    jump: (by) => Ref.set(ahead, by)
  }
}
