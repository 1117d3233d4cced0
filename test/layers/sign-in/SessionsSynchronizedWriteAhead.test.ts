import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import type { Slot } from "../../../src/services/storage/SessionStore.ts"
import { ada, away, draft, generation, grant, signIn, tokensOf, unavailable } from "../../support/sessionData.ts"
import { inProcess, layer, OtherProcess, Provider, rotating, StoreSpy, worldOf } from "../../support/sessionHarness.ts"

const token = Effect.flatMap(Sessions, ({ accessToken }) => Effect.map(accessToken(ada), Redacted.value))

const expiring = OtherProcess.use(({ write }) => write(ada, generation(0), signIn({ minutes: 1 })))

/** What a process leaves behind that sends the token of the first sign-in, and is not heard of again. */
const sentBySomebody = OtherProcess.use(({ present }) => present(ada, generation(1), { again: false }))

/** A minute is left of the token when it is sent, and what came of that is not known. */
const lost = Effect.gen(function*() {
  yield* expiring
  yield* Provider.use(({ answers }) => answers(Effect.fail(away({ ambiguous: true }))))
  assert.deepInclude(yield* Effect.flip(token), { _tag: "ProviderUnreachable", ambiguous: true })
})

const unclear = {
  _tag: "SignInRequired",
  reason: "expired",
  because: "refresh_unclear",
  account: draft().account
} as const

/** The token is good to its very end; then a person is needed, and the slot still says who. */
const goodToItsEnd = Effect.gen(function*() {
  const store = yield* OtherProcess
  yield* TestClock.setTime(60_000 - 1)
  assert.strictEqual(yield* token, "access-1")
  yield* TestClock.adjust(1)
  for (let times = 0; times < 2; times++) assert.deepInclude(yield* Effect.flip(token), unclear)
  const slot = yield* store.read(ada)
  assert.strictEqual(slot.generation, 1)
  assert.deepStrictEqual(tokensOf(slot), { access: "access-1", refresh: "refresh-1" })
})

const posts = Provider.use(({ refreshed }) => refreshed)

describe("Sessions: what is noted before a refresh token is sent", () => {
  for (const [kind, process] of [["keeps", layer], ["replaces", rotating]] as const) {
    it.effect(`a provider that ${kind} tokens finds the note in the store when it is asked; success clears it`, () =>
      Effect.gen(function*() {
        const provider = yield* Provider
        const store = yield* OtherProcess
        const seen: Array<Slot> = []
        yield* expiring
        yield* TestClock.setTime(1_234)
        yield* provider.answers(
          Effect.as(Effect.orDie(Effect.tap(store.read(ada), (slot) => Effect.sync(() => seen.push(slot)))), grant())
        )
        yield* token
        assert.deepStrictEqual(seen.map(({ presentedAt }) => presentedAt?.epochMilliseconds), [1_234])
        assert.isUndefined((yield* store.read(ada)).presentedAt)
      }).pipe(Effect.provide(process)))
  }

  it.effect("a note that cannot be written: nothing is sent", () =>
    Effect.gen(function*() {
      const spy = yield* StoreSpy
      yield* expiring
      yield* spy.disturb({ present: () => Effect.fail(unavailable) })
      assert.strictEqual(yield* Effect.flip(token), unavailable)
      assert.deepStrictEqual(yield* posts, [])
      yield* spy.disturb({})
      assert.strictEqual(yield* token, "access-2")
    }).pipe(Effect.provide(rotating)))
})

describe("Sessions: an answer that got lost", () => {
  it.effect("is asked for again where the provider keeps tokens", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      const store = yield* OtherProcess
      yield* expiring
      yield* provider.answersInTurn(Effect.fail(away({ ambiguous: true })), Effect.succeed(grant()))
      const caller = yield* Effect.forkChild(token, { startImmediately: true })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(caller), "access-2")
      assert.deepStrictEqual(yield* posts, ["refresh-1", "refresh-1"])
      assert.isUndefined((yield* store.read(ada)).presentedAt)
    }).pipe(Effect.provide(layer)))

  it.effect("is never asked for again where the provider replaces them; the token is good to its very end", () =>
    Effect.gen(function*() {
      yield* lost
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* token, "access-1")
      yield* goodToItsEnd
      yield* TestClock.adjust("1 day")
      assert.deepInclude(yield* Effect.flip(token), unclear)
      assert.deepStrictEqual(yield* posts, ["refresh-1"])
    }).pipe(Effect.provide(rotating)))

  it.effect("nobody is told to wait for a provider that will not be asked: whoever comes next gets the token", () =>
    Effect.gen(function*() {
      yield* expiring
      yield* Provider.use(({ answers }) => answers(Effect.fail(away({ ambiguous: true, retryAfter: 600 }))))
      yield* Effect.flip(token)
      yield* goodToItsEnd
    }).pipe(Effect.provide(rotating)))

  it.effect("the token that a resource refused as well is of no use any more", () =>
    Effect.gen(function*() {
      yield* lost
      yield* Sessions.use(({ invalidate }) => invalidate(ada, Redacted.make("access-1")))
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* Effect.flip(token), unclear)
      assert.deepStrictEqual(yield* posts, ["refresh-1"])
    }).pipe(Effect.provide(rotating)))

  it.effect("a new sign-in clears everything", () =>
    Effect.gen(function*() {
      const { establish, slot } = yield* Sessions
      yield* lost
      yield* TestClock.adjust("2 minutes")
      assert.deepInclude(yield* Effect.flip(token), unclear)
      yield* establish(yield* slot(ada), draft({ minutes: 4, refreshToken: "refresh-new" }))
      yield* Provider.use(({ answers }) => answers(Effect.succeed(grant())))
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(yield* token, "access-2")
      assert.deepStrictEqual(yield* posts, ["refresh-1", "refresh-new"])
    }).pipe(Effect.provide(rotating)))

  it.effect("a failure that is no answer at all is sent again, with rotation too", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      const store = yield* OtherProcess
      yield* expiring
      yield* provider.answersInTurn(Effect.fail(away({ retryAfter: 0 })), Effect.succeed(grant()))
      yield* Effect.flip(token)
      assert.isUndefined((yield* store.read(ada)).presentedAt)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* token, "access-2")
    }).pipe(Effect.provide(rotating)))

  it.effect("nor does it count as lost where the note could not be taken back at once", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      const spy = yield* StoreSpy
      yield* expiring
      yield* provider.answersInTurn(Effect.fail(away({ retryAfter: 0 })), Effect.succeed(grant()))
      yield* spy.disturb({ withdraw: () => Effect.fail(unavailable) })
      const first = yield* Effect.forkChild(Effect.flip(token), { startImmediately: true })
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(first)
      yield* spy.disturb({})
      const next = yield* Effect.forkChild(token, { startImmediately: true })
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* Fiber.join(next), "access-2")
    }).pipe(Effect.provide(rotating)))
})

describe("Sessions: a token that another process has sent", () => {
  it.effect("is waited for, and what came of it is adopted", () =>
    Effect.gen(function*() {
      const store = yield* OtherProcess
      yield* expiring
      yield* sentBySomebody
      const caller = yield* Effect.forkChild(token, { startImmediately: true })
      yield* TestClock.adjust("29 seconds")
      assert.isUndefined(caller.pollUnsafe())
      yield* store.write(ada, generation(1), signIn({ accessToken: "theirs", minutes: 60 }))
      yield* TestClock.adjust("200 millis")
      assert.strictEqual(yield* Fiber.join(caller), "theirs")
      assert.deepStrictEqual(yield* posts, [])
    }).pipe(Effect.provide(rotating)))

  it.effect("is sent from here once they have taken the note back", () =>
    Effect.gen(function*() {
      const store = yield* OtherProcess
      yield* expiring
      yield* sentBySomebody
      const caller = yield* Effect.forkChild(token, { startImmediately: true })
      yield* TestClock.adjust("1 second")
      yield* store.withdraw(ada, generation(1))
      yield* TestClock.adjust("200 millis")
      assert.strictEqual(yield* Fiber.join(caller), "access-2")
    }).pipe(Effect.provide(rotating)))

  it.effect("counts as lost after 30 s without a word", () =>
    Effect.gen(function*() {
      yield* expiring
      yield* sentBySomebody
      const caller = yield* Effect.forkChild(token, { startImmediately: true })
      yield* TestClock.adjust("29999 millis")
      assert.isUndefined(caller.pollUnsafe())
      yield* TestClock.adjust("200 millis")
      assert.strictEqual(yield* Fiber.join(caller), "access-1")
      yield* goodToItsEnd
      assert.deepStrictEqual(yield* posts, [])
    }).pipe(Effect.provide(rotating)))

  it.effect("is sent from here, too, where the provider keeps tokens", () =>
    Effect.gen(function*() {
      yield* expiring
      yield* sentBySomebody
      assert.strictEqual(yield* token, "access-2")
    }).pipe(Effect.provide(layer)))

  it.effect("is not waited for longer where the clock is set back meanwhile", () =>
    Effect.gen(function*() {
      const store = yield* OtherProcess
      yield* TestClock.setTime(86_400_000)
      yield* store.write(ada, generation(0), signIn({ minutes: 1_440 }))
      yield* sentBySomebody
      yield* TestClock.setTime(0)
      const caller = yield* Effect.forkChild(token, { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      assert.isDefined(caller.pollUnsafe())
    }).pipe(Effect.provide(rotating)))
})

describe("Sessions: the next process", () => {
  it.effect("hands out what is left of a token whose refresh was lost, and sends nothing", () =>
    Effect.gen(function*() {
      yield* inProcess(lost)
      yield* TestClock.adjust("30 seconds")
      yield* inProcess(goodToItsEnd)
      assert.deepStrictEqual(yield* posts, ["refresh-1"])
    }).pipe(Effect.provide(worldOf.rotating)))

  it.effect("waits a little first, since somebody may be at it", () =>
    Effect.gen(function*() {
      yield* inProcess(lost)
      yield* inProcess(Effect.gen(function*() {
        const caller = yield* Effect.forkChild(token, { startImmediately: true })
        yield* TestClock.adjust("29 seconds")
        assert.isUndefined(caller.pollUnsafe())
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(caller), "access-1")
      }))
      assert.deepStrictEqual(yield* posts, ["refresh-1"])
    }).pipe(Effect.provide(worldOf.rotating)))

  for (const [kind, world] of Object.entries(worldOf)) {
    it.effect(`sends again what was turned away, to a provider that is ${kind} tokens`, () =>
      Effect.gen(function*() {
        const provider = yield* Provider
        yield* provider.answersInTurn(Effect.fail(away({ retryAfter: 0 })), Effect.succeed(grant()))
        yield* inProcess(Effect.andThen(expiring, Effect.flip(token)))
        assert.strictEqual(yield* inProcess(token), "access-2")
        assert.deepStrictEqual(yield* posts, ["refresh-1", "refresh-1"])
      }).pipe(Effect.provide(world)))
  }

  it.effect("sends again what was lost, to a provider that keeps tokens", () =>
    Effect.gen(function*() {
      yield* expiring
      yield* sentBySomebody
      assert.strictEqual(yield* inProcess(token), "access-2")
    }).pipe(Effect.provide(worldOf.keeping)))
})
