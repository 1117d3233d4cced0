import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Logger, Redacted, References } from "effect"
import { TestClock } from "effect/testing"
import { ClientMisconfigured, ConfigProblem } from "../../../src/services/config/Config.ts"
import { RefreshRejected } from "../../../src/services/provider/AuthorizationServer.ts"
import { AuthEvents } from "../../../src/services/sign-in/AuthEvents.ts"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import { ada, away, generation, grant, signIn, tokensOf } from "../../support/sessionData.ts"
import { layer, OtherProcess, Provider, rotating, StoreSpy } from "../../support/sessionHarness.ts"
import { take, watching } from "../../support/sessionStreams.ts"

const minutes = (count: number) => TestClock.setTime(count * 60_000)

const many = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.all(Array.from({ length: 200 }, () => effect), { concurrency: "unbounded" })

const token = Effect.flatMap(Sessions, ({ accessToken }) => Effect.map(accessToken(ada), Redacted.value))

const events = Effect.flatMap(AuthEvents.use(({ subscribe }) => subscribe), watching)

/** A token of an hour that this process has handed out already. */
const known = Effect.gen(function*() {
  yield* OtherProcess.use(({ write }) => write(ada, generation(0), signIn({ minutes: 60 })))
  assert.strictEqual(yield* token, "access-1")
})

const misconfigured = new ClientMisconfigured({
  problems: [new ConfigProblem({ where: "OAuth client", problem: "wrong secret", remedy: "correct it" })]
})

describe("Sessions: the last ten minutes of a token", () => {
  it.effect("200 callers get the token there is at once, one refresh is sent, and its token comes next", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      const store = yield* OtherProcess
      yield* known
      yield* minutes(50)
      const seen = yield* events
      const held = yield* provider.hold
      assert.deepStrictEqual(new Set(yield* many(token)), new Set(["access-1"]))
      yield* held.arrived
      assert.deepStrictEqual(new Set(yield* many(token)), new Set(["access-1"]))
      // A second refresh, if there were one, would be sent by now.
      yield* TestClock.adjust("0 millis")
      yield* held.answer(Effect.succeed(grant()))
      assert.deepStrictEqual<ReadonlyArray<object>>(yield* take(seen, 1), [{
        _tag: "RefreshPerformed",
        key: ada,
        took: Duration.zero
      }])
      assert.deepStrictEqual(new Set(yield* many(token)), new Set(["access-2"]))
      assert.deepStrictEqual(yield* provider.refreshed, ["refresh-1"])
      assert.strictEqual((yield* StoreSpy.use(({ counts }) => counts)).writes, 1)
      assert.strictEqual((yield* store.read(ada)).generation, 2)
    }).pipe(Effect.provide(layer)))

  it.effect("a millisecond before, nothing happens", () =>
    Effect.gen(function*() {
      yield* known
      yield* TestClock.setTime(50 * 60_000 - 1)
      assert.strictEqual(yield* token, "access-1")
      // Anything that were under way would be there after this.
      yield* TestClock.adjust("0 millis")
      assert.deepStrictEqual(yield* StoreSpy.use(({ counts }) => counts), { reads: 1, writes: 0, notes: 0 })
    }).pipe(Effect.provide(layer)))

  for (
    const [what, error, code] of [
      ["the network being down", away({ retryAfter: 1 }), "provider_unreachable"],
      ["an answer that got lost", away({ ambiguous: true }), "provider_unreachable"],
      ["a client that is not accepted", misconfigured, "client_misconfigured"],
      ["the provider's no", new RefreshRejected({ reason: "revoked" }), "revoked"]
    ] as const
  ) {
    it.effect(`nobody sees ${what}, but in the events, and nothing is logged`, () => {
      const lines: Array<unknown> = []
      const logger = Logger.make(({ message }) => void lines.push(message))
      return Effect.gen(function*() {
        const provider = yield* Provider
        yield* known
        yield* minutes(50)
        const seen = yield* events
        const held = yield* provider.hold
        assert.deepStrictEqual(new Set(yield* many(token)), new Set(["access-1"]))
        yield* held.arrived
        yield* held.answer(Effect.fail(error))
        assert.deepStrictEqual<ReadonlyArray<object>>(yield* take(seen, 1), [{
          _tag: "RefreshFailed",
          key: ada,
          code,
          took: Duration.zero
        }])
        assert.deepStrictEqual(lines, [])
      }).pipe(
        Effect.provide(Layer.provideMerge(rotating, Logger.layer([logger]))),
        Effect.provideService(References.MinimumLogLevel, "All")
      )
    })
  }

  it.effect("a refresh in advance that failed is not sent again while the provider wants to be left alone", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      yield* known
      yield* minutes(50)
      const seen = yield* events
      yield* provider.answers(Effect.fail(away({ retryAfter: 60 })))
      assert.strictEqual(yield* token, "access-1")
      yield* take(seen, 1)
      yield* TestClock.adjust(59_999)
      const before = yield* StoreSpy.use(({ counts }) => counts)
      assert.deepStrictEqual(new Set(yield* many(token)), new Set(["access-1"]))
      yield* TestClock.adjust("0 millis")
      assert.lengthOf(yield* provider.refreshed, 1)
      assert.deepStrictEqual(yield* StoreSpy.use(({ counts }) => counts), before)
      yield* provider.answers(Effect.succeed(grant()))
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* token, "access-1")
      yield* take(seen, 1)
      assert.strictEqual(yield* token, "access-2")
      assert.lengthOf(yield* provider.refreshed, 2)
    }).pipe(Effect.provide(layer)))

  it.effect("who may not wait any longer joins the refresh that is under way in advance", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      yield* known
      yield* minutes(50)
      const held = yield* provider.hold
      assert.strictEqual(yield* token, "access-1")
      yield* held.arrived
      yield* minutes(58)
      const seen = yield* events
      const caller = yield* Effect.forkChild(token, { startImmediately: true })
      assert.deepStrictEqual<ReadonlyArray<object>>(yield* take(seen, 1), [{ _tag: "RefreshShared", key: ada }])
      assert.isUndefined(caller.pollUnsafe())
      yield* held.answer(Effect.succeed(grant()))
      assert.strictEqual(yield* Fiber.join(caller), "access-2")
      assert.deepStrictEqual(yield* provider.refreshed, ["refresh-1"])
    }).pipe(Effect.provide(layer)))

  it.effect("what another process has renewed meanwhile is adopted in advance, too", () =>
    Effect.gen(function*() {
      const store = yield* OtherProcess
      const spy = yield* StoreSpy
      yield* known
      yield* minutes(50)
      yield* spy.deafen
      yield* store.write(ada, generation(1), signIn({ accessToken: "theirs", minutes: 110 }))
      assert.strictEqual(yield* token, "access-1")
      yield* TestClock.adjust("0 millis")
      assert.strictEqual(yield* token, "theirs")
      assert.deepStrictEqual(yield* Provider.use(({ refreshed }) => refreshed), [])
    }).pipe(Effect.provide(layer)))

  it.effect("the first caller of a process gets the token there is, and has it renewed as well", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      yield* StoreSpy.use(({ deafen }) => deafen)
      yield* OtherProcess.use(({ write }) => write(ada, generation(0), signIn({ minutes: 60 })))
      yield* minutes(50)
      assert.strictEqual(yield* token, "access-1")
      yield* TestClock.adjust("0 millis")
      assert.deepStrictEqual(yield* provider.refreshed, ["refresh-1"])
    }).pipe(Effect.provide(layer)))
})

describe("Sessions: a clock that is set", () => {
  it.effect("back by a minute changes nothing; by more, the token is renewed once", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      const store = yield* OtherProcess
      yield* minutes(100)
      yield* store.write(ada, generation(0), signIn({ minutes: 160 }))
      yield* minutes(99)
      assert.strictEqual(yield* token, "access-1")
      assert.deepStrictEqual(yield* provider.refreshed, [])
      yield* TestClock.setTime(99 * 60_000 - 1)
      assert.strictEqual(yield* token, "access-2")
      assert.strictEqual(yield* token, "access-2")
      assert.deepStrictEqual(yield* provider.refreshed, ["refresh-1"])
      assert.deepStrictEqual(tokensOf(yield* store.read(ada)), { access: "access-2", refresh: "refresh-1" })
    }).pipe(Effect.provide(layer)))

  it.effect("ahead, the token counts as expired and is renewed once", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      yield* known
      yield* minutes(100_000)
      yield* provider.answers(Effect.succeed(grant({ minutes: 100_060 })))
      assert.deepStrictEqual(new Set(yield* many(token)), new Set(["access-2"]))
      assert.deepStrictEqual(yield* provider.refreshed, ["refresh-1"])
    }).pipe(Effect.provide(layer)))
})
