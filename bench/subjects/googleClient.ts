/**
 * `google-auth-library` with a session that it was given, at the world's provider.
 */
import { OAuth2Client } from "google-auth-library"
import { clientId, clientSecret } from "../world/provider.ts"

/** A client whose access token lasts until then. */
export const make = (origin: string, expiryDate: number): OAuth2Client => {
  const client = new OAuth2Client({
    clientId,
    clientSecret,
    endpoints: { oauth2AuthBaseUrl: `${origin}/authorize`, oauth2TokenUrl: `${origin}/token` }
  })
  client.setCredentials({
    access_token: `access-${"x".repeat(190)}`,
    refresh_token: "refresh-of-google",
    expiry_date: expiryDate
  })
  return client
}

/** So many callers at once, each of whom waits for the token. */
export const callers = (client: OAuth2Client, count: number): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, () => client.getAccessToken()))
