// From the docstring of Person in src/services/local-google/Person.ts, by `npm run docs`.
import { Console, Effect, Layer, Option, Redacted } from "effect"
import { Digest } from "effect/crypto"
import { FetchHttpClient } from "effect/http"
import {
  AuthorizationResponse,
  AuthorizationServer,
  AuthorizationServerDiscovered,
  OAuthFetch
} from "../../../src/index.ts"
import { LocalGoogle, LocalGoogleOidc, Person, PersonHttp } from "../../../src/testing.ts"

const request = {
  redirectUri: "http://127.0.0.1:8080/callback",
  scopes: ["openid", "email"],
  state: Redacted.make("xyz"),
  codeVerifier: Redacted.make("a-verifier-has-at-least-forty-three-characters"),
  loginHint: undefined
}

const program = Effect.gen(function*() {
  const { authorizationUrl, exchange, responseIssuer } = yield* AuthorizationServer
  const { consent } = yield* Person
  const redirected = yield* consent(yield* authorizationUrl(request), { _tag: "Allow", email: "grace@example.com" })
  const response = yield* Effect.fromResult(
    AuthorizationResponse.fromRedirect(Redacted.make(redirected), request.redirectUri, {
      state: request.state,
      issuer: yield* responseIssuer
    })
  )
  if (response._tag === "Refusal") return
  const { account } = yield* exchange(request, response.code)
  yield* Console.log(account.email) // → grace@example.com
})

const Provider = Layer.unwrap(
  Effect.map(LocalGoogle, ({ clientId, clientSecret, issuer }) =>
    AuthorizationServerDiscovered.layer({
      issuer,
      client: Effect.succeed({ clientId, clientSecret: Option.some(clientSecret) })
    }))
)

const ProviderAndPerson = Layer.merge(Provider, PersonHttp.layer).pipe(
  Layer.provide([OAuthFetch.layer, LocalGoogleOidc.layer(), Digest.layerWebCrypto]),
  Layer.provide(FetchHttpClient.layer)
)

await Effect.runPromise(Effect.provide(program, ProviderAndPerson))
