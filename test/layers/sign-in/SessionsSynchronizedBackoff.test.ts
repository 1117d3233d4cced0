import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Random, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { RefreshRejected } from "../../../src/services/provider/AuthorizationServer.ts"
import type { AccountKey } from "../../../src/services/sign-in/AccountKey.ts"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import { ada, away, draft, generation, grace, grant, signIn } from "../../support/sessionData.ts"
import { layer, OtherProcess, Provider, rotating } from "../../support/sessionHarness.ts"

const expiring = (key: AccountKey = ada) =>
  OtherProcess.use(({ write }) => write(key, generation(0), signIn({ minutes: 1, refreshToken: key })))

/** Jitter as it falls at the ends of its range, and in the middle. */
const jitter = (value: number) =>
  Effect.provideService(Random.Random, { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => value })

/** One call that asks the provider until it gives up, which takes less than this. */
const givingUp = Effect.gen(function*() {
  const { fresh } = yield* Sessions
  const caller = yield* Effect.forkChild(Effect.flip(fresh(ada)), { startImmediately: true })
  yield* TestClock.adjust("1500 millis")
  return yield* Fiber.join(caller)
})

/** The seconds a caller is told to wait, who hears so at once. */
const toWait = (key: AccountKey) =>
  Effect.gen(function*() {
    const { fresh } = yield* Sessions
    const before = yield* Provider.use(({ refreshed }) => refreshed)
    const error = yield* Effect.flip(fresh(key))
    assert.lengthOf(yield* Provider.use(({ refreshed }) => refreshed), before.length)
    assert.strictEqual(error._tag, "ProviderUnreachable")
    return error._tag === "ProviderUnreachable" ? error.retryAfter : undefined
  })

describe("Sessions: a refresh is tried again", () => {
  for (const [lot, value, times] of [["shortest", 0, [0, 200, 600]], ["longest", 1, [0, 300, 900]]] as const) {
    it.effect(`twice, a little later, at the ${lot} after ${times[1]} and ${times[2]} ms`, () =>
      Effect.gen(function*() {
        const provider = yield* Provider
        yield* expiring()
        yield* provider.answers(Effect.fail(away({ ambiguous: true })))
        assert.deepInclude(yield* givingUp, { _tag: "ProviderUnreachable" })
        assert.deepStrictEqual(yield* provider.times, times)
      }).pipe(Effect.provide(layer), jitter(value)))
  }

  it.effect("and when that works, nobody has noticed", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      yield* expiring()
      yield* provider.answersInTurn(Effect.fail(away()), Effect.fail(away()), Effect.succeed(grant()))
      const caller = yield* Effect.forkChild(fresh(ada), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(Redacted.value((yield* Fiber.join(caller)).tokens.accessToken), "access-2")
      assert.lengthOf(yield* provider.refreshed, 3)
    }).pipe(Effect.provide(rotating)))

  it.effect("not where the provider says when to come back", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      yield* expiring()
      yield* provider.answers(Effect.fail(away({ retryAfter: 0 })))
      yield* givingUp
      assert.deepStrictEqual(yield* provider.times, [0])
    }).pipe(Effect.provide(layer)))

  it.effect("not where the provider said no", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      yield* expiring()
      yield* provider.answers(Effect.fail(new RefreshRejected({ reason: "revoked" })))
      yield* givingUp
      assert.deepStrictEqual(yield* provider.times, [0])
    }).pipe(Effect.provide(layer)))

  for (const [millis, posts] of [[999, 2], [1_000, 1]] as const) {
    it.effect(`after a failure that took ${millis} ms: asked ${posts} times in all`, () =>
      Effect.gen(function*() {
        const { fresh } = yield* Sessions
        const provider = yield* Provider
        yield* expiring()
        yield* provider.answers(Effect.delay(Effect.fail(away()), millis))
        const caller = yield* Effect.forkChild(Effect.flip(fresh(ada)), { startImmediately: true })
        yield* TestClock.adjust("20 seconds")
        yield* Fiber.join(caller)
        assert.lengthOf(yield* provider.refreshed, posts)
      }).pipe(Effect.provide(layer)))
  }
})

describe("Sessions: a provider that is away is left alone", () => {
  for (const [share, value] of [["half of it", 0], ["all of it", 1]] as const) {
    it.effect(`for a second, then twice as long each time, 30 s at most: ${share}`, () =>
      Effect.gen(function*() {
        const { fresh } = yield* Sessions
        const provider = yield* Provider
        yield* expiring()
        yield* provider.answers(Effect.fail(away({ retryAfter: 0 })))
        for (const [times, seconds] of [1, 2, 4, 8, 16, 30, 30, 30].entries()) {
          yield* Effect.flip(fresh(ada))
          assert.lengthOf(yield* provider.refreshed, times + 1)
          const millis = seconds * 1_000 * (0.5 + value / 2)
          assert.strictEqual(yield* toWait(ada), Math.ceil(millis / 1_000))
          yield* TestClock.adjust(millis - 1)
          assert.strictEqual(yield* toWait(ada), 1)
          yield* TestClock.adjust(1)
        }
      }).pipe(Effect.provide(layer), jitter(value)))
  }

  for (const [seconds, obeyed] of [[1, 1], [7, 7], [3_600, 3_600], [86_400, 3_600]] as const) {
    it.effect(`for the ${obeyed} s that it gets when it asks for ${seconds} s`, () =>
      Effect.gen(function*() {
        const { fresh } = yield* Sessions
        const provider = yield* Provider
        yield* expiring()
        const error = away({ retryAfter: seconds })
        yield* provider.answers(Effect.fail(error))
        assert.strictEqual(yield* Effect.flip(fresh(ada)), error)
        assert.strictEqual(yield* toWait(ada), obeyed)
        yield* TestClock.adjust(obeyed * 1_000 - 1)
        assert.strictEqual(yield* toWait(ada), 1)
        yield* provider.answers(Effect.succeed(grant({ minutes: 600 })))
        yield* TestClock.adjust(1)
        assert.strictEqual(Redacted.value((yield* fresh(ada)).tokens.accessToken), "access-2")
      }).pipe(Effect.provide(layer)))
  }

  it.effect("for one account; another one is renewed meanwhile", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      yield* expiring(ada)
      yield* expiring(grace)
      yield* provider.answersInTurn(Effect.fail(away({ retryAfter: 60 })), Effect.succeed(grant()))
      yield* Effect.flip(fresh(ada))
      yield* fresh(grace)
      assert.deepStrictEqual(yield* provider.refreshed, [ada, grace])
      assert.strictEqual(yield* toWait(ada), 60)
    }).pipe(Effect.provide(layer)))

  it.effect("no longer once it has answered: the next failure counts as the first", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      yield* expiring()
      const gone = Effect.fail(away({ retryAfter: 0 }))
      yield* provider.answersInTurn(gone, gone, gone, Effect.succeed(grant({ minutes: 60 })), gone)
      for (const wait of ["1 second", "2 seconds", "4 seconds"] as const) {
        yield* Effect.flip(fresh(ada))
        yield* TestClock.adjust(wait)
      }
      yield* fresh(ada)
      yield* TestClock.adjust("1 hour")
      yield* Effect.flip(fresh(ada))
      assert.strictEqual(yield* toWait(ada), 1)
    }).pipe(Effect.provide(layer), jitter(1)))

  it.effect("no longer once somebody has signed in again: it has answered them", () =>
    Effect.gen(function*() {
      const { establish, fresh, slot } = yield* Sessions
      const provider = yield* Provider
      yield* expiring()
      yield* provider.answersInTurn(Effect.fail(away({ retryAfter: 3_600 })), Effect.succeed(grant()))
      yield* Effect.flip(fresh(ada))
      yield* establish(yield* slot(ada), draft({ minutes: 5, lifetime: 5 }))
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(Redacted.value((yield* fresh(ada)).tokens.accessToken), "access-2")
    }).pipe(Effect.provide(layer)))

  it.effect("no longer than it would be, where the clock is set back meanwhile", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      yield* TestClock.setTime(86_400_000)
      yield* expiring()
      yield* provider.answersInTurn(Effect.fail(away({ retryAfter: 1 })), Effect.succeed(grant()))
      yield* Effect.flip(fresh(ada))
      yield* TestClock.setTime(0)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(Redacted.value((yield* fresh(ada)).tokens.accessToken), "access-2")
    }).pipe(Effect.provide(layer)))
})
