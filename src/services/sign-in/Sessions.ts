/**
 * The live sessions of this process, and the only way to an access token.
 */
import { Context, type Effect, Option, type Redacted, Schema } from "effect"
import type { ClientMisconfigured } from "../config/Config.ts"
import type { Explained } from "../Explained.ts"
import type { ProviderUnreachable } from "../provider/AuthorizationServer.ts"
import type { Slot, StoreUnavailable } from "../storage/SessionStore.ts"
import { AccountKey } from "./AccountKey.ts"
import type { Session, SessionDraft } from "./Session.ts"
import { Account } from "./Session.ts"

/** There is no session to work with. Nothing opens a browser by itself: a person has to ask for a sign-in. */
export class SignInRequired extends Schema.TaggedError<SignInRequired>()("SignInRequired", {
  key: AccountKey,
  reason: Schema.Literals(["never", "signed_out", "revoked", "expired", "reauth_policy"]),
  /** Who was signed in before, if anybody was. */
  account: Schema.optionalKey(Account)
}) implements Explained {
  readonly code = "sign_in_required"
  /** Why nobody can work with this slot; a session in it counts as expired. */
  static of({ key, state }: Slot): SignInRequired {
    switch (state._tag) {
      case "NeedsSignIn":
        return new SignInRequired({ key, reason: state.ended.reason, account: state.ended.account })
      case "SignedIn":
        return new SignInRequired({ key, reason: "expired", account: state.session.account })
      case "SignedOut":
        return new SignInRequired({ key, reason: "signed_out" })
      case "Never":
        return new SignInRequired({ key, reason: "never" })
    }
  }
  override get message(): string {
    const who = this.account?.email ?? this.key
    switch (this.reason) {
      case "never":
        return `Nobody has signed in as "${this.key}" yet.`
      case "signed_out":
        return `"${this.key}" is signed out.`
      case "revoked":
        return `The provider no longer accepts the sign-in of ${who}.`
      case "expired":
        return `The sign-in of ${who} has expired and cannot be renewed.`
      case "reauth_policy":
        return `The organisation of ${who} asks for a fresh sign-in.`
    }
  }
  get remedy(): string {
    const signIn = this.reason === "never" ? "Sign in" : "Sign in again"
    return `${signIn}: call gas_auth with mode "start"${
      Option.match(Option.liftPredicate(this.key as string, (key) => key !== "default"), {
        onNone: () => "",
        onSome: (key) => ` and account "${key}"`
      })
    }.`
  }
}

/** A sign-out came after the work began that wanted to store tokens; they were not stored. */
export class SignedOutMeanwhile extends Schema.TaggedError<SignedOutMeanwhile>()("SignedOutMeanwhile", {
  key: AccountKey
}) {}

/** A slot that was signed out. */
export interface SignedOut {
  /** Who was signed in, if anybody was. */
  readonly was: Option.Option<Account>
  /**
   * Revokes the tokens at the provider, once, as far as it can be reached: true if it confirmed, none if there was
   * nothing to revoke. The sign-out stands either way.
   */
  readonly revoke: Effect.Effect<Option.Option<boolean>>
}

export class Sessions extends Context.Service<Sessions, {
  /** The slot as the store has it. No network, no refresh. */
  readonly slot: (key: AccountKey) => Effect.Effect<Slot, StoreUnavailable>
  /**
   * A session whose access token stays valid for two minutes at least, or, if it cannot be renewed, is valid now. A
   * fresh one comes at once; otherwise all callers
   * of a key share one refresh. A caller may leave at any time; the refresh goes on.
   */
  readonly fresh: (
    key: AccountKey
  ) => Effect.Effect<Session, SignInRequired | ProviderUnreachable | ClientMisconfigured | StoreUnavailable>
  /** The access token of `fresh`. */
  readonly accessToken: (
    key: AccountKey
  ) => Effect.Effect<
    Redacted.Redacted<string>,
    SignInRequired | ProviderUnreachable | ClientMisconfigured | StoreUnavailable
  >
  /**
   * Stores what a sign-in produced, unless the slot was signed out after `began` was read. A concurrent refresh of the
   * previous session does not get in the way: the person's consent is the later word.
   */
  readonly establish: (
    began: Slot,
    draft: SessionDraft
  ) => Effect.Effect<Session, SignedOutMeanwhile | StoreUnavailable>
  /**
   * Signs out on this machine, at once: no refresh or exchange that began before can store anything any more. What is
   * left to do at the provider is handed to the caller. Idempotent.
   */
  readonly signOut: (key: AccountKey) => Effect.Effect<SignedOut, StoreUnavailable>
}>()("mcp-gas/services/sign-in/Sessions") {}
