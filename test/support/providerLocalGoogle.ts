/**
 * `AuthorizationServer` aimed at a local Google of its own, and a person to consent there.
 */
import { Effect, Layer, Option, Redacted } from "effect"
import * as LocalGoogleOidc from "../../src/layers/local-google/LocalGoogleOidc.ts"
import * as PersonHttp from "../../src/layers/local-google/PersonHttp.ts"
import * as AuthorizationServerDiscovered from "../../src/layers/provider/AuthorizationServerDiscovered.ts"
import { authorizationParameters } from "../../src/layers/provider/AuthorizationServerGoogle.ts"
import type { OAuthClient } from "../../src/services/config/Config.ts"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { type ConsentAnswer, Person } from "../../src/services/local-google/Person.ts"
import { type AuthorizationRequest, AuthorizationServer } from "../../src/services/provider/AuthorizationServer.ts"
import { tools } from "./providerStub.ts"

/** The client that the local Google knows, or another one. */
const provider = (client?: Partial<OAuthClient>) =>
  Layer.unwrap(Effect.map(LocalGoogle, ({ clientId, clientSecret, issuer }) =>
    AuthorizationServerDiscovered.layer({
      issuer,
      authorizationParameters,
      client: Effect.succeed({ clientId, clientSecret: Option.some(clientSecret), ...client })
    })))

export const layer = (client?: Partial<OAuthClient>) =>
  provider(client).pipe(
    Layer.provideMerge(LocalGoogleOidc.layer()),
    Layer.provideMerge(PersonHttp.layer),
    Layer.provide(tools)
  )

/** Runs an effect with another client of the same provider. */
export const asClient = (client: Partial<OAuthClient>) => Effect.provide(Layer.provide(provider(client), tools))

export const projects = "https://www.googleapis.com/auth/script.projects"

export const request: AuthorizationRequest = {
  redirectUri: "http://127.0.0.1:65000/callback",
  scopes: ["openid", "email", "profile", projects],
  state: Redacted.make("some state"),
  codeVerifier: Redacted.make("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
  loginHint: undefined
}

/** The code that a person who consents brings back. */
export const consent = Effect.fnUntraced(function*(answer: ConsentAnswer = { _tag: "Allow" }) {
  const person = yield* Person
  const { authorizationUrl } = yield* AuthorizationServer
  const landed = new URL(yield* person.consent(yield* authorizationUrl(request), answer))
  return Redacted.make(landed.searchParams.get("code") ?? "no code")
})

export const signIn = Effect.fnUntraced(function*(answer?: ConsentAnswer) {
  const { exchange } = yield* AuthorizationServer
  return yield* exchange(request, yield* consent(answer))
})
