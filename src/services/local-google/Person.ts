/**
 * The person in front of the browser, played by a script: opens an authorization URL, fills in the local Google's
 * consent page, and goes where it sends them. For demos and tests.
 */
import { Context, type Effect, Schema } from "effect"

/** The person is stuck: a page was not what was expected. */
export class PersonLost extends Schema.TaggedError<PersonLost>()("PersonLost", {
  /** What the person was doing. */
  step: Schema.String,
  /** What was there instead, without secrets. */
  found: Schema.String
}) {
  override get message(): string {
    return `The scripted person got lost at "${this.step}": ${this.found}`
  }
}

/** What the person does on the consent page. */
export type ConsentAnswer =
  | {
    readonly _tag: "Allow"
    /** Which account; if not said, the one the page has selected: `login_hint`'s, or the first. */
    readonly email?: string
    /** Scopes whose boxes the person un-ticks. */
    readonly untick?: ReadonlyArray<string>
  }
  | { readonly _tag: "Deny" }

/** A page the person ended up on. */
export interface SeenPage {
  /** The address in the address bar, after redirects. */
  readonly url: string
  /** The HTTP status of the page. */
  readonly status: number
  /** Its source. */
  readonly text: string
}

/**
 * A person who does as the script says, at a provider that is a `LocalGoogle`.
 *
 * @example
 * ```ts
 * import { Console, Effect, Layer, Option, Redacted } from "effect"
 * import { Digest } from "effect/crypto"
 * import { FetchHttpClient } from "effect/http"
 * import {
 *   AuthorizationResponse,
 *   AuthorizationServer,
 *   AuthorizationServerDiscovered,
 *   OAuthFetch
 * } from "mcp-gas"
 * import { LocalGoogle, LocalGoogleOidc, Person, PersonHttp } from "mcp-gas/testing"
 *
 * const request = {
 *   redirectUri: "http://127.0.0.1:8080/callback",
 *   scopes: ["openid", "email"],
 *   state: Redacted.make("xyz"),
 *   codeVerifier: Redacted.make("a-verifier-has-at-least-forty-three-characters"),
 *   loginHint: undefined
 * }
 *
 * const program = Effect.gen(function*() {
 *   const { authorizationUrl, exchange, responseIssuer } = yield* AuthorizationServer
 *   const { consent } = yield* Person
 *   const redirected = yield* consent(yield* authorizationUrl(request), { _tag: "Allow", email: "grace@example.com" })
 *   const response = yield* Effect.fromResult(
 *     AuthorizationResponse.fromRedirect(Redacted.make(redirected), request.redirectUri, {
 *       state: request.state,
 *       issuer: yield* responseIssuer
 *     })
 *   )
 *   if (response._tag === "Refusal") return
 *   const { account } = yield* exchange(request, response.code)
 *   yield* Console.log(account.email) // → grace@example.com
 * })
 *
 * const Provider = Layer.unwrap(
 *   Effect.map(LocalGoogle, ({ clientId, clientSecret, issuer }) =>
 *     AuthorizationServerDiscovered.layer({
 *       issuer,
 *       client: Effect.succeed({ clientId, clientSecret: Option.some(clientSecret) })
 *     }))
 * )
 *
 * const ProviderAndPerson = Layer.merge(Provider, PersonHttp.layer).pipe(
 *   Layer.provide([OAuthFetch.layer, LocalGoogleOidc.layer(), Digest.layerWebCrypto]),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 *
 * await Effect.runPromise(Effect.provide(program, ProviderAndPerson))
 * ```
 */
export class Person extends Context.Service<Person, {
  /**
   * Visits an authorization URL and answers; stops at the redirect URI, whose full address it returns unopened. That
   * address holds a code or an error, also one that came without a page to answer.
   */
  readonly consent: (authorizationUrl: string, answer: ConsentAnswer) => Effect.Effect<string, PersonLost>
  /** Opens an address, following up to ten redirects as a browser does, and reads the page, whatever its status. */
  readonly visit: (url: string) => Effect.Effect<SeenPage, PersonLost>
}>()("mcp-gas/services/local-google/Person") {}
