import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as AuthorizationServerScripted from "../../../src/layers/testing/AuthorizationServerScripted.ts"
import type { ConsentAnswer } from "../../../src/services/local-google/Person.ts"
import {
  type AuthorizationRequest,
  AuthorizationServer,
  ExchangeFailed,
  RefreshRejected
} from "../../../src/services/provider/AuthorizationServer.ts"
import { ScriptedProvider } from "../../../src/services/testing/ScriptedProvider.ts"

const request: AuthorizationRequest = {
  redirectUri: "http://127.0.0.1:8080/callback",
  scopes: ["openid", "email", "notes.read"],
  state: Redacted.make("some state"),
  codeVerifier: Redacted.make("some verifier"),
  loginHint: undefined
}

const server = AuthorizationServer
const allow: ConsentAnswer = { _tag: "Allow" }

/** Where the person's answer sends them. */
const answer = Effect.fnUntraced(function*(given: ConsentAnswer = allow, asked = request) {
  const { authorize } = yield* ScriptedProvider
  const { authorizationUrl } = yield* server
  return new URL(yield* authorize(yield* authorizationUrl(asked), given))
})

const code = Effect.fnUntraced(function*(given?: ConsentAnswer, asked?: AuthorizationRequest) {
  const redirect = yield* answer(given, asked)
  return Redacted.make(redirect.searchParams.get("code") ?? "")
})

const exchange = (given: Redacted.Redacted<string>, asked = request) =>
  server.use((provider) => provider.exchange(asked, given))

const refresh = (token: Redacted.Redacted<string> | undefined) =>
  server.use((provider) => provider.refresh(token ?? Redacted.make("none"), []))

const signIn = (given?: ConsentAnswer, asked?: AuthorizationRequest) =>
  Effect.flatMap(code(given, asked), (issued) => exchange(issued, asked))

/** Who has signed in. */
const email = (given?: ConsentAnswer, loginHint?: string) =>
  Effect.map(signIn(given, { ...request, loginHint }), ({ account }) => account.email)

const isGood = (token: Redacted.Redacted<string>) =>
  Effect.map(ScriptedProvider.use(({ introspect }) => introspect(token)), Option.isSome)

const invalid = new ExchangeFailed({ error: "invalid_grant", ambiguous: false })
const rejected = new RefreshRejected({ reason: "revoked" })

const layer = AuthorizationServerScripted.layer()

describe("AuthorizationServerScripted: the consent page", () => {
  it.effect("sends the person back with the state, and with a code or their refusal", () =>
    Effect.gen(function*() {
      const { issuer } = yield* ScriptedProvider
      const yes = yield* answer()
      assert.strictEqual(yes.origin + yes.pathname, request.redirectUri)
      assert.deepStrictEqual(Object.fromEntries(yes.searchParams), { state: "some state", code: "code-1", iss: issuer })
      const no = yield* answer({ _tag: "Deny" })
      assert.deepStrictEqual(Object.fromEntries(no.searchParams), {
        state: "some state",
        error: "access_denied",
        iss: issuer
      })
    }).pipe(Effect.provide(layer)))

  it.effect("is of the first account, the one that is hinted at, or the one the person chooses", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* email(), "ada@example.com")
      assert.strictEqual(yield* email(allow, "grace@example.com"), "grace@example.com")
      assert.strictEqual(yield* email(allow, "nobody@example.com"), "ada@example.com")
      assert.strictEqual(
        yield* email({ _tag: "Allow", email: "grace@example.com" }, "ada@example.com"),
        "grace@example.com"
      )
    }).pipe(Effect.provide(layer)))

  it.effect("grants what is asked for, less the boxes that are un-ticked; or what the test says", () =>
    Effect.gen(function*() {
      const { change } = yield* ScriptedProvider
      const untick = ["notes.read"]
      assert.deepStrictEqual((yield* signIn()).grantedScopes, request.scopes)
      assert.deepStrictEqual((yield* signIn({ _tag: "Allow", untick })).grantedScopes, ["openid", "email"])
      yield* change({ grantedScopes: ["openid", "notes.write"] })
      assert.deepStrictEqual((yield* signIn()).grantedScopes, ["openid", "notes.write"])
      const lost = yield* Effect.flip(signIn({ _tag: "Allow", untick }))
      assert.include(lost.message, "no box for notes.read")
    }).pipe(Effect.provide(layer)))

  it.effect("is not there for an account that nobody has, an address of somebody else, or a provider that is away", () =>
    Effect.gen(function*() {
      const { authorize, change, counts, issuer } = yield* ScriptedProvider
      const nobody = yield* Effect.flip(signIn({ _tag: "Allow", email: "nobody@example.com" }))
      assert.include(nobody.message, "no account nobody@example.com")
      const url = yield* server.use(({ authorizationUrl }) => authorizationUrl(request))
      for (const other of [url.replace("some+state", "other"), url.replace(issuer, "https://evil.test"), "nowhere"]) {
        assert.include((yield* Effect.flip(authorize(other, allow))).message, "this provider has not made")
      }
      yield* change({ isAway: true })
      assert.include((yield* Effect.flip(authorize(url, allow))).message, "no answer")
      assert.strictEqual((yield* counts).authorizations, 0)
    }).pipe(Effect.provide(layer)))
})

describe("AuthorizationServerScripted: codes", () => {
  it.effect("work once", () =>
    Effect.gen(function*() {
      const issued = yield* code()
      yield* exchange(issued)
      assert.deepStrictEqual(yield* Effect.flip(exchange(issued)), invalid)
      assert.deepStrictEqual(yield* Effect.flip(exchange(Redacted.make("made up"))), invalid)
    }).pipe(Effect.provide(layer)))

  it.effect("work for their own request only: its redirect URI, and its verifier", () =>
    Effect.gen(function*() {
      const elsewhere = { ...request, redirectUri: "http://127.0.0.1:8081/callback" }
      assert.deepStrictEqual(yield* Effect.flip(exchange(yield* code(), elsewhere)), invalid)
      const stolen = { ...request, codeVerifier: Redacted.make("another verifier") }
      assert.deepStrictEqual(yield* Effect.flip(exchange(yield* code(), stolen)), invalid)
    }).pipe(Effect.provide(layer)))

  it.effect("are dead once the person has revoked the access", () =>
    Effect.gen(function*() {
      const { revokeGrants } = yield* ScriptedProvider
      const issued = yield* code()
      yield* revokeGrants("ada@example.com")
      assert.deepStrictEqual(yield* Effect.flip(exchange(issued)), invalid)
    }).pipe(Effect.provide(layer)))

  it.effect("are spent by an exchange that the test has fail, and not by one that does not arrive", () =>
    Effect.gen(function*() {
      const { change, counts } = yield* ScriptedProvider
      const issued = yield* code()
      yield* change({ isAway: true })
      assert.deepStrictEqual(
        yield* Effect.flip(exchange(issued)),
        new ExchangeFailed({ error: "network", ambiguous: false })
      )
      const failure = new ExchangeFailed({ error: "timeout", ambiguous: true })
      yield* change({ isAway: false, exchangeFailure: failure })
      assert.deepStrictEqual(yield* Effect.flip(exchange(issued)), failure)
      yield* change({ exchangeFailure: undefined })
      assert.deepStrictEqual(yield* Effect.flip(exchange(issued)), invalid)
      assert.strictEqual((yield* counts).exchanges, 2)
    }).pipe(Effect.provide(layer)))
})

describe("AuthorizationServerScripted: tokens", () => {
  it.effect("last as long as the test says, by the clock", () =>
    Effect.gen(function*() {
      const { change, introspect } = yield* ScriptedProvider
      const now = yield* DateTime.now
      const { accessToken, expiresAt } = yield* signIn()
      assert.deepStrictEqual(DateTime.distance(now, expiresAt), Duration.hours(1))
      yield* change({ accessTokenLifetime: "1 minute" })
      const short = yield* signIn({ _tag: "Allow", email: "grace@example.com" })
      yield* TestClock.adjust("59999 millis")
      const known = yield* introspect(short.accessToken)
      assert.deepStrictEqual(
        Option.map(known, ({ account, scopes }) => [account.name, scopes]),
        Option.some([
          "Grace Hopper",
          request.scopes
        ])
      )
      yield* TestClock.adjust("1 millis")
      assert.isFalse(yield* isGood(short.accessToken))
      assert.isTrue(yield* isGood(accessToken))
      assert.isFalse(yield* isGood(Redacted.make("made up")))
    }).pipe(Effect.provide(layer)))

  it.effect("are renewed as often as one likes where refresh tokens stay, and only with a refresh token", () =>
    Effect.gen(function*() {
      const { accessToken, refreshToken } = yield* signIn()
      const one = yield* refresh(refreshToken)
      const other = yield* refresh(refreshToken)
      assert.isUndefined(one.refreshToken)
      assert.notStrictEqual(Redacted.value(one.accessToken), Redacted.value(other.accessToken))
      assert.isTrue(yield* isGood(one.accessToken))
      assert.deepStrictEqual(other.grantedScopes, request.scopes)
      assert.deepStrictEqual(yield* Effect.flip(refresh(accessToken)), rejected)
    }).pipe(Effect.provide(layer)))

  it.effect("end with a refresh token that is sent twice, where they are replaced", () =>
    Effect.gen(function*() {
      const { refreshToken } = yield* signIn()
      const next = yield* refresh(refreshToken)
      const last = yield* refresh(next.refreshToken)
      assert.isTrue(yield* isGood(last.accessToken))
      assert.deepStrictEqual(yield* Effect.flip(refresh(refreshToken)), rejected)
      assert.isFalse(yield* isGood(last.accessToken))
      assert.deepStrictEqual(yield* Effect.flip(refresh(last.refreshToken)), rejected)
    }).pipe(Effect.provide(AuthorizationServerScripted.layer({ rotatesRefreshTokens: true }))))

  it.effect("end with their grant, which any of them revokes, and leave other grants alone", () =>
    Effect.gen(function*() {
      const { requests } = yield* ScriptedProvider
      const { revoke, userinfo } = yield* server
      const ada = yield* signIn()
      const grace = yield* signIn({ _tag: "Allow", email: "grace@example.com" })
      yield* revoke(ada.accessToken)
      assert.deepStrictEqual(yield* Effect.flip(refresh(ada.refreshToken)), rejected)
      assert.strictEqual((yield* Effect.flip(userinfo(ada)))._tag, "ProviderUnreachable")
      assert.strictEqual((yield* userinfo(grace)).name, "Grace Hopper")
      yield* revoke(Redacted.make("made up"))
      assert.deepStrictEqual((yield* requests).filter(({ kind }) => kind === "revocation"), [
        { kind: "revocation", email: "ada@example.com", done: true },
        { kind: "revocation", email: undefined, done: false }
      ])
    }).pipe(Effect.provide(layer)))

  it.effect("are refused as the test says, which spends none of them", () =>
    Effect.gen(function*() {
      const { change, counts, requests } = yield* ScriptedProvider
      const { refreshToken } = yield* signIn()
      const failure = new RefreshRejected({ reason: "reauth_policy" })
      yield* change({ refreshFailure: failure })
      assert.deepStrictEqual(yield* Effect.flip(refresh(refreshToken)), failure)
      yield* change({ refreshFailure: undefined })
      yield* refresh(refreshToken)
      assert.deepStrictEqual((yield* requests).slice(-2), [
        { kind: "refresh", email: "ada@example.com", done: false },
        { kind: "refresh", email: "ada@example.com", done: true }
      ])
      assert.deepStrictEqual(yield* counts, {
        authorizations: 1,
        exchanges: 1,
        refreshes: 2,
        revocations: 0,
        userinfos: 0
      })
    }).pipe(Effect.provide(AuthorizationServerScripted.layer({ rotatesRefreshTokens: true }))))

  it.effect("are nowhere in what it tells", () =>
    Effect.gen(function*() {
      const { requests } = yield* ScriptedProvider
      const issued = yield* code()
      const { accessToken, refreshToken } = yield* exchange(issued)
      yield* refresh(refreshToken)
      const told = JSON.stringify(yield* requests)
      for (const secret of [issued, accessToken, refreshToken ?? issued, request.state, request.codeVerifier]) {
        assert.notInclude(told, Redacted.value(secret))
      }
    }).pipe(Effect.provide(layer)))
})

describe("AuthorizationServerScripted: holding", () => {
  it.effect("keeps requests of that kind waiting and no others, until all who hold them are done", () =>
    Effect.gen(function*() {
      const { holding } = yield* ScriptedProvider
      const { refreshToken } = yield* signIn()
      const renewing = yield* holding(
        "refresh",
        Effect.fnUntraced(function*(reached) {
          const held = yield* holding(
            "refresh",
            (reachedToo) =>
              Effect.tap(Effect.forkChild(refresh(refreshToken)), () => Effect.andThen(reached, reachedToo))
          )
          yield* signIn()
          assert.isUndefined(held.pollUnsafe())
          return held
        })
      )
      assert.isTrue(yield* isGood((yield* Fiber.join(renewing)).accessToken))
    }).pipe(Effect.provide(layer)))

  it.effect("ends with a test that fails, so that nothing waits for ever", () =>
    Effect.gen(function*() {
      const { holding } = yield* ScriptedProvider
      const { refreshToken } = yield* signIn()
      const failed = yield* Effect.flip(holding("refresh", () => Effect.fail("no")))
      assert.strictEqual(failed, "no")
      yield* refresh(refreshToken)
    }).pipe(Effect.provide(layer)))
})
