/**
 * `AuthorizationServer` for any provider of OAuth 2 (RFC 6749) with PKCE (RFC 7636), on `oauth4webapi`.
 */
import { DateTime, Effect, Option, Redacted } from "effect"
import { Digest } from "effect/crypto"
import { Base64Url } from "effect/encoding"
import * as OAuth from "oauth4webapi"
import type { ClientMisconfigured, OAuthClient } from "../../services/config/Config.ts"
import { isSecureUrl } from "../../services/config/LoopbackHost.ts"
import {
  type AuthorizationRequest,
  AuthorizationServer,
  type ProviderUnreachable,
  type TokenGrant
} from "../../services/provider/AuthorizationServer.ts"
import { Account } from "../../services/sign-in/Session.ts"
import * as OAuthErrors from "./OAuthErrors.ts"
import { OAuthFetch, trusting } from "./OAuthFetch.ts"

/** A provider and the client that speaks to it. */
export interface Provider {
  /** Its identifier, which is known before its metadata is. */
  readonly issuer: string
  /** The provider's metadata (RFC 8414), built in or discovered; asked for by every call. */
  readonly metadata: Effect.Effect<OAuth.AuthorizationServer, ProviderUnreachable | ClientMisconfigured>
  /** Asked for by every call, so that a client that was put right counts at once. */
  readonly client: Effect.Effect<OAuthClient, ClientMisconfigured>
  /** What this provider wants in an authorization request besides what the protocol asks for. */
  readonly authorizationParameters: Readonly<Record<string, string>>
  /** Whether a refresh may replace the refresh token. */
  readonly rotatesRefreshTokens: boolean
}

/** How long an access token is taken to last when the provider does not say (RFC 6749 section 5.1). */
const assumedLifetimeSeconds = 3600

/** More than any access token lasts, and still a moment that can be written down. */
const longestLifetimeSeconds = 10 * 365 * 24 * 3600

/** Seconds by which this machine's clock may differ from the provider's when an ID token's times are checked. */
const clockToleranceSeconds = 300

const accountOf = (claims: Readonly<Record<string, unknown>> | undefined): Account => {
  const text = (name: string) => {
    const value = claims?.[name]
    return typeof value === "string" ? { [name]: value } : {}
  }
  return new Account({ ...text("sub"), ...text("email"), ...text("name") })
}

const authenticationOf = (client: OAuthClient): OAuth.ClientAuth =>
  Option.match(client.clientSecret, {
    onNone: () => OAuth.None(),
    onSome: (secret) => OAuth.ClientSecretPost(Redacted.value(secret))
  })

/** Makes the service for `provider`; needs what hashes the code challenge and what carries the requests. */
export const make = Effect.fnUntraced(function*(provider: Provider) {
  const digest = yield* Digest.Digest
  const { attempt } = yield* OAuthFetch

  /** `as`: another client than the configured one. */
  const parties = Effect.fnUntraced(function*(as?: OAuthClient) {
    const server = yield* provider.metadata
    const client = as ?? (yield* provider.client)
    const public_: OAuth.Client = { client_id: client.clientId, [OAuth.clockTolerance]: clockToleranceSeconds }
    return {
      server,
      client: public_,
      authentication: authenticationOf(client),
      secrets: Option.toArray(client.clientSecret)
    }
  })

  const grantOf = Effect.fnUntraced(function*(
    clientId: string,
    asked: ReadonlyArray<string>,
    tokens: OAuth.TokenEndpointResponse
  ) {
    const seconds = Math.min(tokens.expires_in ?? assumedLifetimeSeconds, longestLifetimeSeconds)
    const grant: TokenGrant = {
      accessToken: Redacted.make(tokens.access_token, { label: "access token" }),
      refreshToken: tokens.refresh_token === undefined
        ? undefined
        : Redacted.make(tokens.refresh_token, { label: "refresh token" }),
      expiresAt: DateTime.add(yield* DateTime.now, { seconds }),
      grantedScopes: tokens.scope === undefined ? asked : tokens.scope.split(" ").filter((scope) => scope !== ""),
      account: accountOf(OAuth.getValidatedIdTokenClaims(tokens)),
      clientId
    }
    return grant
  })

  const responseIssuer = Effect.map(provider.metadata, (server) => ({
    identifier: server.issuer,
    required: server.authorization_response_iss_parameter_supported === true
  }))

  const authorizationUrl = Effect.fn("AuthorizationServer.authorizationUrl")(function*(request: AuthorizationRequest) {
    const { client, server } = yield* parties()
    const url = URL.parse(server.authorization_endpoint ?? "")
    if (url === null || !isSecureUrl(url)) return yield* OAuthErrors.lacking("usable authorization_endpoint")
    const challenge = yield* digest.digest(
      Digest.sha256,
      new TextEncoder().encode(Redacted.value(request.codeVerifier))
    )
    const parameters = {
      response_type: "code",
      client_id: client.client_id,
      redirect_uri: request.redirectUri,
      scope: request.scopes.join(" "),
      state: Redacted.value(request.state),
      code_challenge: Base64Url.encode(challenge),
      code_challenge_method: "S256",
      ...provider.authorizationParameters,
      ...(request.loginHint === undefined ? {} : { login_hint: request.loginHint })
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    return url.href
  })

  const exchange = Effect.fn("AuthorizationServer.exchange")(function*(
    request: AuthorizationRequest,
    code: Redacted.Redacted<string>
  ) {
    const { authentication, client, secrets, server } = yield* parties().pipe(
      Effect.catchTag("ProviderUnreachable", (error) => Effect.fail(OAuthErrors.notSent(error)))
    )
    const state = Redacted.value(request.state)
    const tokens = yield* attempt(async (routed) => {
      // Both were validated when the response came in; this is the only door to the exchange that oauth4webapi has.
      const response = new URLSearchParams({ code: Redacted.value(code), state, iss: server.issuer })
      const parameters = OAuth.validateAuthResponse(server, client, response, state)
      return OAuth.processAuthorizationCodeResponse(
        server,
        client,
        await OAuth.authorizationCodeGrantRequest(
          server,
          client,
          authentication,
          parameters,
          request.redirectUri,
          Redacted.value(request.codeVerifier),
          { ...routed, ...trusting(server.token_endpoint) }
        )
      )
    }).pipe(
      Effect.mapError(OAuthErrors.exchangeFailed([...secrets, code, request.codeVerifier, request.state]))
    )
    return yield* grantOf(client.client_id, request.scopes, tokens)
  })

  const refresh = Effect.fn("AuthorizationServer.refresh")(function*(
    refreshToken: Redacted.Redacted<string>,
    scopes: ReadonlyArray<string>,
    as?: OAuthClient
  ) {
    const { authentication, client, secrets, server } = yield* parties(as)
    const tokens = yield* attempt(async (routed) =>
      OAuth.processRefreshTokenResponse(
        server,
        client,
        await OAuth.refreshTokenGrantRequest(server, client, authentication, Redacted.value(refreshToken), {
          ...routed,
          ...trusting(server.token_endpoint)
        })
      )
    ).pipe(Effect.mapError(OAuthErrors.notRefreshed([...secrets, refreshToken], as)))
    return yield* grantOf(client.client_id, scopes, tokens)
  })

  const revoke = Effect.fn("AuthorizationServer.revoke")(function*(
    token: Redacted.Redacted<string>,
    as?: OAuthClient
  ) {
    const { authentication, client, secrets, server } = yield* parties(as)
    if (server.revocation_endpoint === undefined) return
    yield* attempt(async (routed) =>
      OAuth.processRevocationResponse(
        await OAuth.revocationRequest(server, client, authentication, Redacted.value(token), {
          ...routed,
          ...trusting(server.revocation_endpoint)
        })
      )
    ).pipe(
      Effect.catchIf(OAuthErrors.isWorthless, () => Effect.void),
      Effect.mapError(OAuthErrors.unreachable("revoke", [...secrets, token], as))
    )
  })

  const userinfo = Effect.fn("AuthorizationServer.userinfo")(function*(grant: TokenGrant) {
    const server = yield* provider.metadata
    // The access token speaks for itself: the configured client has no part in this, and may be another one or none.
    const client: OAuth.Client = { client_id: grant.clientId, [OAuth.clockTolerance]: clockToleranceSeconds }
    if (server.userinfo_endpoint === undefined) return grant.account
    const claims = yield* attempt(async (routed) =>
      OAuth.processUserInfoResponse(
        server,
        client,
        grant.account.sub ?? OAuth.skipSubjectCheck,
        await OAuth.userInfoRequest(server, client, Redacted.value(grant.accessToken), {
          ...routed,
          ...trusting(server.userinfo_endpoint)
        })
      ), "3 seconds").pipe(Effect.mapError(OAuthErrors.unreachableFor("userinfo")))
    return new Account({ ...grant.account, ...accountOf(claims) })
  })

  const clientId = Effect.map(provider.client, (client) => client.clientId)

  return AuthorizationServer.of({
    issuer: provider.issuer,
    clientId,
    responseIssuer,
    authorizationUrl,
    exchange,
    rotatesRefreshTokens: provider.rotatesRefreshTokens,
    refresh,
    revoke,
    userinfo
  })
})
