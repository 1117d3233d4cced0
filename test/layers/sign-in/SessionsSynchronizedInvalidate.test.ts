import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import { ada, away, draft, generation, grace, grant, needsSignIn, signIn } from "../../support/sessionData.ts"
import { layer, OtherProcess, Provider, StoreSpy } from "../../support/sessionHarness.ts"

const token = (key = ada) => Effect.flatMap(Sessions, ({ accessToken }) => Effect.map(accessToken(key), Redacted.value))

const refused = (text: string, key = ada) => Sessions.use(({ invalidate }) => invalidate(key, Redacted.make(text)))

/** A token that looks fresh and that this process has handed out. */
const handedOut = Effect.gen(function*() {
  yield* OtherProcess.use(({ write }) => write(ada, generation(0), signIn()))
  assert.strictEqual(yield* token(), "access-1")
})

const fifty = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.all(Array.from({ length: 50 }, () => effect), { concurrency: "unbounded" })

describe("Sessions: a token that a resource refused", () => {
  it.effect("50 calls at once that were refused with it: one refresh, and all of them get the new one", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      yield* handedOut
      const held = yield* provider.hold
      const calls = yield* Effect.forkChild(fifty(Effect.andThen(refused("access-1"), token())), {
        startImmediately: true
      })
      yield* held.arrived
      yield* held.answer(Effect.succeed(grant()))
      assert.deepStrictEqual(new Set(yield* Fiber.join(calls)), new Set(["access-2"]))
      assert.deepStrictEqual(yield* provider.refreshed, ["refresh-1"])
      assert.strictEqual((yield* StoreSpy.use(({ counts }) => counts)).writes, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("50 calls one after the other that were refused with it: one refresh all the same", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      yield* handedOut
      for (let times = 0; times < 50; times++) {
        yield* refused("access-1")
        assert.strictEqual(yield* token(), "access-2")
      }
      assert.deepStrictEqual(yield* provider.refreshed, ["refresh-1"])
    }).pipe(Effect.provide(layer)))

  it.effect("is not handed out, though it looks fresh, while the provider is away", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      yield* handedOut
      yield* provider.answersInTurn(Effect.fail(away({ retryAfter: 9 })), Effect.succeed(grant()))
      yield* refused("access-1")
      assert.deepInclude(yield* Effect.flip(token()), { _tag: "ProviderUnreachable", retryAfter: 9 })
      assert.deepInclude(yield* Effect.flip(token()), { _tag: "ProviderUnreachable", retryAfter: 9 })
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual(yield* token(), "access-2")
    }).pipe(Effect.provide(layer)))

  it.effect("is no session to answer a sign-in with", () =>
    Effect.gen(function*() {
      const { canUse, slot } = yield* Sessions
      yield* handedOut
      const { state } = yield* slot(ada)
      const session = state._tag === "SignedIn" ? state.session : assert.fail(state._tag)
      assert.isTrue(yield* canUse(session))
      yield* refused("access-1")
      assert.isFalse(yield* canUse(session))
    }).pipe(Effect.provide(layer)))

  it.effect("another token than the one there is: nothing comes of it", () =>
    Effect.gen(function*() {
      yield* handedOut
      const before = yield* StoreSpy.use(({ counts }) => counts)
      yield* refused("access-0")
      assert.strictEqual(yield* token(), "access-1")
      assert.deepStrictEqual(yield* StoreSpy.use(({ counts }) => counts), before)
      assert.deepStrictEqual(yield* Provider.use(({ refreshed }) => refreshed), [])
    }).pipe(Effect.provide(layer)))

  it.effect("a word about an old token does not take back what was said of the present one", () =>
    Effect.gen(function*() {
      yield* handedOut
      yield* refused("access-1")
      yield* refused("access-0")
      assert.strictEqual(yield* token(), "access-2")
    }).pipe(Effect.provide(layer)))

  it.effect("one that another process has replaced is given up for theirs, not refreshed", () =>
    Effect.gen(function*() {
      const store = yield* OtherProcess
      yield* handedOut
      yield* StoreSpy.use(({ deafen }) => deafen)
      yield* store.write(ada, generation(1), signIn({ accessToken: "theirs", minutes: 59.5 }))
      yield* refused("access-1")
      assert.deepStrictEqual(new Set(yield* fifty(token())), new Set(["theirs"]))
      assert.deepStrictEqual(yield* Provider.use(({ refreshed }) => refreshed), [])
    }).pipe(Effect.provide(layer)))

  it.effect("one that cannot be renewed needs a person, who is asked once and for all", () =>
    Effect.gen(function*() {
      const store = yield* OtherProcess
      yield* store.write(ada, generation(0), signIn({ refreshToken: null }))
      yield* token()
      yield* refused("access-1")
      for (let times = 0; times < 2; times++) {
        const { account } = draft()
        assert.deepInclude(yield* Effect.flip(token()), { _tag: "SignInRequired", reason: "expired", account })
      }
      assert.deepStrictEqual((yield* store.read(ada)).state, needsSignIn("expired"))
      assert.deepStrictEqual(yield* Provider.use(({ refreshed }) => refreshed), [])
    }).pipe(Effect.provide(layer)))

  it.effect("the same text under another account is another token", () =>
    Effect.gen(function*() {
      const store = yield* OtherProcess
      yield* handedOut
      yield* store.write(grace, generation(0), signIn())
      yield* token(grace)
      yield* refused("access-1", grace)
      assert.strictEqual(yield* token(ada), "access-1")
      assert.deepStrictEqual(yield* Provider.use(({ refreshed }) => refreshed), [])
      assert.strictEqual(yield* token(grace), "access-2")
    }).pipe(Effect.provide(layer)))

  it.effect("a new sign-in is not held responsible for it", () =>
    Effect.gen(function*() {
      const { establish, slot } = yield* Sessions
      yield* handedOut
      yield* refused("access-1")
      yield* establish(yield* slot(ada), draft({ accessToken: "new" }))
      assert.strictEqual(yield* token(), "new")
      assert.deepStrictEqual(yield* Provider.use(({ refreshed }) => refreshed), [])
    }).pipe(Effect.provide(layer)))

  it.effect("a provider that answers with the very token that was refused is not asked by each call from then on", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      yield* handedOut
      yield* provider.answers(Effect.succeed(grant({ accessToken: "access-1" })))
      yield* refused("access-1")
      for (let times = 0; times < 5; times++) yield* token()
      assert.deepStrictEqual(yield* provider.refreshed, ["refresh-1"])
    }).pipe(Effect.provide(layer)))
})
