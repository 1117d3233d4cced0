/**
 * What a finished sign-in leaves behind. Plain data: who signed in, what was granted, and the tokens (`Redacted`).
 */
import { Clock, DateTime, Effect, Option, Redacted, Schema, SchemaGetter } from "effect"
import type { OAuthClient } from "../config/Config.ts"
import { AccountKey } from "./AccountKey.ts"

/** Identifies one sign-in attempt; safe to log and to show. */
export const FlowId = Schema.String.check(Schema.isNonEmpty()).pipe(Schema.brand("FlowId"))
export type FlowId = typeof FlowId.Type

/**
 * Counts the writes to a slot, sign-outs included; 0 is a slot nobody ever wrote. Every write names the generation it
 * has read and fails if the slot has moved on.
 */
export const Generation = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).pipe(Schema.brand("Generation"))
export type Generation = typeof Generation.Type

/** Who consented, as far as the provider says: nothing at all from a provider without identity. */
export class Account extends Schema.Class<Account>("mcp-gas/Account")({
  /** The provider's stable identifier (`sub`, OpenID Connect Core section 2). */
  sub: Schema.optionalKey(Schema.String),
  /** Their address (`email`); no identifier, since it may change hands. */
  email: Schema.optionalKey(Schema.String),
  /** What they are called (`name`). */
  name: Schema.optionalKey(Schema.String)
}) {}

/** A secret under its name; whatever it was called by whoever issued it, it is taken. */
const secret = (label: string) =>
  Schema.NonEmptyString.pipe(
    Schema.decodeTo(Schema.Redacted(Schema.NonEmptyString), {
      decode: SchemaGetter.transform((text) => Redacted.make(text, { label })),
      encode: SchemaGetter.transform(Redacted.value)
    })
  )

/** The tokens of a session. They print as `<redacted:…>` everywhere but in the store's own encoding. */
export class Tokens extends Schema.Class<Tokens>("mcp-gas/Tokens")({
  /** What a resource is called with (RFC 6750). */
  accessToken: secret("access token"),
  /** What new access tokens are got with (RFC 6749 section 6); absent: the session ends with its access token. */
  refreshToken: Schema.optionalKey(secret("refresh token")),
  /** When they came, by this machine's clock. */
  issuedAt: Schema.DateTimeUtcFromMillis,
  /** When the access token stops working. */
  expiresAt: Schema.DateTimeUtcFromMillis,
  /**
   * The client they were issued to, where it is not the configuration that says how to act as it: tokens that were
   * imported bring theirs, its secret if it has one. A refresh keeps it.
   */
  ownClient: Schema.optionalKey(Schema.Struct({ clientSecret: Schema.optionalKey(secret("client secret")) }))
}) {}

/** A session before it has a place in a slot: what the exchange of a code, or a refresh, produced. */
export class SessionDraft extends Schema.Class<SessionDraft>("mcp-gas/SessionDraft")({
  /** Who consented. */
  account: Account,
  /** What was issued. */
  tokens: Tokens,
  /** Scopes the provider says it granted; may be fewer than were asked for. */
  grantedScopes: Schema.Array(Schema.String),
  /** The OAuth client the tokens were issued to, be it the configured one or their own; no other can refresh them. */
  clientId: Schema.String,
  /** Who issued them (`AuthorizationServer.issuer`), to whom alone they are sent; absent: the configured one. */
  issuer: Schema.optionalKey(Schema.String),
  /** The sign-in these tokens go back to; a refresh keeps it. */
  flowId: FlowId,
  /** When the person consented, or, where nobody knows, when the session was imported; a refresh keeps it. */
  signedInAt: Schema.DateTimeUtcFromMillis
}) {}

/** The client that a session brings along, which renews and revokes its tokens; none: the configured one does. */
export const ownClient = ({ clientId, tokens }: SessionDraft): OAuthClient | undefined =>
  tokens.ownClient && { clientId, clientSecret: Option.fromUndefinedOr(tokens.ownClient.clientSecret) }

/** Whether its tokens are those of this issuer. */
export const isIssuedBy = (session: SessionDraft, issuer: string): boolean =>
  session.issuer === undefined || session.issuer === issuer

/** A stored session: a draft with its slot's key and the generation that wrote it. */
export class Session extends SessionDraft.extend<Session>("mcp-gas/Session")({
  /** The slot it is in. */
  key: AccountKey,
  /** The write that put it there. */
  generation: Generation
}) {}

/** Milliseconds below which an access token counts as expired, since a call made with it must still be on time. */
const mandatoryWindow = 2 * 60_000

/** Milliseconds below which an access token is renewed while it is still handed out. */
const advisoryWindow = 10 * 60_000

/** How many milliseconds a clock may be set back before what it says of a token's age is taken for nothing. */
const clockTolerance = 60_000

/**
 * What is to be done about an access token: nothing (`fresh`); renew it, there is time (`aging`, the last ten minutes);
 * renew it first (`stale`, the last two, or none left).
 */
export type Freshness = "fresh" | "aging" | "stale"

/**
 * How fresh the access token is at a moment, in milliseconds since 1970. One that lasts less than twenty minutes ages after half of
 * its life and is stale in its last tenth. A token from the future says that the clock was set back, and counts as stale. One that
 * cannot be renewed is fresh to its very end.
 */
export const freshnessAt = ({ tokens }: SessionDraft, now: number): Freshness => {
  const expiresAt = DateTime.toEpochMillis(tokens.expiresAt)
  const issuedAt = DateTime.toEpochMillis(tokens.issuedAt)
  const left = expiresAt - now
  if (tokens.refreshToken === undefined) return left > 0 ? "fresh" : "stale"
  if (now + clockTolerance < issuedAt) return "stale"
  const lifetime = expiresAt - issuedAt
  if (left <= Math.min(mandatoryWindow, lifetime / 10)) return "stale"
  return left <= Math.min(advisoryWindow, lifetime / 2) ? "aging" : "fresh"
}

/** How fresh the access token is by the `Clock`. */
export const freshness = (session: SessionDraft): Effect.Effect<Freshness> =>
  Effect.map(Clock.currentTimeMillis, (now) => freshnessAt(session, now))

/** Whether the access token can be handed out as it is. */
export const isUsable = (session: SessionDraft): Effect.Effect<boolean> =>
  Effect.map(freshness(session), (age) => age !== "stale")
