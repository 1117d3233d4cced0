/**
 * How long a store is tried again: by the time that has passed, whatever the clock on the wall says meanwhile.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as StorePatience from "../../../src/layers/storage/StorePatience.ts"

/** A clock on the wall that is set forward an hour each time somebody looks at it. */
const restless = (clock: Clock.Clock): Clock.Clock => {
  let now = 0
  const millis = () => now += 3_600_000
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: () => BigInt(millis()) * 1_000_000n,
    currentTimeNanos: Effect.sync(() => BigInt(millis()) * 1_000_000n),
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => clock.sleep(duration)
  }
}

const waiting = Effect.fail("busy").pipe(
  StorePatience.whileBusy((error) => error === "busy"),
  Effect.flip,
  (trying) => Effect.flatMap(Clock.Clock, (clock) => Effect.provideService(trying, Clock.Clock, restless(clock)))
)

describe("StorePatience.whileBusy", () => {
  it.effect("waits for two seconds, also where the clock is set forward meanwhile", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(waiting, { startImmediately: true })
      yield* TestClock.adjust("1900 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("200 millis")
      assert.strictEqual(yield* Fiber.join(fiber), "busy")
    }))

  it.effect("does not wait for what is no matter of being busy", () =>
    Effect.gen(function*() {
      const failing = StorePatience.whileBusy((error) => error === "busy")(Effect.fail("broken"))
      assert.strictEqual(yield* Effect.flip(failing), "broken")
    }))
})
