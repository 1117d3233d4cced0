import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { LocalGoogle } from "../../../../src/services/local-google/LocalGoogle.ts"
import { AuthorizationServer, type TokenGrant } from "../../../../src/services/provider/AuthorizationServer.ts"
import { Account } from "../../../../src/services/sign-in/Session.ts"
import { asClient, consent, layer, projects, request, signIn } from "../../../support/providerLocalGoogle.ts"

const refreshTokenOf = (grant: TokenGrant) => grant.refreshToken ?? Redacted.make("no refresh token")

const ada = new Account({ sub: "100000000000000000001", email: "ada@example.com", name: "Ada Lovelace" })

describe("AuthorizationServer: tokens of a Google", () => {
  it.effect("a code is exchanged for tokens, what was granted, and who consented", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_000_000)
      const { clientId } = yield* LocalGoogle
      const grant = yield* signIn()
      assert.notStrictEqual(Redacted.value(grant.accessToken), Redacted.value(refreshTokenOf(grant)))
      assert.isDefined(grant.refreshToken)
      assert.strictEqual(DateTime.toEpochMillis(grant.expiresAt), 1_000_000 + 3_599_000)
      assert.deepStrictEqual(grant.grantedScopes.toSorted(), [
        "https://www.googleapis.com/auth/script.projects",
        "https://www.googleapis.com/auth/userinfo.email",
        "https://www.googleapis.com/auth/userinfo.profile",
        "openid"
      ])
      assert.strictEqual(grant.clientId, clientId)
      assert.strictEqual(grant.account.sub, ada.sub)
      assert.strictEqual(yield* LocalGoogle.use(({ counts }) => Effect.map(counts, ({ exchanges }) => exchanges)), 1)
    }).pipe(Effect.provide(layer())))

  it.effect("a permission that was un-ticked is not granted", () =>
    Effect.gen(function*() {
      const grant = yield* signIn({ _tag: "Allow", untick: [projects] })
      assert.notInclude(grant.grantedScopes, projects)
      assert.include(grant.grantedScopes, "openid")
    }).pipe(Effect.provide(layer())))

  it.effect("a code that comes a second time is refused, and that is not ambiguous", () =>
    Effect.gen(function*() {
      const { exchange } = yield* AuthorizationServer
      const code = yield* consent()
      yield* exchange(request, code)
      const error = yield* Effect.flip(exchange(request, code))
      assert.deepInclude(error, { _tag: "ExchangeFailed", error: "invalid_grant", ambiguous: false })
    }).pipe(Effect.provide(layer())))

  it.effect("a code without its verifier, or for another address, is refused", () =>
    Effect.gen(function*() {
      const { exchange } = yield* AuthorizationServer
      const codeVerifier = Redacted.make("another-verifier-another-verifier-another-verifier")
      const redirectUri = "http://127.0.0.1:65001/callback"
      for (const wrong of [{ ...request, codeVerifier }, { ...request, redirectUri }]) {
        const error = yield* Effect.flip(exchange(wrong, yield* consent()))
        assert.deepInclude(error, { _tag: "ExchangeFailed", error: "invalid_grant", ambiguous: false })
      }
    }).pipe(Effect.provide(layer())))

  it.effect("a connection that is cut after the request: the code is spent, so the failure is ambiguous", () =>
    Effect.gen(function*() {
      const { exchange } = yield* AuthorizationServer
      const google = yield* LocalGoogle
      const code = yield* consent()
      yield* google.fail("token", { _tag: "ResetAfter" }, 1)
      assert.deepInclude(yield* Effect.flip(exchange(request, code)), { error: "network", ambiguous: true })
      assert.strictEqual((yield* google.counts).exchanges, 1)
      assert.deepInclude(yield* Effect.flip(exchange(request, code)), { error: "invalid_grant", ambiguous: false })
    }).pipe(Effect.provide(layer())))

  it.effect("a connection that is cut before the request was read cannot be told from that, and is ambiguous too", () =>
    Effect.gen(function*() {
      const { exchange } = yield* AuthorizationServer
      const google = yield* LocalGoogle
      const code = yield* consent()
      yield* google.fail("token", { _tag: "ResetBefore" }, 1)
      assert.deepInclude(yield* Effect.flip(exchange(request, code)), { error: "network", ambiguous: true })
      assert.strictEqual((yield* google.counts).exchanges, 1)
    }).pipe(Effect.provide(layer())))

  for (
    const [what, client] of [
      ["a wrong secret", { clientSecret: Option.some(Redacted.make("wrong")) }],
      ["no secret", { clientSecret: Option.none() }],
      ["a client nobody knows", { clientId: "unknown" }]
    ] as const
  ) {
    it.effect(`${what} is a matter of the configuration, for the exchange as for a refresh`, () =>
      Effect.gen(function*() {
        const grant = yield* signIn()
        const code = yield* consent()
        yield* Effect.gen(function*() {
          const { exchange, refresh } = yield* AuthorizationServer
          for (const call of [exchange(request, code), refresh(refreshTokenOf(grant), request.scopes)]) {
            const error = yield* Effect.flip<TokenGrant, { readonly _tag: string; readonly message: string }, never>(
              call
            )
            assert.strictEqual(error._tag, "ClientMisconfigured")
            assert.notInclude(error.message, "wrong")
          }
        }).pipe(asClient(client))
        const { refresh } = yield* AuthorizationServer
        assert.isDefined(yield* refresh(refreshTokenOf(grant), request.scopes))
      }).pipe(Effect.provide(layer())))
  }

  it.effect("a refresh gives a new access token, and the refresh token goes on working", () =>
    Effect.gen(function*() {
      const { refresh } = yield* AuthorizationServer
      const grant = yield* signIn()
      yield* TestClock.setTime(3_600_000)
      const refreshed = yield* refresh(refreshTokenOf(grant), request.scopes)
      assert.notStrictEqual(Redacted.value(refreshed.accessToken), Redacted.value(grant.accessToken))
      assert.strictEqual(DateTime.toEpochMillis(refreshed.expiresAt), 3_600_000 + 3_599_000)
      assert.deepStrictEqual(refreshed.grantedScopes.toSorted(), grant.grantedScopes.toSorted())
      assert.isDefined(yield* refresh(refreshTokenOf(grant), request.scopes))
    }).pipe(Effect.provide(layer())))

  it.effect("a refresh where the provider replaces refresh tokens gives the new one, and the old one is dead", () =>
    Effect.gen(function*() {
      const { refresh } = yield* AuthorizationServer
      yield* LocalGoogle.use(({ change }) => change({ rotateRefreshTokens: true }))
      const grant = yield* signIn()
      const refreshed = yield* refresh(refreshTokenOf(grant), request.scopes)
      assert.notStrictEqual(Redacted.value(refreshTokenOf(refreshed)), Redacted.value(refreshTokenOf(grant)))
      const error = yield* Effect.flip(refresh(refreshTokenOf(grant), request.scopes))
      assert.deepInclude(error, { _tag: "RefreshRejected", reason: "revoked" })
    }).pipe(Effect.provide(layer())))

  it.effect("a grant that the person took back is rejected as revoked", () =>
    Effect.gen(function*() {
      const { refresh } = yield* AuthorizationServer
      const grant = yield* signIn()
      yield* LocalGoogle.use(({ revokeGrants }) => revokeGrants("ada@example.com"))
      const error = yield* Effect.flip(refresh(refreshTokenOf(grant), request.scopes))
      assert.deepInclude(error, { _tag: "RefreshRejected", reason: "revoked" })
    }).pipe(Effect.provide(layer())))

  it.effect("an organisation that asks for a fresh sign-in is told apart from a grant that is gone", () =>
    Effect.gen(function*() {
      const { refresh } = yield* AuthorizationServer
      const google = yield* LocalGoogle
      const grant = yield* signIn()
      yield* google.change({ reauthRequired: true })
      const error = yield* Effect.flip(refresh(refreshTokenOf(grant), request.scopes))
      assert.deepInclude(error, { _tag: "RefreshRejected", reason: "reauth_policy" })
      yield* google.change({ reauthRequired: false })
      assert.isDefined(yield* refresh(refreshTokenOf(grant), request.scopes))
    }).pipe(Effect.provide(layer())))

  it.effect("revoking a token ends the grant; revoking what is dead already succeeds as well", () =>
    Effect.gen(function*() {
      const { refresh, revoke } = yield* AuthorizationServer
      const google = yield* LocalGoogle
      const grant = yield* signIn()
      yield* revoke(refreshTokenOf(grant))
      const error = yield* Effect.flip(refresh(refreshTokenOf(grant), request.scopes))
      assert.deepInclude(error, { _tag: "RefreshRejected", reason: "revoked" })
      yield* revoke(refreshTokenOf(grant))
      assert.strictEqual((yield* google.counts).revocations, 2)
      yield* google.fail("revoke", { _tag: "Respond", status: 503, body: "" })
      assert.strictEqual((yield* Effect.flip(revoke(grant.accessToken)))._tag, "ProviderUnreachable")
    }).pipe(Effect.provide(layer())))

  it.effect("userinfo adds to what the ID token said", () =>
    Effect.gen(function*() {
      const { userinfo } = yield* AuthorizationServer
      const grant = yield* signIn()
      assert.deepStrictEqual(yield* userinfo(grant), ada)
      assert.deepStrictEqual(yield* userinfo({ ...grant, account: new Account({}) }), ada)
    }).pipe(Effect.provide(layer())))

  it.live("userinfo of a token that is dead is no matter of the configuration", () =>
    Effect.gen(function*() {
      const { userinfo } = yield* AuthorizationServer
      const grant = yield* signIn()
      yield* LocalGoogle.use(({ revokeGrants }) => revokeGrants("ada@example.com"))
      const error = yield* Effect.flip(userinfo(grant))
      assert.deepInclude(error, { _tag: "ProviderUnreachable", operation: "userinfo" })
      assert.include(error.message, "401")
    }).pipe(Effect.provide(layer())))
})
