/**
 * Sessions, drafts and grants to put into slots.
 */
import { DateTime, Redacted } from "effect"
import { ProviderUnreachable, type TokenGrant } from "../../src/services/provider/AuthorizationServer.ts"
import { AccountKey } from "../../src/services/sign-in/AccountKey.ts"
import { Account, FlowId, Generation, SessionDraft, Tokens } from "../../src/services/sign-in/Session.ts"
import { EndedSession, type Slot, type SlotWrite, StoreUnavailable } from "../../src/services/storage/SessionStore.ts"

export const ada = AccountKey.make("ada@example.com")
export const grace = AccountKey.make("grace@example.com")

const minute = 60_000

/** When a token stops working, in minutes after the epoch, which is when a `TestClock` starts. */
const atMinute = (minutes: number) => DateTime.makeUnsafe(minutes * minute)

export interface DraftOptions {
  readonly accessToken?: string
  /** Null: the provider issued none. */
  readonly refreshToken?: string | null
  /** When the access token stops working, in minutes after the epoch. */
  readonly minutes?: number
  /** How long it lasts in all, in minutes; an hour unless said. */
  readonly lifetime?: number
  readonly name?: string
  /** The client it was issued to. */
  readonly clientId?: string
  /** Its own client's secret, for one that brings a client along; null for one whose client has no secret. */
  readonly ownSecret?: string | null
}

/** A sign-in of Ada's that is good for an hour. */
export const draft = (options: DraftOptions = {}): SessionDraft => {
  const { accessToken = "access-1", lifetime = 60, minutes = 60, name = "Ada", refreshToken = "refresh-1" } = options
  const { clientId = "a client", ownSecret } = options
  return new SessionDraft({
    account: new Account({ sub: "1", email: "ada@example.com", name }),
    tokens: new Tokens({
      accessToken: Redacted.make(accessToken),
      ...(refreshToken === null ? {} : { refreshToken: Redacted.make(refreshToken) }),
      issuedAt: atMinute(minutes - lifetime),
      expiresAt: atMinute(minutes),
      ...(ownSecret === undefined
        ? {}
        : { ownClient: ownSecret === null ? {} : { clientSecret: Redacted.make(ownSecret) } })
    }),
    grantedScopes: ["openid", "email"],
    clientId,
    flowId: FlowId.make("a flow"),
    signedInAt: atMinute(0)
  })
}

export const signIn = (options?: DraftOptions): SlotWrite => ({ _tag: "SignedIn", draft: draft(options) })

/** A sign-in of Ada's that ended without her asking for it. */
export const needsSignIn = (reason: EndedSession["reason"] = "revoked") => ({
  _tag: "NeedsSignIn" as const,
  ended: new EndedSession({ ...draft(), reason })
})

/** What a refresh was answered with. */
export const grant = (options: DraftOptions = {}): TokenGrant => {
  const { account, clientId, grantedScopes, tokens } = draft({
    accessToken: "access-2",
    refreshToken: null,
    minutes: 180,
    ...options
  })
  const { accessToken, expiresAt, refreshToken } = tokens
  return { account, clientId, grantedScopes, accessToken, refreshToken, expiresAt }
}

/** What a slot's tokens are, in the clear. */
export const tokensOf = (slot: Slot) =>
  slot.state._tag === "SignedIn"
    ? {
      access: Redacted.value(slot.state.session.tokens.accessToken),
      refresh: slot.state.session.tokens.refreshToken && Redacted.value(slot.state.session.tokens.refreshToken)
    }
    : undefined

export const generation = (value: number): Generation => Generation.make(value)

/** A refresh that got no answer; the provider has not acted on it unless said. */
export const away = (options: { readonly ambiguous?: boolean; readonly retryAfter?: number } = {}) =>
  new ProviderUnreachable({ operation: "refresh", problem: "no network", ambiguous: false, ...options })

export const unavailable = new StoreUnavailable({ problem: "the disk is full", remedy: "make room" })
