/**
 * Where a provider sends the browser that visited an authorization URL (RFC 6749 section 4.1.2).
 */

/** The redirect URI of this authorization request, with its own `state` and these parameters. */
export const redirected = (authorizationUrl: string, parameters: Readonly<Record<string, string>>): string => {
  const asked = new URL(authorizationUrl).searchParams
  const query = new URLSearchParams({ state: asked.get("state") ?? "", ...parameters })
  return `${asked.get("redirect_uri")}?${query}`
}
