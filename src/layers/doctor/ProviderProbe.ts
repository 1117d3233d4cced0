/**
 * One question to the provider that needs neither client nor person: its metadata. How it answers tells whether it can be
 * reached, and what time it is there.
 */
import { Clock, Duration, Effect, Option } from "effect"
import * as OAuth from "oauth4webapi"
import type { ProviderChoice } from "../../services/config/Config.ts"
import type { ProviderUnreachable } from "../../services/provider/AuthorizationServer.ts"
import * as OAuthErrors from "../provider/OAuthErrors.ts"
import { OAuthFetch, trusting } from "../provider/OAuthFetch.ts"

/** What the provider answered with. */
export interface Answered {
  readonly took: Duration.Duration
  /** What time it was there when it answered, and here, in milliseconds; none if it did not say. */
  readonly times: Option.Option<{ readonly there: number; readonly here: number }>
}

/** Where Google's own metadata are. */
const google = "https://accounts.google.com"

export const issuerOf = (provider: ProviderChoice): string => provider._tag === "Google" ? google : provider.issuer

/** Half a second more than is told, since that is told in whole ones. */
const roundedOff = 500

/**
 * What time it is at the server (RFC 9110 section 6.6.1). A cache on the way tells the time at which it was answered, and how
 * long ago that was (RFC 9111 section 5.1).
 */
const timeThere = (headers: Headers): Option.Option<number> => {
  const text = headers.get("date")
  const date = /^[A-Z][a-z]{2}, \d\d /u.test(text ?? "") ? Date.parse(text ?? "") : NaN
  const age = headers.get("age")
  const seconds = /^\d{1,9}$/u.test(age ?? "") ? Number(age) : 0
  return Number.isNaN(date) ? Option.none() : Option.some(date + seconds * 1_000 + roundedOff)
}

/** Asks once where OpenID Connect has it and, if there is nothing, where RFC 8414 does. Three seconds each, at most. */
export const ask = Effect.fn("ProviderProbe.ask")(
  function*(provider: ProviderChoice): Effect.fn.Return<Answered, ProviderUnreachable, OAuthFetch> {
    const { attempt } = yield* OAuthFetch
    const issuer = new URL(issuerOf(provider))
    const options = trusting(issuerOf(provider))
    const began = yield* Clock.monotonicTimeNanos
    const request = (algorithm: "oidc" | "oauth2") =>
      attempt((routed) => OAuth.discoveryRequest(issuer, { ...routed, ...options, algorithm }), "3 seconds")
    const sent = yield* Clock.currentTimeMillis
    const response = yield* request("oidc").pipe(
      Effect.filterOrElse(({ status }) => status !== 404, () => request("oauth2")),
      Effect.mapError(OAuthErrors.unreachableFor("discovery"))
    )
    const received = yield* Clock.currentTimeMillis
    const took = Duration.nanos((yield* Clock.monotonicTimeNanos) - began)
    yield* attempt(() => OAuth.processDiscoveryResponse(issuer, response)).pipe(
      Effect.mapError(OAuthErrors.unreachableFor("discovery"))
    )
    return {
      took,
      times: Option.map(timeThere(response.headers), (there) => ({ there, here: (sent + received) / 2 }))
    }
  }
)
