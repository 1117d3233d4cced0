/**
 * Any provider as an `AuthorizationServer`, by its issuer: OpenID Connect Discovery 1.0, or RFC 8414 where that is
 * not to be found.
 */
import { Cache, Duration, Effect, Exit, Layer } from "effect"
import type { Digest } from "effect/crypto"
import * as OAuth from "oauth4webapi"
import type { ClientMisconfigured, OAuthClient } from "../../services/config/Config.ts"
import { AuthorizationServer } from "../../services/provider/AuthorizationServer.ts"
import * as AuthorizationServerOAuth from "./AuthorizationServerOAuth.ts"
import * as OAuthErrors from "./OAuthErrors.ts"
import { OAuthFetch, trusting } from "./OAuthFetch.ts"

/** Which provider it is, and as which client it is asked. */
export interface Options {
  /** The issuer identifier, exactly as the provider spells it. `https:`, or `http:` on a loopback host. */
  readonly issuer: string
  /** The OAuth client, asked for whenever a request is made: it may change while the layer lives. */
  readonly client: Effect.Effect<OAuthClient, ClientMisconfigured>
  /** What the provider wants in an authorization request besides what the protocol asks for. */
  readonly authorizationParameters?: Readonly<Record<string, string>>
  /**
   * Whether a refresh may replace the refresh token; true unless said, since presenting a replaced one can end the grant.
   * No provider announces it.
   */
  readonly rotatesRefreshTokens?: boolean
}

/** What no sign-in can do without. */
const needed = ["authorization_endpoint", "token_endpoint"] as const

/**
 * Provides `AuthorizationServer`; needs `Digest` and `OAuthFetch`. The provider is discovered at the first call that
 * needs it; simultaneous ones share the request, and neither a failure nor metadata that no sign-in can do with is kept.
 */
export const layer = (options: Options): Layer.Layer<AuthorizationServer, never, Digest.Digest | OAuthFetch> =>
  Layer.effect(
    AuthorizationServer,
    Effect.gen(function*() {
      const { attempt } = yield* OAuthFetch
      const issuer = new URL(options.issuer)

      const discover = (algorithm: "oidc" | "oauth2") =>
        attempt(async (routed) =>
          OAuth.processDiscoveryResponse(
            issuer,
            await OAuth.discoveryRequest(issuer, {
              ...routed,
              algorithm,
              ...trusting(options.issuer)
            })
          )
        ).pipe(
          Effect.mapError(OAuthErrors.unreachableFor("discovery")),
          // Neither kept, nor found out only when somebody has consented.
          Effect.tap((server) => {
            const missing = needed.find((member) => server[member] === undefined)
            return missing === undefined ? Effect.void : Effect.fail(OAuthErrors.lacking(missing))
          })
        )

      const discovered = yield* Cache.makeWith(
        (_issuer: string) =>
          discover("oidc").pipe(
            Effect.catch((error) => Effect.mapError(discover("oauth2"), () => error))
          ),
        { capacity: 1, timeToLive: (exit) => Exit.isSuccess(exit) ? Duration.infinity : Duration.zero }
      )

      return yield* AuthorizationServerOAuth.make({
        issuer: options.issuer,
        client: options.client,
        authorizationParameters: options.authorizationParameters ?? {},
        rotatesRefreshTokens: options.rotatesRefreshTokens ?? true,
        metadata: Cache.get(discovered, options.issuer)
      })
    })
  )
