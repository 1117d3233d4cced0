/**
 * How a sign-in attempt can end other than with a session, one error per remedy.
 */
import { Duration, Option, Schema } from "effect"
import { ClientMisconfigured } from "../config/Config.ts"
import type { Explained } from "../Explained.ts"
import { ExchangeFailed, ProviderUnreachable } from "../provider/AuthorizationServer.ts"
import { StoreUnavailable } from "../storage/SessionStore.ts"
import { AccountKey, isEmail } from "./AccountKey.ts"
import { CallbackUnavailable } from "./CallbackServer.ts"
import type { Account } from "./Session.ts"

/** The person said no: on the consent page (`access_denied`), or when they were asked to open it. */
export class ConsentDenied extends Schema.TaggedError<ConsentDenied>()("ConsentDenied", {}) implements Explained {
  readonly code = "consent_denied"
  override get message(): string {
    return "The person declined the sign-in."
  }
  get remedy(): string {
    return "If that was not intended, start the sign-in again and allow it."
  }
}

/** The provider refused for a reason other than the person's no (RFC 6749 section 4.1.2.1). */
export class AuthorizationRefused extends Schema.TaggedError<AuthorizationRefused>()("AuthorizationRefused", {
  /** The provider's error code. */
  error: Schema.String,
  /** The provider's own words for it, if it has any (`error_description`). */
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
        return "Check the requested scopes."
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
  /** A call of `cancel`, a sign-out, or the end of the process that ran the flow. */
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
  /** What was asked for and not granted, by the names it was asked for by. */
  missing: Schema.NonEmptyArray(Schema.String),
  /** What was granted, by the names the provider gives it. */
  granted: Schema.Array(Schema.String)
}) implements Explained {
  readonly code = "scopes_missing"
  override get message(): string {
    return `These permissions were not granted: ${this.missing.join(", ")}.`
  }
  get remedy(): string {
    return "Start the sign-in again and tick every box, or have less in the requested scopes."
  }
}

/** The slot is named after an email address and another account consented. Nothing was stored. */
export class AccountMismatch extends Schema.TaggedError<AccountMismatch>()("AccountMismatch", {
  /** The slot, whose name is the email address of who has to consent. */
  expected: AccountKey,
  /** Who consented; absent if the provider did not say. */
  actual: Schema.optionalKey(Schema.String)
}) implements Explained {
  readonly code = "account_mismatch"
  /** None if this account may have the slot: any may have one that is not named after an email address. */
  static of(key: AccountKey, { email }: Account): Option.Option<AccountMismatch> {
    return isEmail(key) && email?.toLowerCase() !== key.toLowerCase()
      ? Option.some(new AccountMismatch({ expected: key, ...(email === undefined ? {} : { actual: email }) }))
      : Option.none()
  }
  override get message(): string {
    return this.actual === undefined
      ? `The provider did not say who consented, so it could not be confirmed as ${this.expected}.`
      : `${this.actual} consented, but the sign-in was for ${this.expected}.`
  }
  get remedy(): string {
    return `Start again and choose ${this.expected}, or sign the other account in under its own name.`
  }
}

/**
 * The process that the flow belongs to is there and does nothing: it is stopped, or its machine was asleep. Its sign-in is
 * not waited for any longer, and what it may still want to store is refused.
 */
export class FlowStalled extends Schema.TaggedError<FlowStalled>()("FlowStalled", {
  /** The process. */
  pid: Schema.Int,
  /** How long it had been waited for since the sign-in began. */
  after: Schema.Duration
}) implements Explained {
  readonly code = "flow_stalled"
  override get message(): string {
    const seconds = Math.round(Duration.toSeconds(this.after))
    return `The sign-in belongs to another copy of this server (process ${this.pid}), which has not finished it in ` +
      `${seconds} s and does not answer: it is stopped or asleep.`
  }
  get remedy(): string {
    return "Start the sign-in again; if the other copy is of no use any more, end it."
  }
}

/** Why a flow did not begin. */
export type FlowNotStarted = CallbackUnavailable | ClientMisconfigured | ProviderUnreachable | StoreUnavailable

/**
 * How a flow can end other than with a session; a flow that never opened ends with `FlowNotStarted`. A schema, because
 * the process whose flow it was tells the others.
 *
 * Whoever only shows it needs no tag: each has a `code`, a `message` and a `remedy`.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { ConsentDenied, type FlowFailure, ScopesMissing } from "mcp-gas"
 *
 * const told = (signIn: Effect.Effect<string, FlowFailure>) =>
 *   signIn.pipe(
 *     Effect.catchTags({
 *       ConsentDenied: () => Effect.succeed("Fine, not today."),
 *       ScopesMissing: ({ missing }) => Effect.succeed(`I cannot work without ${missing.join(", ")}.`)
 *     }),
 *     Effect.catch(({ message, remedy }) => Effect.succeed(`${message} ${remedy}`)),
 *     Effect.flatMap(Console.log)
 *   )
 *
 * await Effect.runPromise(told(Effect.fail(new ConsentDenied()))) // → Fine, not today.
 * await Effect.runPromise(told(Effect.fail(new ScopesMissing({ missing: ["email"], granted: [] }))))
 * // → I cannot work without email.
 * ```
 */
export const FlowFailure = Schema.Union([
  ConsentDenied,
  AuthorizationRefused,
  FlowTimedOut,
  FlowCancelled,
  FlowStalled,
  ExchangeFailed,
  ScopesMissing,
  AccountMismatch,
  CallbackUnavailable,
  ClientMisconfigured,
  ProviderUnreachable,
  StoreUnavailable
])
export type FlowFailure = typeof FlowFailure.Type
