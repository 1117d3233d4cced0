/**
 * What `oauth4webapi` and the network reject with, as errors of the services. No message of a foreign error is passed
 * on: some of them quote the answer they could not read.
 */
import { Redacted } from "effect"
import * as OAuth from "oauth4webapi"
import { ClientMisconfigured, ConfigProblem, type OAuthClient } from "../../services/config/Config.ts"
import { ExchangeFailed, ProviderUnreachable, RefreshRejected } from "../../services/provider/AuthorizationServer.ts"
import { NoAnswer, type Rejected } from "./OAuthFetch.ts"

/** What a failed call comes down to. */
type Failure =
  /** The provider said no, in the protocol's own form (RFC 6749 section 5.2). */
  | {
    readonly _tag: "Refused"
    readonly error: string
    readonly description: string | undefined
    readonly subtype: unknown
  }
  /** Nothing usable came back. */
  | {
    readonly _tag: "Unusable"
    readonly error: "network" | "timeout" | "malformed_response" | "server_error"
    readonly detail: string
    readonly retryAfter: number | undefined
    /** Whether the provider may have acted on the request all the same. */
    readonly ambiguous: boolean
    /** Whether convention says that it has not. */
    readonly turnedAway: boolean
  }

/** What a request held that must not come back in an error. */
export type Secrets = ReadonlyArray<Redacted.Redacted<string>>

/** How much of a provider's words is passed on. */
const wordsLength = 300

/** A provider's own words as one line of bounded length, without the secrets it was sent in case it repeats them. */
const worded = (text: string, secrets: Secrets): string =>
  secrets.map(Redacted.value).filter((secret) => secret !== "")
    .reduce((words, secret) => words.replaceAll(secret, "…"), text)
    .replaceAll(/\p{Cc}+/gu, " ").slice(0, wordsLength)

/** A moment as HTTP writes it (RFC 9110 section 5.6.7), in milliseconds; NaN for anything else. */
const httpDate = (text: string | null): number =>
  /^[A-Z][a-z]{2}, \d\d /.test(text ?? "") ? Date.parse(text ?? "") : NaN

/** Seconds to wait (RFC 9110 section 10.2.3). A moment is taken by the provider's own clock, as its answer tells it. */
const retryAfter = ({ headers }: Response): number | undefined => {
  const value = headers.get("retry-after")
  if (/^\d{1,9}$/.test(value ?? "")) return Number(value)
  const seconds = Math.ceil((httpDate(value) - httpDate(headers.get("date"))) / 1_000)
  return seconds >= 0 ? seconds : undefined
}

/** What `oauth4webapi` finds wrong with an endpoint before it sends anything there. */
const refusedUnsent: ReadonlySet<unknown> = new Set([
  OAuth.MISSING_SERVER_METADATA,
  OAuth.INVALID_SERVER_METADATA,
  OAuth.HTTP_REQUEST_FORBIDDEN,
  OAuth.REQUEST_PROTOCOL_FORBIDDEN
])

/** Whether an unusable answer means, by convention, that the request was turned away or went to somebody else. */
const isTurnedAway = ({ headers, status }: Response): boolean =>
  status === 503 || (status < 300 && (headers.get("content-type") ?? "").startsWith("text/html"))

const answered = (response: Response): Failure => ({
  _tag: "Unusable",
  error: response.status >= 500 || response.status === 429 ? "server_error" : "malformed_response",
  detail: `it answered with HTTP status ${response.status}`,
  retryAfter: retryAfter(response),
  // Turned away before processing; everything else, a success that cannot be read included, may have been processed.
  ambiguous: response.status !== 429 && (response.status < 300 || response.status >= 500),
  turnedAway: isTurnedAway(response)
})

const responseOf = (cause: unknown): Response | undefined => {
  if (cause instanceof Response) return cause
  return typeof cause === "object" && cause !== null && "response" in cause && cause.response instanceof Response
    ? cause.response
    : undefined
}

const classify = ({ cause: error }: Rejected, secrets: Secrets): Failure => {
  if (error instanceof NoAnswer) {
    const detail = error.reason === "timeout" ?
      "it did not answer in time" :
      `the connection failed${error.code === undefined ? "" : ` (${error.code})`}`
    return {
      _tag: "Unusable",
      error: error.reason,
      detail,
      retryAfter: undefined,
      ambiguous: error.sent,
      turnedAway: false
    }
  }
  if (error instanceof OAuth.ResponseBodyError) {
    // 429 and 5xx speak of the provider, not of the request, even where the body looks like a protocol error.
    if (error.status === 429 || error.status >= 500) return answered(error.response)
    const { error_subtype: subtype } = error.cause
    const description = typeof error.error_description === "string" ? error.error_description : undefined
    return {
      _tag: "Refused",
      error: worded(error.error, secrets),
      description: description && worded(description, secrets),
      subtype
    }
  }
  if (error instanceof OAuth.OperationProcessingError && refusedUnsent.has(error.code)) {
    return {
      _tag: "Unusable",
      error: "malformed_response",
      detail: "its metadata names no address for that which may be used",
      retryAfter: undefined,
      ambiguous: false,
      turnedAway: false
    }
  }
  if (error instanceof OAuth.WWWAuthenticateChallengeError) {
    return error.status === 401
      ? { _tag: "Refused", error: "invalid_client", description: undefined, subtype: undefined }
      : answered(error.response)
  }
  const response = error instanceof Error ? responseOf(error.cause) : undefined
  return response === undefined || response.status < 300
    ? {
      _tag: "Unusable",
      error: "malformed_response",
      detail: "its answer was not what the protocol asks for",
      retryAfter: undefined,
      ambiguous: true,
      turnedAway: response !== undefined && isTurnedAway(response)
    }
    : answered(response)
}

/** The provider does not know this client, or not with this secret. `as`: it is not the configured one. */
const clientRefused = (error: string, as?: OAuthClient): ClientMisconfigured =>
  new ClientMisconfigured({
    problems: [
      as === undefined ?
        new ConfigProblem({
          where: "OAuth client",
          problem: `the provider does not accept the client id or secret (${error}).`,
          remedy: "Download the client's JSON again, or correct the client's id and secret."
        }) :
        new ConfigProblem({
          where: `OAuth client ${as.clientId}`,
          problem: `the provider does not accept it, and it is the client that the sign-in was issued to (${error}).`,
          remedy: "Import the sign-in again from a newer file, or sign in again with your own client."
        })
    ]
  })

/** The refusals that a person can only mend in the configuration. Google has an answer of its own for a missing secret. */
const refusesClient = (failure: Failure): boolean =>
  failure._tag === "Refused" &&
  (failure.error === "invalid_client" || failure.error === "unauthorized_client" ||
    (failure.error === "invalid_request" && failure.description === "client_secret is missing."))

const described = (description: string | undefined) => (description === undefined ? {} : { description })

const unusable = (operation: string, failure: Failure): ProviderUnreachable => {
  const detail = failure._tag === "Refused" ? `it refused (${failure.error})` : failure.detail
  const wait = failure._tag === "Unusable" ? failure.retryAfter : undefined
  return new ProviderUnreachable({
    operation,
    problem: `The provider could not be used for ${operation}: ${detail}.`,
    ambiguous: failure._tag === "Unusable" && failure.ambiguous && !failure.turnedAway,
    ...(wait === undefined ? {} : { retryAfter: wait })
  })
}

/** A call that says nothing about the person when it fails, made in the client's name: the configured one's, or that of `as`. */
export const unreachable =
  (operation: string, secrets: Secrets, as?: OAuthClient) =>
  (error: Rejected): ProviderUnreachable | ClientMisconfigured => {
    const failure = classify(error, secrets)
    return refusesClient(failure) ? clientRefused(failure.error, as) : unusable(operation, failure)
  }

/** A call that shows no client: what is refused is something else. */
export const unreachableFor = (operation: string) => (error: Rejected): ProviderUnreachable => {
  const { cause } = error
  const challenged = cause instanceof OAuth.WWWAuthenticateChallengeError
  return unusable(operation, challenged ? answered(cause.response) : classify(error, []))
}

/** Whether a token was refused because it is worth nothing (any more); RFC 7009 calls that a success, Google does not. */
export const isWorthless = (error: Rejected): boolean => {
  const failure = classify(error, [])
  return failure._tag === "Refused" && failure.error === "invalid_token"
}

/** A code that was not exchanged. */
export const exchangeFailed = (secrets: Secrets) => (error: Rejected): ExchangeFailed | ClientMisconfigured => {
  const failure = classify(error, secrets)
  if (refusesClient(failure)) return clientRefused(failure.error)
  return failure._tag === "Refused"
    ? new ExchangeFailed({ error: failure.error, ambiguous: false, ...described(failure.description) })
    : new ExchangeFailed({ error: failure.error, description: failure.detail, ambiguous: failure.ambiguous })
}

/** A refresh token that was not accepted, or not heard. */
export const notRefreshed =
  (secrets: Secrets, as?: OAuthClient) =>
  (error: Rejected): RefreshRejected | ProviderUnreachable | ClientMisconfigured => {
    const failure = classify(error, secrets)
    return failure._tag === "Refused" && failure.error === "invalid_grant"
      ? new RefreshRejected({
        reason: failure.subtype === "invalid_rapt" ? "reauth_policy" : "revoked",
        ...described(failure.description)
      })
      : unreachable("refresh", secrets, as)(error)
  }

/** A provider whose metadata lacks what a sign-in needs. */
export const lacking = (member: string): ProviderUnreachable =>
  new ProviderUnreachable({
    operation: "discovery",
    problem: `The provider's metadata has no ${member}.`,
    ambiguous: false
  })

/** A code that was kept back because the provider could not be found to begin with. */
export const notSent = (error: ProviderUnreachable): ExchangeFailed =>
  new ExchangeFailed({ error: "network", description: error.problem, ambiguous: false })
