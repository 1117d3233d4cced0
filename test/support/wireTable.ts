/**
 * The fault table: what each fault comes to at each endpoint. A missing cell does not type-check.
 */
import type { FaultName } from "./wireFaults.ts"

/** Why there was no answer to work with: `error` of `ExchangeFailed`; `problem` of `ProviderUnreachable` in words. */
export type Why = "network" | "timeout" | "malformed" | "incomplete" | `status ${number}`

/** An answer that could not be used. */
export interface Failed {
  readonly _tag: "Failed"
  readonly why: Why
  /** Whether the provider may have done what it was asked to. */
  readonly ambiguous: boolean
  readonly retryAfter: number | undefined
  /** How often the engine has asked before it said so. */
  readonly requests: number
}

/** How a call ends that a fault strikes: as if nothing had happened, or with the error of its kind. */
export type Cell = { readonly _tag: "Harmless" } | Failed

const harmless: Cell = { _tag: "Harmless" }

const failed = (why: Why, ambiguous: boolean, requests: number, retryAfter?: number): Cell => ({
  _tag: "Failed",
  why,
  ambiguous,
  retryAfter,
  requests
})

/** The provider may have acted on it. */
const unclear = (why: Why, requests = 1) => failed(why, true, requests)

/** The provider has not acted on it. */
const undone = (why: Why, requests = 1) => failed(why, false, requests)

const waits = (status: number, ambiguous: boolean, requests = 1) => failed(`status ${status}`, ambiguous, requests, 7)

type Column = Readonly<Record<FaultName, Cell>>

/** `ExchangeFailed`, and what was stored before is still stored. The code is sent once, whatever comes of it. */
export const exchange: Column = {
  "slow": harmless,
  "no answer": unclear("timeout"),
  "an answer that stops half-way": unclear("timeout"),
  "an answer that is cut off": unclear("network"),
  "reset before processing": unclear("network"),
  "reset after processing": unclear("network"),
  "status 500": unclear("status 500"),
  "503 with Retry-After": waits(503, true),
  "429 with Retry-After": waits(429, false),
  "HTML": unclear("malformed"),
  "truncated JSON": unclear("malformed"),
  "wrong content type": harmless,
  "10 MB body": unclear("malformed"),
  "redirect": undone("status 307"),
  "wrong token_type": unclear("malformed"),
  "missing fields": unclear("malformed"),
  "negative expires_in": unclear("malformed"),
  "TLS: not spoken": undone("network"),
  "TLS: unknown certificate": undone("network"),
  "DNS failure": undone("network")
}

/** `ProviderUnreachable`, and the session is kept. Where a refresh token may be sent twice, one that failed is repeated. */
export const refresh: Column = {
  "slow": harmless,
  "no answer": unclear("timeout"),
  "an answer that stops half-way": unclear("timeout"),
  "an answer that is cut off": unclear("network", 3),
  "reset before processing": unclear("network", 3),
  "reset after processing": unclear("network", 3),
  "status 500": unclear("status 500", 3),
  "503 with Retry-After": waits(503, false),
  "429 with Retry-After": waits(429, false),
  "HTML": undone("malformed", 3),
  "truncated JSON": unclear("malformed", 3),
  "wrong content type": harmless,
  "10 MB body": unclear("malformed", 3),
  "redirect": undone("status 307", 3),
  "wrong token_type": unclear("malformed", 3),
  "missing fields": unclear("malformed", 3),
  "negative expires_in": unclear("malformed", 3),
  "TLS: not spoken": undone("network", 3),
  "TLS: unknown certificate": undone("network", 3),
  "DNS failure": undone("network", 3)
}

/**
 * The same at a provider that replaces refresh tokens. One that may have been replaced is never sent again: its session is
 * kept, and a person is needed once its access token has expired.
 */
export const rotatingRefresh: Column = {
  "slow": harmless,
  "no answer": unclear("timeout"),
  "an answer that stops half-way": unclear("timeout"),
  "an answer that is cut off": unclear("network"),
  "reset before processing": unclear("network"),
  "reset after processing": unclear("network"),
  "status 500": unclear("status 500"),
  "503 with Retry-After": waits(503, false),
  "429 with Retry-After": waits(429, false),
  "HTML": undone("malformed", 3),
  "truncated JSON": unclear("malformed"),
  "wrong content type": harmless,
  "10 MB body": unclear("malformed"),
  "redirect": undone("status 307", 3),
  "wrong token_type": unclear("malformed"),
  "missing fields": unclear("malformed"),
  "negative expires_in": unclear("malformed"),
  "TLS: not spoken": undone("network", 3),
  "TLS: unknown certificate": undone("network", 3),
  "DNS failure": undone("network", 3)
}

/** `ProviderUnreachable` for who asks for it; a sign-in goes on with what the ID token says. */
export const userinfo: Column = {
  "slow": harmless,
  "no answer": unclear("timeout"),
  "an answer that stops half-way": unclear("timeout"),
  "an answer that is cut off": unclear("network"),
  "reset before processing": unclear("network"),
  "reset after processing": unclear("network"),
  "status 500": unclear("status 500"),
  "503 with Retry-After": waits(503, false),
  "429 with Retry-After": waits(429, false),
  "HTML": undone("malformed"),
  "truncated JSON": unclear("malformed"),
  "wrong content type": harmless,
  "10 MB body": unclear("malformed"),
  "redirect": undone("status 307"),
  "wrong token_type": harmless,
  "missing fields": unclear("malformed"),
  "negative expires_in": harmless,
  "TLS: not spoken": undone("network"),
  "TLS: unknown certificate": undone("network"),
  "DNS failure": undone("network")
}

/** `ProviderUnreachable` for who asks for it; a sign-out stands, and says that the provider has not confirmed it. */
export const revoke: Column = {
  "slow": harmless,
  "no answer": unclear("timeout"),
  "an answer that stops half-way": unclear("timeout"),
  "an answer that is cut off": unclear("network"),
  "reset before processing": unclear("network"),
  "reset after processing": unclear("network"),
  "status 500": unclear("status 500"),
  "503 with Retry-After": waits(503, false),
  "429 with Retry-After": waits(429, false),
  "HTML": harmless,
  "truncated JSON": harmless,
  "wrong content type": harmless,
  "10 MB body": harmless,
  "redirect": undone("status 307"),
  "wrong token_type": harmless,
  "missing fields": harmless,
  "negative expires_in": harmless,
  "TLS: not spoken": undone("network"),
  "TLS: unknown certificate": undone("network"),
  "DNS failure": undone("network")
}

/** `ProviderUnreachable`: two addresses are asked, one for each standard, and nothing else is tried. */
export const discovery: Column = {
  "slow": harmless,
  "no answer": unclear("timeout", 2),
  "an answer that stops half-way": unclear("timeout", 2),
  "an answer that is cut off": unclear("network", 2),
  "reset before processing": unclear("network", 2),
  "reset after processing": unclear("network", 2),
  "status 500": unclear("status 500", 2),
  "503 with Retry-After": waits(503, false, 2),
  "429 with Retry-After": waits(429, false, 2),
  "HTML": undone("malformed", 2),
  "truncated JSON": unclear("malformed", 2),
  "wrong content type": harmless,
  "10 MB body": unclear("malformed", 2),
  "redirect": undone("status 307", 2),
  "wrong token_type": harmless,
  "missing fields": undone("incomplete", 2),
  "negative expires_in": harmless,
  "TLS: not spoken": undone("network", 2),
  "TLS: unknown certificate": undone("network", 2),
  "DNS failure": undone("network", 2)
}

/** What `ExchangeFailed` calls it. */
export const errorOf = (why: Why): string => {
  switch (why) {
    case "network":
    case "timeout":
      return why
    case "malformed":
    case "incomplete":
      return "malformed_response"
    default:
      return Number(why.slice("status ".length)) < 429 ? "malformed_response" : "server_error"
  }
}

/** How the `problem` of `ProviderUnreachable` begins. */
export const problemOf = (operation: string, why: Why): string => {
  const unusable = `The provider could not be used for ${operation}:`
  switch (why) {
    case "network":
      return `${unusable} the connection failed`
    case "timeout":
      return `${unusable} it did not answer in time.`
    case "malformed":
      return `${unusable} its answer was not what the protocol asks for.`
    case "incomplete":
      return "The provider's metadata has no token_endpoint."
    default:
      return `${unusable} it answered with HTTP ${why}.`
  }
}
