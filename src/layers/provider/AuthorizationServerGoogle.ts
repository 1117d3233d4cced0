/**
 * Google as an `AuthorizationServer`, its metadata built in so that nothing has to be discovered.
 *
 * Source: https://developers.google.com/identity/protocols/oauth2/native-app and
 * https://developers.google.com/identity/openid-connect/reference.
 */
import { Effect, Layer } from "effect"
import type { Digest } from "effect/crypto"
import type * as OAuth from "oauth4webapi"
import type { ClientMisconfigured, OAuthClient } from "../../services/config/Config.ts"
import { AuthorizationServer } from "../../services/provider/AuthorizationServer.ts"
import * as AuthorizationServerOAuth from "./AuthorizationServerOAuth.ts"
import type { OAuthFetch } from "./OAuthFetch.ts"

/**
 * What Google needs to issue a refresh token: `offline` allows one, and `consent` makes it come with every sign-in and
 * not only with the very first one of an account.
 */
export const authorizationParameters = { access_type: "offline", prompt: "consent" }

/** Google's issuer identifier. */
export const issuer = "https://accounts.google.com"

/** Google announces no `authorization_response_iss_parameter_supported`, and sends `iss` to some people all the same. */
const metadata: OAuth.AuthorizationServer = {
  issuer,
  authorization_endpoint: "https://accounts.google.com/o/oauth2/v2/auth",
  token_endpoint: "https://oauth2.googleapis.com/token",
  revocation_endpoint: "https://oauth2.googleapis.com/revoke",
  userinfo_endpoint: "https://openidconnect.googleapis.com/v1/userinfo",
  jwks_uri: "https://www.googleapis.com/oauth2/v3/certs",
  id_token_signing_alg_values_supported: ["RS256"]
}

/** As which client Google is asked. */
export interface Options {
  /** The OAuth client, asked for whenever a request is made: it may change while the layer lives. */
  readonly client: Effect.Effect<OAuthClient, ClientMisconfigured>
}

/** Provides `AuthorizationServer`; needs `Digest` and `OAuthFetch`. Touches no network until a call needs it. */
export const layer = (options: Options): Layer.Layer<AuthorizationServer, never, Digest.Digest | OAuthFetch> =>
  Layer.effect(
    AuthorizationServer,
    AuthorizationServerOAuth.make({
      ...options,
      issuer,
      authorizationParameters,
      rotatesRefreshTokens: false,
      metadata: Effect.succeed(metadata)
    })
  )
