/**
 * Google's words for what goes wrong. The provider's own errors are standard; clients that meet Google meet these.
 */
import { errors } from "oidc-provider"
import * as Scopes from "./LocalGoogleScopes.ts"

export interface ErrorReply {
  readonly status: number
  readonly body: Readonly<Record<string, string>>
}

const reply = (status: number, error: string, error_description: string): ErrorReply => ({
  status,
  body: { error, error_description }
})

const reauthDetail = "invalid_rapt"

/** What refreshing fails with while the organisation asks for a fresh sign-in; see `tokenReply`. */
export const reauthRequired = (): errors.InvalidGrant => new errors.InvalidGrant(reauthDetail)

const reauthReply: ErrorReply = {
  status: 400,
  body: {
    error: "invalid_grant",
    error_description: "reauth related error (invalid_rapt)",
    error_uri: "https://support.google.com/a/answer/9368756",
    error_subtype: "invalid_rapt"
  }
}

const invalidGrant = (grantType: unknown, detail: string | undefined): ErrorReply => {
  if (detail === reauthDetail) return reauthReply
  if (grantType === "refresh_token") return reply(400, "invalid_grant", "Token has been expired or revoked.")
  return reply(400, "invalid_grant", detail?.endsWith("not found") === true ? "Malformed auth code." : "Bad Request")
}

/** The token endpoint's answer to a request that failed; none where Google says what the provider says. */
export const tokenReply = (
  error: errors.OIDCProviderError,
  request: { readonly grantType: unknown; readonly hasSecret: boolean }
): ErrorReply | undefined => {
  switch (error.error) {
    case "invalid_client":
      return request.hasSecret
        ? reply(401, "invalid_client", "Unauthorized")
        : reply(400, "invalid_request", "client_secret is missing.")
    case "invalid_grant":
      return invalidGrant(request.grantType, error.error_detail)
    default:
      return undefined
  }
}

/** The userinfo endpoint's answer to a token it does not take. */
export const userinfoReply: ErrorReply = reply(401, "invalid_request", "Invalid Credentials")

/** The revocation endpoint's answer to a token it does not know. */
export const revokeReply: ErrorReply = reply(400, "invalid_token", "Token expired or revoked")

/** Refuses scopes that do not exist; Google shows that to the person and does not redirect. */
export const refuseInvalidScopes = (scope: unknown): void => {
  const invalid = Scopes.parse(typeof scope === "string" ? scope : "").filter((name) => !Scopes.isValid(name))
  if (invalid.length === 0) return
  const error = new errors.InvalidScope(
    `Some requested scopes were invalid. {invalid=[${invalid.join(", ")}]}`,
    invalid.join(" ")
  )
  error.allow_redirect = false
  throw error
}

/** What the person reads about an authorization request that cannot be answered with a redirect. */
export const refusal = (error: string, description: string | undefined): { error: string; detail: string } => {
  switch (error) {
    case "invalid_redirect_uri":
      return {
        error: "redirect_uri_mismatch",
        detail: "The redirect URI in the request is not a loopback address, the only kind this desktop client may use."
      }
    case "invalid_client":
      return { error, detail: "The OAuth client was not found." }
    default:
      return { error, detail: description ?? "The request is malformed." }
  }
}
