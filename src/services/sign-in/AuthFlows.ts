/**
 * Sign-in attempts: however many callers ask at once, one flow, one browser tab, one code exchange, one answer.
 */
import { Context, type DateTime, type Effect, type Option, Schema } from "effect"
import type { ClientMisconfigured } from "../config/Config.ts"
import type { Explained } from "../Explained.ts"
import type { ExchangeFailed, ProviderUnreachable } from "../provider/AuthorizationServer.ts"
import type { StoreUnavailable } from "../storage/SessionStore.ts"
import { AccountKey } from "./AccountKey.ts"
import type { CallbackUnavailable } from "./CallbackServer.ts"
import type { Account, FlowId, Session } from "./Session.ts"

/** The person said no (`access_denied`). */
export class ConsentDenied extends Schema.TaggedError<ConsentDenied>()("ConsentDenied", {}) implements Explained {
  readonly code = "consent_denied"
  override get message(): string {
    return "The sign-in was declined on the consent page."
  }
  get remedy(): string {
    return "If that was not intended, start the sign-in again and choose Allow."
  }
}

/** The provider refused for a reason other than the person's no (RFC 6749 section 4.1.2.1). */
export class AuthorizationRefused extends Schema.TaggedError<AuthorizationRefused>()("AuthorizationRefused", {
  /** The provider's error code. */
  error: Schema.String,
  description: Schema.optionalKey(Schema.String)
}) implements Explained {
  readonly code = "authorization_refused"
  override get message(): string {
    const detail = this.description === undefined ? this.error : `${this.error}: ${this.description}`
    return `The provider refused the sign-in (${detail}).`
  }
  get remedy(): string {
    switch (this.error) {
      case "server_error":
      case "temporarily_unavailable":
        return "Try again in a few minutes."
      case "invalid_scope":
        return "Check the scopes in MCP_GAS_SCOPES."
      case "admin_policy_enforced":
      case "org_internal":
        return "Ask the administrator of the account's organisation to allow this OAuth client."
      default:
        return "Check that the OAuth client is of the Desktop kind and that the account may use it, then start again."
    }
  }
}

/** The person took longer than the flow allows. */
export class FlowTimedOut extends Schema.TaggedError<FlowTimedOut>()("FlowTimedOut", {
  /** How long the flow had waited. */
  after: Schema.Duration
}) implements Explained {
  readonly code = "flow_timed_out"
  override get message(): string {
    return "Nobody finished the sign-in in time, so it has ended and its address no longer works."
  }
  get remedy(): string {
    return "Start the sign-in again. If the browser showed an error instead of the consent page, that error is the " +
      "reason: an account that is not a test user, a policy of its organisation, or a wrong OAuth client."
  }
}

/** The flow was ended from outside before the person finished. */
export class FlowCancelled extends Schema.TaggedError<FlowCancelled>()("FlowCancelled", {
  by: Schema.Literals(["cancel", "logout", "shutdown"])
}) implements Explained {
  readonly code = "flow_cancelled"
  override get message(): string {
    switch (this.by) {
      case "cancel":
        return "The sign-in was cancelled."
      case "logout":
        return "The account was signed out while its sign-in was under way, so nothing was stored."
      case "shutdown":
        return "The server stopped while the sign-in was under way."
    }
  }
  get remedy(): string {
    return "Start the sign-in again when you want to."
  }
}

/** The person consented to less than was asked for. Nothing was stored. */
export class ScopesMissing extends Schema.TaggedError<ScopesMissing>()("ScopesMissing", {
  missing: Schema.NonEmptyArray(Schema.String),
  granted: Schema.Array(Schema.String)
}) implements Explained {
  readonly code = "scopes_missing"
  override get message(): string {
    return `These permissions were not granted: ${this.missing.join(", ")}.`
  }
  get remedy(): string {
    return "Start the sign-in again and tick every box, or ask for less with MCP_GAS_SCOPES."
  }
}

/** The slot is named after an email address and another account consented. Nothing was stored. */
export class AccountMismatch extends Schema.TaggedError<AccountMismatch>()("AccountMismatch", {
  expected: AccountKey,
  /** Who consented; absent if the provider did not say. */
  actual: Schema.optionalKey(Schema.String)
}) implements Explained {
  readonly code = "account_mismatch"
  override get message(): string {
    return this.actual === undefined
      ? `The provider did not say who consented, so it could not be confirmed as ${this.expected}.`
      : `${this.actual} consented, but the sign-in was for ${this.expected}.`
  }
  get remedy(): string {
    return `Start again and choose ${this.expected}, or sign the other account in under its own name.`
  }
}

/** `complete` was given something that is not the answer to the pending flow. The flow goes on. */
export class NotThisSignIn extends Schema.TaggedError<NotThisSignIn>()("NotThisSignIn", {
  reason: Schema.Literals(["no_pending_flow", "not_a_redirect", "other_sign_in"])
}) implements Explained {
  readonly code = "not_this_sign_in"
  override get message(): string {
    switch (this.reason) {
      case "no_pending_flow":
        return "No sign-in is under way for this account."
      case "not_a_redirect":
        return "That is not the address of the page the sign-in ended on."
      case "other_sign_in":
        return "That address belongs to another sign-in, or was altered."
    }
  }
  get remedy(): string {
    return this.reason === "no_pending_flow"
      ? "Start a sign-in first."
      : "Copy the whole address from the browser's address bar after consenting; it begins with http://127.0.0.1 and holds code and state."
  }
}

/** Why a flow did not begin. */
export type FlowNotStarted = CallbackUnavailable | ClientMisconfigured | ProviderUnreachable | StoreUnavailable

/** How a flow can end other than with a session; a flow that never opened ends with `FlowNotStarted`. */
export type FlowFailure =
  | ConsentDenied
  | AuthorizationRefused
  | FlowTimedOut
  | FlowCancelled
  | ExchangeFailed
  | ScopesMissing
  | AccountMismatch
  | FlowNotStarted

/** One sign-in attempt, as everybody who joined it sees it. */
export interface AuthFlow {
  readonly id: FlowId
  readonly key: AccountKey
  /** Where the person has to go. It carries `state`: show it to the person, keep it out of logs. */
  readonly authorizationUrl: string
  readonly redirectUri: string
  readonly startedAt: DateTime.Utc
  readonly expiresAt: DateTime.Utc
  /**
   * Settles exactly once, the same for everybody. Waiting is interruptible and leaves the flow alone. When it settles
   * by time-out, cancellation or logout, the listener already refuses connections.
   */
  readonly outcome: Effect.Effect<Session, FlowFailure>
  /** What became of opening a browser so far; returns at once. That one opened is no proof that anybody sees it. */
  readonly shown: Effect.Effect<"not_asked" | "asked" | "opened" | "failed">
}

/** What `start` found or did. */
export type Started =
  | { readonly _tag: "AlreadyAuthenticated"; readonly session: Session }
  /** This caller began the flow. */
  | { readonly _tag: "Began"; readonly flow: AuthFlow }
  /** The flow was pending already. */
  | { readonly _tag: "Joined"; readonly flow: AuthFlow }

/** What `cancel` found or did. */
export type Cancelled =
  | { readonly _tag: "NothingPending" }
  /** The flow is over and its listener refuses connections. */
  | { readonly _tag: "Cancelled"; readonly flowId: FlowId }
  /** The person had finished already: the flow ended by itself, with its own outcome. */
  | { readonly _tag: "Finished"; readonly flowId: FlowId }

/** What `logout` did. */
export interface LoggedOut {
  /** Who was signed in, if anybody was. */
  readonly was: Option.Option<Account>
  /** What became of a pending flow. */
  readonly flow: Cancelled
  /** Whether the provider confirmed that the tokens are revoked; none if there were none. */
  readonly revoked: Option.Option<boolean>
}

export interface StartOptions {
  /** Whether the person's browser is to open. It does so once per flow, for the first caller who wants it. */
  readonly openBrowser: boolean
}

export class AuthFlows extends Context.Service<AuthFlows, {
  /**
   * Answers with the session if there is a usable one (refreshing it if need be), else joins the key's pending flow,
   * else begins one. Never waits for a person. Of any number of simultaneous callers one begins and the rest join; a
   * caller that leaves, the beginner included, leaves the flow alone.
   *
   * A stored session that lacks a scope which is asked for now is not enough: a flow begins, and the session stays
   * until the person has consented.
   */
  readonly start: (key: AccountKey, options: StartOptions) => Effect.Effect<Started, FlowFailure>
  /** The key's pending flow. Returns at once. */
  readonly pending: (key: AccountKey) => Effect.Effect<Option.Option<AuthFlow>>
  /**
   * Completes the pending flow with the address its browser was sent to, for when that browser cannot reach this
   * machine. Validated like a request to the listener and racing it: the first answer counts. Waits for the outcome.
   */
  readonly complete: (
    key: AccountKey,
    redirectedUrl: string
  ) => Effect.Effect<Session, FlowFailure | NotThisSignIn>
  /**
   * Ends the pending flow as `FlowCancelled`, unless the person has finished already: an exchange under way is
   * finite and finishes. Returns when the flow is over.
   */
  readonly cancel: (key: AccountKey) => Effect.Effect<Cancelled>
  /** Signs the key out and ends its pending flow, for good: nothing that began before can store a session. */
  readonly logout: (key: AccountKey) => Effect.Effect<LoggedOut, StoreUnavailable>
}>()("mcp-gas/services/sign-in/AuthFlows") {}
