/**
 * A bare OAuth client of the local Google: it sends what it is told to send and shows what comes back.
 */
import { Effect, Layer, Redacted, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import * as LocalGoogleOidc from "../../src/layers/local-google/LocalGoogleOidc.ts"
import * as PersonHttp from "../../src/layers/local-google/PersonHttp.ts"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { type ConsentAnswer, Person } from "../../src/services/local-google/Person.ts"

export const google = "https://www.googleapis.com/auth/"
export const projects = `${google}script.projects`
export const deployments = `${google}script.deployments`

export const redirectUri = "http://127.0.0.1:65000/callback"

/** The pair of RFC 7636 appendix B. */
export const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

export const layer = (options?: LocalGoogleOidc.LocalGoogleOptions) =>
  Layer.mergeAll(LocalGoogleOidc.layer(options), PersonHttp.layer).pipe(Layer.provideMerge(FetchHttpClient.layer))

type Fields = Readonly<Record<string, string>>

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

const jsonObject = Schema.decodeUnknownEffect(Schema.Record(Schema.String, Schema.Unknown))

const execute = Effect.fnUntraced(function*(request: HttpClientRequest.HttpClientRequest) {
  const response = yield* HttpClient.execute(request)
  const answer: Answer = {
    status: response.status,
    headers: response.headers,
    body: yield* Effect.flatMap(response.json, jsonObject)
  }
  return answer
})

export const get = Effect.fnUntraced(function*(path: string, accessToken?: unknown) {
  const { issuer } = yield* LocalGoogle
  const request = HttpClientRequest.get(issuer + path)
  return yield* execute(
    accessToken === undefined ? request : HttpClientRequest.bearerToken(request, String(accessToken))
  )
})

export const post = Effect.fnUntraced(function*(path: string, fields: Fields) {
  const { issuer } = yield* LocalGoogle
  return yield* execute(HttpClientRequest.post(issuer + path).pipe(HttpClientRequest.bodyUrlParams(fields)))
})

/** An authorization URL as a desktop client builds it; `changes` replace or, when empty, remove parameters. */
export const authorizationUrl = Effect.fnUntraced(function*(changes: Fields = {}) {
  const { clientId, issuer } = yield* LocalGoogle
  const url = new URL(`${issuer}/o/oauth2/v2/auth`)
  const parameters: Fields = {
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: `openid email profile ${projects} ${deployments}`,
    state: "some state",
    code_challenge: challenge,
    code_challenge_method: "S256",
    access_type: "offline",
    prompt: "consent",
    ...changes
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== "") url.searchParams.set(name, value)
  }
  return url.href
})

/** Has the person answer, and reads the redirect. */
export const consent = Effect.fnUntraced(function*(answer: ConsentAnswer = { _tag: "Allow" }, changes: Fields = {}) {
  const person = yield* Person
  return new URL(yield* person.consent(yield* authorizationUrl(changes), answer)).searchParams
})

/** The client's credentials as form fields. */
export const credentials = Effect.map(LocalGoogle, ({ clientId, clientSecret }) => ({
  client_id: clientId,
  client_secret: Redacted.value(clientSecret)
}))

export const exchangeForm = (code: string | null) =>
  Effect.map(credentials, (fields) => ({
    ...fields,
    grant_type: "authorization_code",
    code: code ?? "",
    redirect_uri: redirectUri,
    code_verifier: verifier
  }))

export const exchange = Effect.fnUntraced(function*(code: string | null, changes: Fields = {}) {
  return yield* post("/token", { ...(yield* exchangeForm(code)), ...changes })
})

export const refresh = Effect.fnUntraced(function*(refreshToken: unknown, changes: Fields = {}) {
  return yield* post("/token", {
    ...(yield* credentials),
    grant_type: "refresh_token",
    refresh_token: String(refreshToken),
    ...changes
  })
})

/** Consents and exchanges: the body of the token reply. */
export const signIn = Effect.fnUntraced(function*(answer?: ConsentAnswer, changes?: Fields) {
  const redirect = yield* consent(answer, changes)
  return (yield* exchange(redirect.get("code"))).body
})

export const userinfo = (accessToken: unknown) => get("/v1/userinfo", accessToken)

export const revoke = (token: unknown) => post("/revoke", { token: String(token) })
