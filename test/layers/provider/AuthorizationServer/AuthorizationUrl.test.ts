import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { HttpClient } from "effect/http"
import * as AuthorizationServerGoogle from "../../../../src/layers/provider/AuthorizationServerGoogle.ts"
import * as OAuthFetch from "../../../../src/layers/provider/OAuthFetch.ts"
import { ClientMisconfigured, ConfigProblem } from "../../../../src/services/config/Config.ts"
import {
  type AuthorizationRequest,
  AuthorizationServer
} from "../../../../src/services/provider/AuthorizationServer.ts"
import { client, layer, Stub } from "../../../support/providerStub.ts"

/** The verifier of RFC 7636 appendix B, and its challenge. */
const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

const request: AuthorizationRequest = {
  redirectUri: "http://127.0.0.1:65000/callback",
  scopes: ["openid", "https://www.googleapis.com/auth/script.projects"],
  state: Redacted.make("a&b=c d+e"),
  codeVerifier: Redacted.make(verifier),
  loginHint: undefined
}

/** Every parameter with all its values. */
const parametersOf = (url: string) => {
  const { searchParams } = new URL(url)
  return Object.fromEntries([...searchParams.keys()].map((name) => [name, searchParams.getAll(name)]))
}

const expected = {
  response_type: ["code"],
  client_id: ["a client"],
  redirect_uri: [request.redirectUri],
  scope: ["openid https://www.googleapis.com/auth/script.projects"],
  state: ["a&b=c d+e"],
  code_challenge: [challenge],
  code_challenge_method: ["S256"]
}

const offline = Layer.succeed(HttpClient.HttpClient, HttpClient.make((asked) => Effect.die(`asked for ${asked.url}`)))

const google = (ofClient: typeof client | ClientMisconfigured = client) =>
  AuthorizationServerGoogle.layer({
    client: ofClient instanceof ClientMisconfigured ? Effect.fail(ofClient) : Effect.succeed(ofClient)
  }).pipe(Layer.provide(OAuthFetch.layer), Layer.provide([NodeCrypto.layerDigest, offline]))

describe("AuthorizationServer: the authorization request", () => {
  it.effect("has every parameter of the protocol exactly once, and no secret but the state", () =>
    Effect.gen(function*() {
      const url = yield* AuthorizationServer.use((provider) => provider.authorizationUrl(request))
      assert.deepStrictEqual(parametersOf(url), expected)
      assert.strictEqual(new URL(url).hash, "")
      for (const secret of [verifier, "canary-secret"]) assert.notInclude(url, secret)
    }).pipe(Effect.provide(layer())))

  it.effect("keeps what the provider's endpoint has in its query, without doubling what is ours", () =>
    Effect.gen(function*() {
      const url = yield* AuthorizationServer.use((provider) => provider.authorizationUrl(request))
      assert.deepStrictEqual(parametersOf(url), { tenant: ["x"], ...expected })
    }).pipe(
      Effect.provide(
        layer({ authorization_endpoint: "https://example.com/authorize?tenant=x&scope=theirs&state=theirs" })
      )
    ))

  it.effect("names the account that is expected, if there is one", () =>
    Effect.gen(function*() {
      const url = yield* AuthorizationServer.use((provider) =>
        provider.authorizationUrl({ ...request, loginHint: "ada+scripts@example.com" })
      )
      assert.deepStrictEqual(parametersOf(url), { ...expected, login_hint: ["ada+scripts@example.com"] })
    }).pipe(Effect.provide(layer())))

  it.effect("asks Google for a refresh token each time, without asking Google anything first", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const url = yield* provider.authorizationUrl(request)
      assert.isTrue(url.startsWith("https://accounts.google.com/o/oauth2/v2/auth?"))
      assert.deepStrictEqual(parametersOf(url), { ...expected, access_type: ["offline"], prompt: ["consent"] })
      // Google sends `iss` to some people and announces it to nobody.
      assert.deepStrictEqual(yield* provider.responseIssuer, {
        identifier: "https://accounts.google.com",
        required: false
      })
    }).pipe(Effect.provide(google())))

  it.effect("cannot be made for a client that is not configured", () => {
    const problem = new ConfigProblem({ where: "MCP_GAS_CLIENT_ID", problem: "is not set.", remedy: "Set it." })
    const misconfigured = new ClientMisconfigured({ problems: [problem] })
    return AuthorizationServer.use((provider) => Effect.flip(provider.authorizationUrl(request))).pipe(
      Effect.map((error) => assert.strictEqual<unknown>(error, misconfigured)),
      Effect.provide(google(misconfigured))
    )
  })

  for (
    const endpoint of [
      undefined,
      "",
      "authorize",
      "javascript:alert(1)//",
      "file:///etc/passwd",
      "http://example.com/authorize"
    ]
  ) {
    it.effect(`is not made where the metadata has ${endpoint ?? "nothing"} for an authorization endpoint`, () =>
      Effect.gen(function*() {
        const error = yield* AuthorizationServer.use((provider) => Effect.flip(provider.authorizationUrl(request)))
        assert.strictEqual(error._tag, "ProviderUnreachable")
        assert.include(error.message, "authorization_endpoint")
        assert.deepStrictEqual(yield* Stub.use(({ asked }) => asked), [])
      }).pipe(Effect.provide(layer({ authorization_endpoint: endpoint }))))
  }
})
