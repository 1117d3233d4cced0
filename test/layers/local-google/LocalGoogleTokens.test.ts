import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import * as Store from "../../../src/layers/local-google/LocalGoogleStore.ts"
import { LocalGoogle } from "../../../src/services/local-google/LocalGoogle.ts"
import * as Client from "../../support/localGoogleClient.ts"

const malformedCode = { error: "invalid_grant", error_description: "Malformed auth code." }
const badRequest = { error: "invalid_grant", error_description: "Bad Request" }
const dead = { error: "invalid_grant", error_description: "Token has been expired or revoked." }

describe("LocalGoogle: tokens", () => {
  it.effect("from consent to code, tokens, userinfo, refresh and revocation", () =>
    Effect.gen(function*() {
      const { accounts } = yield* LocalGoogle
      const { email, name, sub } = accounts[0] ?? { email: "", name: "", sub: "" }
      const redirect = yield* Client.consent()
      const { body: tokens, status } = yield* Client.exchange(redirect.get("code"))
      assert.strictEqual(status, 200)
      assert.strictEqual(tokens["token_type"], "Bearer")
      assert.strictEqual(tokens["expires_in"], 3599)
      assert.strictEqual(tokens["scope"], redirect.get("scope"))
      assert.isString(tokens["refresh_token"])
      const claims: unknown = JSON.parse(
        Buffer.from(String(tokens["id_token"]).split(".")[1] ?? "", "base64url").toString()
      )
      assert.include(claims, { sub, email, name, email_verified: true })

      const info = yield* Client.userinfo(tokens["access_token"])
      assert.deepStrictEqual(info.body, { sub, email, email_verified: true, name })

      const refreshed = yield* Client.refresh(tokens["refresh_token"])
      assert.strictEqual(refreshed.status, 200)
      assert.notStrictEqual(refreshed.body["access_token"], tokens["access_token"])
      assert.strictEqual(refreshed.body["scope"], tokens["scope"])

      assert.strictEqual((yield* Client.revoke(refreshed.body["access_token"])).status, 200)
      for (const accessToken of [tokens["access_token"], refreshed.body["access_token"]]) {
        const refused = yield* Client.userinfo(accessToken)
        assert.strictEqual(refused.status, 401)
        assert.deepStrictEqual(refused.body, { error: "invalid_request", error_description: "Invalid Credentials" })
      }
      assert.deepStrictEqual((yield* Client.refresh(tokens["refresh_token"])).body, dead)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("and what the token requests brought and were answered with can be asked for, to look for it elsewhere", () =>
    Effect.gen(function*() {
      const { secrets } = yield* LocalGoogle
      const redirect = yield* Client.consent()
      const tokens = (yield* Client.exchange(redirect.get("code"))).body
      const refreshed = (yield* Client.refresh(tokens["refresh_token"])).body
      assert.sameMembers((yield* secrets).map(Redacted.value), [
        redirect.get("code"),
        Client.verifier,
        tokens["access_token"],
        tokens["refresh_token"],
        tokens["id_token"],
        refreshed["access_token"],
        refreshed["id_token"]
      ])
    }).pipe(Effect.provide(Client.layer())))

  it.effect("come without an ID token unless openid was asked for", () =>
    Effect.gen(function*() {
      assert.notProperty(yield* Client.signIn(undefined, { scope: Client.projects }), "id_token")
    }).pipe(Effect.provide(Client.layer())))

  it.effect("live as long as the habit says", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      yield* local.change({ accessTokenSeconds: 60 })
      assert.strictEqual((yield* Client.signIn())["expires_in"], 60)
    }).pipe(Effect.provide(Client.layer())))
})

describe("LocalGoogle: the refresh token", () => {
  const online = { access_type: "online" }
  const silent = { prompt: "" }
  const ada = { _tag: "Allow", email: "ada@example.com" } as const
  const grace = { _tag: "Allow", email: "grace@example.com" } as const

  it.effect("comes with the first offline consent of an account, and later only under prompt=consent", () =>
    Effect.gen(function*() {
      assert.property(yield* Client.signIn(ada, silent), "refresh_token")
      assert.notProperty(yield* Client.signIn(ada, silent), "refresh_token")
      assert.property(yield* Client.signIn(ada), "refresh_token")
      assert.property(yield* Client.signIn(grace, silent), "refresh_token")
    }).pipe(Effect.provide(Client.layer())))

  it.effect("never comes without access_type=offline", () =>
    Effect.gen(function*() {
      assert.notProperty(yield* Client.signIn(ada, online), "refresh_token")
      assert.notProperty(yield* Client.signIn(ada, { access_type: "" }), "refresh_token")
    }).pipe(Effect.provide(Client.layer())))

  it.effect("comes again once the earlier consent is revoked", () =>
    Effect.gen(function*() {
      const first = yield* Client.signIn(ada, silent)
      yield* Client.revoke(first["access_token"])
      assert.property(yield* Client.signIn(ada, silent), "refresh_token")
    }).pipe(Effect.provide(Client.layer())))

  it.effect("stays the same while Google does not rotate", () =>
    Effect.gen(function*() {
      const { refresh_token } = yield* Client.signIn()
      for (const { body, status } of [yield* Client.refresh(refresh_token), yield* Client.refresh(refresh_token)]) {
        assert.strictEqual(status, 200)
        assert.notProperty(body, "refresh_token")
      }
    }).pipe(Effect.provide(Client.layer())))

  it.effect("rotates when told to, and using a spent one ends the grant", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      yield* local.change({ rotateRefreshTokens: true })
      const { refresh_token: first } = yield* Client.signIn()
      const { refresh_token: second } = (yield* Client.refresh(first)).body
      const third = (yield* Client.refresh(second)).body["refresh_token"]
      assert.strictEqual(new Set([first, second, third]).size, 3)
      assert.deepStrictEqual((yield* Client.refresh(first)).body, dead)
      assert.deepStrictEqual((yield* Client.refresh(third)).body, dead)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("is refused while the organisation asks for a fresh sign-in, and good again after", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      const { refresh_token } = yield* Client.signIn()
      yield* local.change({ reauthRequired: true })
      const refused = yield* Client.refresh(refresh_token)
      assert.strictEqual(refused.status, 400)
      assert.deepStrictEqual(refused.body, {
        error: "invalid_grant",
        error_description: "reauth related error (invalid_rapt)",
        error_uri: "https://support.google.com/a/answer/9368756",
        error_subtype: "invalid_rapt"
      })
      assert.deepStrictEqual((yield* Client.refresh("never issued")).body, dead)
      yield* local.change({ reauthRequired: false })
      assert.strictEqual((yield* Client.refresh(refresh_token)).status, 200)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("may name scopes by their short or long names, but not ones that were not granted", () =>
    Effect.gen(function*() {
      const { refresh_token } = yield* Client.signIn({ _tag: "Allow", untick: [Client.deployments] })
      const narrowed = yield* Client.refresh(refresh_token, { scope: `openid email ${Client.projects}` })
      assert.strictEqual(narrowed.body["scope"], `openid ${Client.google}userinfo.email ${Client.projects}`)
      assert.strictEqual(
        (yield* Client.refresh(refresh_token, { scope: Client.deployments })).body["error"],
        "invalid_scope"
      )
    }).pipe(Effect.provide(Client.layer())))
})

describe("LocalGoogle: the token endpoint refuses", () => {
  it.effect("a client without its secret, or with a wrong one", () =>
    Effect.gen(function*() {
      const code = (yield* Client.consent()).get("code") ?? ""
      const { client_id } = yield* Client.credentials
      const request = {
        grant_type: "authorization_code",
        code,
        client_id,
        redirect_uri: Client.redirectUri,
        code_verifier: Client.verifier
      }
      const missing = yield* Client.post("/token", request)
      assert.strictEqual(missing.status, 400)
      assert.deepStrictEqual(missing.body, {
        error: "invalid_request",
        error_description: "client_secret is missing."
      })
      const wrong = yield* Client.post("/token", { ...request, client_secret: "GOCSPX-wrong" })
      assert.strictEqual(wrong.status, 401)
      assert.deepStrictEqual(wrong.body, { error: "invalid_client", error_description: "Unauthorized" })
      assert.strictEqual((yield* Client.exchange(code)).status, 200)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("a code it never issued, a code already spent, and a code with the wrong verifier or redirect", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* Client.exchange("4/never-issued")).body, malformedCode)

      const spent = (yield* Client.consent()).get("code")
      yield* Client.exchange(spent)
      const replayed = yield* Client.exchange(spent)
      assert.strictEqual(replayed.status, 400)
      assert.deepStrictEqual(replayed.body, badRequest)

      const code = (yield* Client.consent()).get("code")
      const wrongVerifier = yield* Client.exchange(code, { code_verifier: Client.verifier.replace("d", "e") })
      assert.deepStrictEqual(wrongVerifier.body, badRequest)
      const wrongRedirect = yield* Client.exchange(code, { redirect_uri: "http://127.0.0.1:65000/elsewhere" })
      assert.deepStrictEqual(wrongRedirect.body, badRequest)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("whoever comes second, even if both had found the code unspent", () =>
    Effect.gen(function*() {
      const codes = Store.make().adapter("AuthorizationCode")
      yield* Effect.promise(() => codes.upsert("a code", {}))
      yield* Effect.promise(() => codes.consume("a code"))
      const { cause } = yield* Effect.flip(Effect.tryPromise(() => codes.consume("a code")))
      assert.propertyVal(cause, "error", "invalid_grant")
    }))

  it.effect("all but one of many simultaneous exchanges of one code", () =>
    Effect.gen(function*() {
      const code = (yield* Client.consent()).get("code")
      const answers = yield* Effect.all(Array.from({ length: 8 }, () => Client.exchange(code)), {
        concurrency: "unbounded"
      })
      assert.strictEqual(answers.filter(({ status }) => status === 200).length, 1)
    }).pipe(Effect.provide(Client.layer())))
})

describe("LocalGoogle: revocation", () => {
  it.effect("by one token ends every sign-in of that account, and of no other", () =>
    Effect.gen(function*() {
      const one = yield* Client.signIn({ _tag: "Allow", email: "ada@example.com" })
      const two = yield* Client.signIn({ _tag: "Allow", email: "ada@example.com" })
      const other = yield* Client.signIn({ _tag: "Allow", email: "grace@example.com" })
      assert.strictEqual((yield* Client.revoke(one["refresh_token"])).status, 200)
      assert.deepStrictEqual((yield* Client.refresh(two["refresh_token"])).body, dead)
      assert.strictEqual((yield* Client.userinfo(two["access_token"])).status, 401)
      assert.strictEqual((yield* Client.refresh(other["refresh_token"])).status, 200)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("of an unknown or already revoked token is an error", () =>
    Effect.gen(function*() {
      const { access_token } = yield* Client.signIn()
      yield* Client.revoke(access_token)
      for (const token of ["unknown", access_token, ""]) {
        const refused = yield* Client.revoke(token)
        assert.strictEqual(refused.status, 400)
        assert.deepStrictEqual(refused.body, {
          error: "invalid_token",
          error_description: "Token expired or revoked"
        })
      }
    }).pipe(Effect.provide(Client.layer())))

  it.effect("by the person ends codes and tokens of that account alone", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      const ada = yield* Client.signIn({ _tag: "Allow", email: "ada@example.com" })
      const grace = yield* Client.signIn({ _tag: "Allow", email: "grace@example.com" })
      const code = (yield* Client.consent({ _tag: "Allow", email: "ada@example.com" })).get("code")
      yield* local.revokeGrants("ada@example.com")
      assert.deepStrictEqual((yield* Client.refresh(ada["refresh_token"])).body, dead)
      assert.strictEqual((yield* Client.userinfo(ada["access_token"])).status, 401)
      assert.deepStrictEqual((yield* Client.exchange(code)).body, malformedCode)
      assert.strictEqual((yield* Client.userinfo(grace["access_token"])).status, 200)
    }).pipe(Effect.provide(Client.layer())))
})
