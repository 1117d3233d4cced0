/**
 * A token that looked fresh and was refused: one refresh, and every call once more.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Ref } from "effect"
import { authorizedCall, TokenRefused } from "../../../src/services/sign-in/AuthorizedCall.ts"
import { SessionStore } from "../../../src/services/storage/SessionStore.ts"
import { ada, generation, grant, needsSignIn, signIn } from "../../support/sessionData.ts"
import { layer, Provider } from "../../support/sessionHarness.ts"

const signedIn = SessionStore.use((store) => store.write(ada, generation(0), signIn()))

/** A resource that takes one token only, and remembers which it was shown. */
const resource = Effect.fnUntraced(function*(taken: string) {
  const shown = yield* Ref.make<ReadonlyArray<string>>([])
  const call = Effect.fnUntraced(function*(token: Redacted.Redacted<string>) {
    yield* Ref.update(shown, (all) => [...all, Redacted.value(token)])
    // All of a burst have been sent before the first answer comes.
    yield* Effect.yieldNow
    return Redacted.value(token) === taken ? "done" : yield* new TokenRefused()
  })
  return { call, shown: Ref.get(shown) }
})

describe("authorizedCall", () => {
  it.effect("a call whose token is taken is run once", () =>
    Effect.gen(function*() {
      yield* signedIn
      const { call, shown } = yield* resource("access-1")
      assert.strictEqual(yield* authorizedCall(ada, call), "done")
      assert.deepStrictEqual(yield* shown, ["access-1"])
    }).pipe(Effect.provide(layer)))

  it.effect("fifty calls that are refused at once are run once more each, after one refresh", () =>
    Effect.gen(function*() {
      yield* signedIn
      const provider = yield* Provider
      yield* provider.answers(Effect.succeed(grant()))
      const { call, shown } = yield* resource("access-2")
      const calls = Array.from({ length: 50 }, () => authorizedCall(ada, call))
      assert.deepStrictEqual(yield* Effect.all(calls, { concurrency: "unbounded" }), Array(50).fill("done"))
      assert.deepStrictEqual(yield* provider.refreshed, ["refresh-1"])
      assert.deepStrictEqual((yield* shown).toSorted(), [...Array(50).fill("access-1"), ...Array(50).fill("access-2")])
    }).pipe(Effect.provide(layer)))

  it.effect("a second refusal is the caller's, and asks for nothing more", () =>
    Effect.gen(function*() {
      yield* signedIn
      const provider = yield* Provider
      const { call, shown } = yield* resource("another")
      assert.deepStrictEqual(yield* Effect.flip(authorizedCall(ada, call)), new TokenRefused())
      assert.lengthOf(yield* shown, 2)
      assert.lengthOf(yield* provider.refreshed, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("any other failure is passed on, and the token stays good", () =>
    Effect.gen(function*() {
      yield* signedIn
      const provider = yield* Provider
      assert.strictEqual(yield* Effect.flip(authorizedCall(ada, () => Effect.fail("quota"))), "quota")
      const { call } = yield* resource("access-1")
      assert.strictEqual(yield* authorizedCall(ada, call), "done")
      assert.lengthOf(yield* provider.refreshed, 0)
    }).pipe(Effect.provide(layer)))

  it.effect("who is not signed in is told so, and nothing is called", () =>
    Effect.gen(function*() {
      const store = yield* SessionStore
      yield* store.write(ada, generation(0), needsSignIn())
      const { call, shown } = yield* resource("access-1")
      const error = yield* Effect.flip(authorizedCall(ada, call))
      assert.deepInclude(error, { _tag: "SignInRequired", reason: "revoked" })
      assert.lengthOf(yield* shown, 0)
    }).pipe(Effect.provide(layer)))
})
