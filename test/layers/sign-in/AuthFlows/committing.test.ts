import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { AccountKey } from "../../../../src/services/sign-in/AccountKey.ts"
import { AccountMismatch, ScopesMissing } from "../../../../src/services/sign-in/FlowFailure.ts"
import { Account } from "../../../../src/services/sign-in/Session.ts"
import { visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get } from "../../../support/loopbackClient.ts"
import { begin, layerSignIn, stored, work } from "../../../support/signIn.ts"

/** Signs in as a person would, and answers with page and outcome. */
const signIn = Effect.fnUntraced(function*(key: AccountKey) {
  const flow = yield* begin(key)
  const page = yield* get(FakeProvider.consented(flow))
  return { flow, page, outcome: yield* Effect.result(flow.outcome) }
})

const refusal = Effect.fnUntraced(function*(key: AccountKey) {
  const { outcome, page } = yield* signIn(key)
  assert.isTrue(outcome._tag === "Failure")
  assert.strictEqual(page.status, 400)
  assert.include(page.text, "Sign-in failed")
  assert.strictEqual((yield* stored(key))._tag, "Never")
  assert.strictEqual(yield* visits("store"), 0)
  return { error: outcome._tag === "Failure" ? outcome.failure : undefined, page }
})

const hintOf = (key: AccountKey) =>
  Effect.map(begin(key), ({ authorizationUrl }) => new URL(authorizationUrl).searchParams.get("login_hint"))

describe("Committing", () => {
  it.effect("stores who consented to what, by which flow and client, with tokens that do not print", () =>
    Effect.gen(function*() {
      const { flow, outcome, page } = yield* signIn(work)
      assert.isTrue(outcome._tag === "Success")
      if (outcome._tag === "Failure") return
      const session = outcome.success
      assert.deepStrictEqual(session.account, FakeProvider.ada)
      assert.deepStrictEqual([session.key, session.flowId, session.clientId], [work, flow.id, "client"])
      assert.strictEqual(session.generation, 1)
      assert.strictEqual(Redacted.value(session.tokens.accessToken), "access-code-1")
      assert.strictEqual(String(session.tokens.accessToken), "<redacted:issued>")
      assert.strictEqual(String(session.tokens.refreshToken), "<redacted:issued>")
      assert.deepStrictEqual(yield* stored(work), { _tag: "SignedIn", session })
      assert.include(page.text, "Ada (ada@example.com) is now signed in to Test Server.")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a box that was not ticked is named, and nothing is stored", () =>
    Effect.gen(function*() {
      yield* FakeProvider.behave({ granted: ["openid", "drive"] })
      const { error, page } = yield* refusal(work)
      assert.deepStrictEqual(
        error,
        new ScopesMissing({ missing: ["email", "script.projects"], granted: ["openid", "drive"] })
      )
      assert.include(page.text, "email, script.projects")
      assert.strictEqual(yield* visits("userinfo"), 0)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("the long names that Google gives email and profile count as granted", () =>
    Effect.gen(function*() {
      yield* FakeProvider.behave({
        granted: [
          "openid",
          "https://www.googleapis.com/auth/userinfo.email",
          "https://www.googleapis.com/auth/userinfo.profile"
        ]
      })
      const { outcome } = yield* signIn(work)
      assert.strictEqual(outcome._tag, "Success")
    }).pipe(Effect.provide(layerSignIn({ scopes: ["openid", "email", "profile", "offline_access"] }))))

  it.effect("another account than the slot is named after is refused, and nothing is stored", () =>
    Effect.gen(function*() {
      const { error, page } = yield* refusal(FakeProvider.graceKey)
      const expected = new AccountMismatch({ expected: FakeProvider.graceKey, actual: "ada@example.com" })
      assert.deepStrictEqual(error, expected)
      assert.include(page.text, "choose grace@example.com")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("an account whose provider does not say who it is cannot sign in to a slot named after an email", () =>
    Effect.gen(function*() {
      const nobody = new Account({ sub: "1815" })
      yield* FakeProvider.behave({ idToken: nobody, userinfo: nobody })
      const { error } = yield* refusal(FakeProvider.adaKey)
      assert.deepStrictEqual(error, new AccountMismatch({ expected: FakeProvider.adaKey }))
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("the case of an email address does not matter", () =>
    Effect.gen(function*() {
      const { outcome } = yield* signIn(AccountKey.make("Ada@EXAMPLE.com"))
      assert.strictEqual(outcome._tag, "Success")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a slot named after an email hints it to the provider, and another does not", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* hintOf(FakeProvider.adaKey), "ada@example.com")
      assert.isNull(yield* hintOf(work))
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("without userinfo, the ID token says who it was", () =>
    Effect.gen(function*() {
      yield* FakeProvider.behave({ userinfo: undefined })
      const { outcome } = yield* signIn(FakeProvider.adaKey)
      assert.isTrue(outcome._tag === "Success")
      assert.deepStrictEqual(
        outcome._tag === "Success" ? outcome.success.account : undefined,
        new Account({ sub: "1815", email: "ada@example.com" })
      )
    }).pipe(Effect.provide(layerSignIn())))
})
