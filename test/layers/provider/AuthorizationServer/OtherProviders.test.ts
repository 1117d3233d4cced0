import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Option, Redacted } from "effect"
import * as AuthorizationServerOAuth from "../../../../src/layers/provider/AuthorizationServerOAuth.ts"
import { AuthorizationServer } from "../../../../src/services/provider/AuthorizationServer.ts"
import { Account } from "../../../../src/services/sign-in/Session.ts"
import { code, grant, refreshToken, request, tokens, watched } from "../../../support/providerCanaries.ts"
import { json, layer, metadataOf, reply, Stub, tools } from "../../../support/providerStub.ts"

/** A client without a secret. */
const public_ = Layer.effect(
  AuthorizationServer,
  Effect.flatMap(Stub, ({ origin }) =>
    AuthorizationServerOAuth.make({
      issuer: origin,
      metadata: Effect.succeed(metadataOf(origin)),
      client: Effect.succeed({ clientId: "public", clientSecret: Option.none() }),
      authorizationParameters: {},
      rotatesRefreshTokens: true
    }))
).pipe(Layer.provide(tools), Layer.provideMerge(Stub.layer))

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")

/** An ID token as the stub's provider signs them: nobody checks the signature of what came over TLS. */
const idToken = (claims: Readonly<Record<string, unknown>>) =>
  Effect.gen(function*() {
    const { origin } = yield* Stub
    // The library reads the machine's clock here.
    const now = Math.floor(performance.timeOrigin / 1000)
    const payload = { iss: origin, aud: "a client", sub: "1", iat: now, exp: now + 3600, ...claims }
    return `${part({ alg: "RS256" })}.${part(payload)}.${Buffer.from("signature").toString("base64url")}`
  })

describe("AuthorizationServer: providers that are not Google", () => {
  it.effect("a client without a secret shows its name and nothing else, at every endpoint", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      yield* stub.answers("/token", json(tokens()))
      yield* stub.answers("/revoke", reply(200, ""))
      yield* provider.exchange(request, code)
      yield* provider.refresh(refreshToken, [])
      yield* provider.revoke(refreshToken)
      const asked = yield* stub.asked
      assert.lengthOf(asked, 3)
      for (const { form, headers } of asked) {
        assert.deepStrictEqual(form.getAll("client_id"), ["public"])
        assert.isFalse(form.has("client_secret"))
        assert.notProperty(headers, "authorization")
      }
      assert.strictEqual(asked[0]?.form.get("code_verifier"), Redacted.value(request.codeVerifier))
    }).pipe(Effect.provide(public_)))

  it.effect("a reply that leaves out what it may leave out: the scopes that were asked for, an hour, nobody known", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      yield* Stub.use(({ answers }) => answers("/token", json({ access_token: "canary", token_type: "bearer" })))
      const exchanged = yield* watched(provider.exchange(request, code))
      assert.deepStrictEqual(exchanged.grantedScopes, request.scopes)
      assert.strictEqual(DateTime.toEpochMillis(exchanged.expiresAt), 3_600_000)
      assert.isUndefined(exchanged.refreshToken)
      assert.deepStrictEqual(exchanged.account, new Account({}))
      assert.deepStrictEqual((yield* provider.refresh(refreshToken, ["a", "b"])).grantedScopes, ["a", "b"])
    }).pipe(Effect.provide(layer())))

  it.effect("a lifetime that is written as a text is understood", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      yield* Stub.use(({ answers }) => answers("/token", json(tokens({ expires_in: "120" }))))
      const exchanged = yield* provider.exchange(request, code)
      assert.strictEqual(DateTime.toEpochMillis(exchanged.expiresAt), 120_000)
    }).pipe(Effect.provide(layer())))

  it.effect("scopes are told apart by spaces, however many", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      yield* Stub.use(({ answers }) => answers("/token", json(tokens({ scope: " a  b " }))))
      assert.deepStrictEqual((yield* provider.exchange(request, code)).grantedScopes, ["a", "b"])
    }).pipe(Effect.provide(layer())))

  it.effect("who consented is read from the ID token, claims that are no text left out", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const id_token = yield* idToken({ email: "ada@example.com", name: 7 })
      yield* Stub.use(({ answers }) => answers("/token", json(tokens({ id_token }))))
      const exchanged = yield* watched(provider.exchange(request, code))
      assert.deepStrictEqual(exchanged.account, new Account({ sub: "1", email: "ada@example.com" }))
    }).pipe(Effect.provide(layer())))

  for (
    const [what, claims] of [
      ["for another client", { aud: "another client" }],
      ["of another issuer", { iss: "https://accounts.google.com" }],
      ["that has expired", { exp: 1 }],
      ["without a subject", { sub: undefined }]
    ] as const
  ) {
    it.effect(`an ID token ${what} spoils the exchange: tokens were issued, and nobody knows for whom`, () =>
      Effect.gen(function*() {
        const provider = yield* AuthorizationServer
        const id_token = yield* idToken({ email: "canary@example.com", ...claims })
        yield* Stub.use(({ answers }) => answers("/token", json(tokens({ id_token }))))
        const error = yield* Effect.flip(watched(provider.exchange(request, code)))
        assert.deepInclude(error, { _tag: "ExchangeFailed", error: "malformed_response", ambiguous: true })
      }).pipe(Effect.provide(layer())))
  }

  it.effect("the answer of a provider without a userinfo endpoint is what the ID token said", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      assert.strictEqual(yield* provider.userinfo(grant), grant.account)
      assert.deepStrictEqual(yield* Stub.use(({ asked }) => asked), [])
    }).pipe(Effect.provide(layer({ userinfo_endpoint: undefined }))))

  it.live("userinfo about somebody else than the ID token is not taken", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      yield* stub.answers("/userinfo", json({ sub: "2", email: "grace@example.com" }))
      const error = yield* Effect.flip(watched(provider.userinfo(grant)))
      assert.deepInclude(error, { _tag: "ProviderUnreachable", operation: "userinfo" })
      assert.notInclude(error.message, "grace")
      yield* stub.answers("/userinfo", json({ sub: "1", email: "countess@example.com" }))
      assert.deepInclude(yield* provider.userinfo(grant), { sub: "1", email: "countess@example.com", name: "Ada" })
      const [asked] = yield* stub.asked
      assert.strictEqual(asked?.headers["authorization"], "Bearer canary-access")
    }).pipe(Effect.provide(layer())))

  it.effect("there is nothing to do where there is nowhere to revoke", () =>
    Effect.gen(function*() {
      yield* AuthorizationServer.use((provider) => provider.revoke(refreshToken))
      assert.deepStrictEqual(yield* Stub.use(({ asked }) => asked), [])
    }).pipe(Effect.provide(layer({ revocation_endpoint: undefined }))))

  it.effect("a 401 with a challenge, as RFC 6749 has it, is about the client", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const body = JSON.stringify({ error: "invalid_client" })
      const answer = reply(401, body, { "www-authenticate": "Basic realm=\"canary\"" })
      for (const path of ["/token", "/revoke"]) yield* Stub.use(({ answers }) => answers(path, answer))
      assert.strictEqual((yield* Effect.flip(watched(provider.exchange(request, code))))._tag, "ClientMisconfigured")
      assert.strictEqual((yield* Effect.flip(watched(provider.refresh(refreshToken, []))))._tag, "ClientMisconfigured")
      assert.strictEqual((yield* Effect.flip(watched(provider.revoke(refreshToken))))._tag, "ClientMisconfigured")
    }).pipe(Effect.provide(layer())))
})
