/**
 * The provider (RFC 6749's authorization server) as this package needs it. Every call ends by itself within a bounded
 * time, so that it may be made where nothing can be interrupted.
 */
import { Context, type DateTime, type Effect, type Redacted, Schema } from "effect"
import type { ClientMisconfigured, OAuthClient } from "../config/Config.ts"
import type { Explained } from "../Explained.ts"
import type { Account } from "../sign-in/Session.ts"
import type { ResponseIssuer } from "./AuthorizationResponse.ts"

/**
 * The provider did not answer, or not in a way that means anything: network, time-out, 5xx, 429, a captive portal. It
 * says nothing about the person: a stored session is kept.
 */
export class ProviderUnreachable extends Schema.TaggedError<ProviderUnreachable>()("ProviderUnreachable", {
  /** What was being done: `discovery`, `refresh`, `userinfo`, `revoke`. */
  operation: Schema.String,
  /** One sentence without secrets. */
  problem: Schema.String,
  /** Seconds the provider asked to wait (`Retry-After`), if it did. */
  retryAfter: Schema.optionalKey(Schema.Finite),
  /** Whether the provider may have acted on the request all the same. */
  ambiguous: Schema.Boolean
}) implements Explained {
  readonly code = "provider_unreachable"
  override get message(): string {
    return this.problem
  }
  get remedy(): string {
    const when = this.retryAfter === undefined ? "once the network is back" : `in ${this.retryAfter} s`
    return `Try again ${when}; a stored sign-in is kept.`
  }
}

/** The authorization code could not be turned into tokens. The code is spent or lost; nothing was stored. */
export class ExchangeFailed extends Schema.TaggedError<ExchangeFailed>()("ExchangeFailed", {
  /** The provider's error code, or `network`, `timeout`, `malformed_response`. */
  error: Schema.String,
  /** The provider's own words for it, if it has any (`error_description`). */
  description: Schema.optionalKey(Schema.String),
  /** Whether the provider may have issued tokens that never arrived: the request was sent, no clear answer came. */
  ambiguous: Schema.Boolean
}) implements Explained {
  readonly code = "exchange_failed"
  override get message(): string {
    const detail = this.description === undefined ? this.error : `${this.error}: ${this.description}`
    return this.ambiguous
      ? `The provider was asked for tokens but gave no clear answer (${detail}); it may have issued some.`
      : `The provider refused to exchange the authorization code (${detail}).`
  }
  get remedy(): string {
    return "Start the sign-in again; a code works only once, so this one is never sent a second time."
  }
}

/** The provider no longer accepts the refresh token (`invalid_grant`, RFC 6749 section 5.2). */
export class RefreshRejected extends Schema.TaggedError<RefreshRejected>()("RefreshRejected", {
  /** `reauth_policy`: the organisation asks for a fresh sign-in (`invalid_rapt`); `revoked`: anything else. */
  reason: Schema.Literals(["revoked", "reauth_policy"]),
  /** The provider's own words for it, if it has any (`error_description`). */
  description: Schema.optionalKey(Schema.String)
}) {}

/** Tokens as the provider issued them. */
export interface TokenGrant {
  /** What a resource is called with (RFC 6750). */
  readonly accessToken: Redacted.Redacted<string>
  /** Absent when the provider sent none; whoever holds an older one keeps it. */
  readonly refreshToken: Redacted.Redacted<string> | undefined
  /** When the access token stops working, by the `Clock` of this machine. */
  readonly expiresAt: DateTime.Utc
  /** Scopes the provider says it granted; when it says nothing, those that were asked for (RFC 6749 section 5.1). */
  readonly grantedScopes: ReadonlyArray<string>
  /** Who consented, as far as the ID token says. */
  readonly account: Account
  /** The client they were issued to. */
  readonly clientId: string
}

/** The authorization request of one flow (RFC 6749 section 4.1.1, RFC 7636 section 4.3). */
export interface AuthorizationRequest {
  /** Where the browser is sent with the response: the loopback listener of the flow (RFC 8252 section 7.3). */
  readonly redirectUri: string
  /** What the person is asked to grant (RFC 6749 section 3.3). */
  readonly scopes: ReadonlyArray<string>
  /** Returned by the provider with the response, and the only thing that makes it the answer to this request. */
  readonly state: Redacted.Redacted<string>
  /**
   * The secret that proves at the exchange who made the request; what is sent with the request is its hash (RFC
   * 7636).
   */
  readonly codeVerifier: Redacted.Redacted<string>
  /** The account the person is expected to choose, if the caller named one. */
  readonly loginHint: string | undefined
}

/**
 * The provider that people sign in to. An implementation never tries a request again by itself, and never logs a
 * code, a verifier or a token.
 */
export class AuthorizationServer extends Context.Service<AuthorizationServer, {
  /** The issuer that responses may, or must, name (RFC 9207); discovers the provider where that is needed. */
  readonly responseIssuer: Effect.Effect<ResponseIssuer, ProviderUnreachable | ClientMisconfigured>
  /** The URL a person has to visit: PKCE with S256, and what the provider needs to issue a refresh token. */
  readonly authorizationUrl: (
    request: AuthorizationRequest
  ) => Effect.Effect<string, ProviderUnreachable | ClientMisconfigured>
  /** Exchanges a code: one POST at most, whatever the network does (RFC 6749 section 4.1.3). */
  readonly exchange: (
    request: AuthorizationRequest,
    code: Redacted.Redacted<string>
  ) => Effect.Effect<TokenGrant, ExchangeFailed | ClientMisconfigured>
  /** The issuer identifier (RFC 8414 section 2): sessions keep it, and what another one has issued is not sent here. */
  readonly issuer: string
  /** The configured client, as which requests are made unless said (`client_id`); it can change while the process runs. */
  readonly clientId: Effect.Effect<string, ClientMisconfigured>
  /**
   * Whether a refresh may replace the refresh token. Such a provider takes a token that is sent twice for a stolen one,
   * and ends the whole grant (RFC 9700 section 4.14.2).
   */
  readonly rotatesRefreshTokens: boolean
  /**
   * One refresh POST (RFC 6749 section 6). Whether and when to try again is the caller's to decide. `as`: the client that
   * the token was issued to, if that is not the configured one, which is not asked for then.
   */
  readonly refresh: (
    refreshToken: Redacted.Redacted<string>,
    scopes: ReadonlyArray<string>,
    as?: OAuthClient
  ) => Effect.Effect<TokenGrant, RefreshRejected | ProviderUnreachable | ClientMisconfigured>
  /**
   * Revokes a token and, at most providers, the grant behind it (RFC 7009). Succeeds where there is no such endpoint. `as` as
   * in `refresh`.
   */
  readonly revoke: (
    token: Redacted.Redacted<string>,
    as?: OAuthClient
  ) => Effect.Effect<void, ProviderUnreachable | ClientMisconfigured>
  /**
   * Who consented to a grant: the userinfo endpoint's answer (OpenID Connect Core section 5.3) over what the ID token
   * said; the latter alone where there is no such endpoint. Ends within three seconds: a person is waiting, and what
   * the ID token says will do.
   */
  readonly userinfo: (grant: TokenGrant) => Effect.Effect<Account, ProviderUnreachable | ClientMisconfigured>
}>()("mcp-gas/services/provider/AuthorizationServer") {}
