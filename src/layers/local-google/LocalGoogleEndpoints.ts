/**
 * Where Google's endpoints are, and which of them a request is for.
 */
import type { LocalEndpoint, LocalGoogleCounts } from "../../services/local-google/LocalGoogle.ts"
import * as Scopes from "./LocalGoogleScopes.ts"

export const paths = {
  authorize: "/o/oauth2/v2/auth",
  token: "/token",
  revoke: "/revoke",
  userinfo: "/v1/userinfo",
  certs: "/oauth2/v3/certs",
  discovery: "/.well-known/openid-configuration",
  consent: "/signin/oauth/consent"
} as const

/** The endpoint at a path; none for pages and keys, which know neither faults nor counts. */
export const endpointOf = (path: string): LocalEndpoint | undefined => {
  switch (path) {
    case paths.authorize:
      return "authorize"
    case paths.token:
      return "token"
    case paths.userinfo:
      return "userinfo"
    case paths.revoke:
      return "revoke"
    default:
      return path.startsWith("/.well-known/") ? "discovery" : undefined
  }
}

/** What a request to an endpoint counts as. */
export const countOf = (endpoint: LocalEndpoint, grantType: string | null): keyof LocalGoogleCounts | undefined => {
  switch (endpoint) {
    case "authorize":
      return "authorizations"
    case "userinfo":
      return "userinfos"
    case "revoke":
      return "revocations"
    case "discovery":
      return "discoveries"
    case "token":
      if (grantType === "authorization_code") return "exchanges"
      return grantType === "refresh_token" ? "refreshes" : undefined
  }
}

/** Google takes the short names of scopes and answers with the long ones: within, there are only these. */
export const lengthenScopes = (url: URL, form: URLSearchParams): void => {
  for (const [path, parameters] of [[paths.authorize, url.searchParams], [paths.token, form]] as const) {
    const scope = url.pathname === path ? parameters.get("scope") : null
    if (scope !== null) parameters.set("scope", Scopes.parse(scope).join(" "))
  }
}
