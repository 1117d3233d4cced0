/**
 * The authorization response (RFC 6749 section 4.1.2, RFC 9207) and the only way to get one: validating the query of a
 * request against what the flow expects. State comes first; a query without it is not looked at any further.
 */
import { Data, Redacted, Result } from "effect"
import type { CallbackRejection } from "../sign-in/AuthEvents.ts"

/** What a flow expects of the response to its authorization request. */
export interface ExpectedResponse {
  /** The `state` of the request, unguessable and its own (RFC 6749 section 10.12). */
  readonly state: Redacted.Redacted<string>
  /** Whose response it has to be. */
  readonly issuer: ResponseIssuer
}

/** Who may answer (RFC 9207 section 2.4). Naming another issuer in `iss` is never accepted. */
export interface ResponseIssuer {
  /** The issuer identifier of the provider (RFC 8414 section 2), compared as it is. */
  readonly identifier: string
  /** Whether the provider announces that its responses name it, so that one without `iss` is not its own. */
  readonly required: boolean
}

/** A response that carries the flow's own state: a code to exchange, or the provider's refusal. */
export type AuthorizationResponse = Data.TaggedEnum<{
  Code: { readonly code: Redacted.Redacted<string> }
  Refusal: { readonly error: string; readonly description: string | undefined }
}>
export const AuthorizationResponse = Data.taggedEnum<AuthorizationResponse>()

const responseParameters = ["state", "code", "error", "error_description", "error_uri", "iss"]

/** Takes the same time for every pair of equally long strings, so that timing does not tell how much of a guess fits. */
const constantTimeEqual = (left: string, right: string): boolean => {
  let difference = left.length ^ right.length
  for (let index = 0; index < right.length; index++) {
    difference |= left.charCodeAt(index) ^ right.charCodeAt(index)
  }
  return difference === 0
}

/** As much of a foreign text as a person reads, without what a terminal would take for a command. */
const worded = (text: string): string => text.replace(/\p{Cc}+/gu, " ").slice(0, 200)

const optionally = (text: string | null): string | undefined => text === null ? undefined : worded(text)

/** The query of the address that a browser was sent to, if that is the redirect URI; the name of the host may differ. */
const queryOf = (redirectedUrl: string, redirectUri: string): URLSearchParams | undefined => {
  const url = URL.parse(redirectedUrl)
  return url !== null && `${url.origin}${url.pathname}`.replace("//localhost:", "//127.0.0.1:") === redirectUri
    ? url.searchParams
    : undefined
}

/**
 * Accepts `query` as the answer to one authorization request, or says why it is none. Each parameter of the protocol
 * may appear once at most (RFC 6749 section 3.1); unknown ones are ignored, as providers send what they like.
 *
 * @example
 * ```ts
 * import { Console, Effect, Redacted, Result } from "effect"
 * import { AuthorizationResponse } from "mcp-gas"
 *
 * const validated = (query: string) =>
 *   AuthorizationResponse.validate(new URLSearchParams(query), {
 *     state: Redacted.make("xyz"),
 *     issuer: { identifier: "https://accounts.example.com", required: true }
 *   })
 *
 * const shown = Result.match({
 *   onSuccess: ({ _tag }: AuthorizationResponse.AuthorizationResponse) => _tag,
 *   onFailure: (rejection) => rejection
 * })
 *
 * const program = Effect.gen(function*() {
 *   const iss = encodeURIComponent("https://accounts.example.com")
 *   yield* Console.log(shown(validated(`state=xyz&code=4%2Fabc&iss=${iss}`))) // → Code
 *   yield* Console.log(shown(validated(`state=xyz&error=access_denied&iss=${iss}`))) // → Refusal
 *   yield* Console.log(shown(validated("state=xyz&code=4%2Fabc"))) // → issuer_mismatch
 *   yield* Console.log(shown(validated(`state=zyx&code=4%2Fabc&iss=${iss}`))) // → state_mismatch
 * })
 *
 * await Effect.runPromise(program)
 * ```
 */
export const validate = (
  query: URLSearchParams,
  expected: ExpectedResponse
): Result.Result<AuthorizationResponse, CallbackRejection> => {
  const states = query.getAll("state")
  const [state] = states
  if (state === undefined) return Result.fail("state_missing")
  if (states.length > 1 || !constantTimeEqual(state, Redacted.value(expected.state))) {
    return Result.fail("state_mismatch")
  }
  if (responseParameters.some((name) => query.getAll(name).length > 1)) return Result.fail("parameter_repeated")
  const issuer = query.get("iss")
  if (issuer === null ? expected.issuer.required : issuer !== expected.issuer.identifier) {
    return Result.fail("issuer_mismatch")
  }
  const error = query.get("error")
  if (error !== null && error !== "") {
    return Result.succeed(
      AuthorizationResponse.Refusal({ error: worded(error), description: optionally(query.get("error_description")) })
    )
  }
  const code = query.get("code")
  if (code === null || code === "") return Result.fail("no_response")
  return Result.succeed(AuthorizationResponse.Code({ code: Redacted.make(code, { label: "authorization code" }) }))
}

/**
 * Accepts the address that a browser was sent to as the answer to one authorization request, or says why it is none: of
 * another page, or as `validate` does.
 */
export const fromRedirect = (
  redirectedUrl: Redacted.Redacted<string>,
  redirectUri: string,
  expected: ExpectedResponse
): Result.Result<AuthorizationResponse, CallbackRejection | "not_a_redirect"> => {
  const query = queryOf(Redacted.value(redirectedUrl), redirectUri)
  return query === undefined ? Result.fail("not_a_redirect") : validate(query, expected)
}
