/**
 * The live sessions of this process, and the only way to an access token.
 */
import { Context, type Effect, type Option, type Redacted, Schema, type Stream } from "effect"
import type { ClientMisconfigured } from "../config/Config.ts"
import type { Explained } from "../Explained.ts"
import type { ProviderUnreachable } from "../provider/AuthorizationServer.ts"
import type { Slot, StoreUnavailable } from "../storage/SessionStore.ts"
import { AccountKey } from "./AccountKey.ts"
import type { Session, SessionDraft } from "./Session.ts"
import { Account } from "./Session.ts"

/** There is no session to work with. Nothing opens a browser by itself: a person has to ask for a sign-in. */
export class SignInRequired extends Schema.TaggedError<SignInRequired>()("SignInRequired", {
  /** The slot without a session. */
  key: AccountKey,
  /**
   * Nobody ever signed in; somebody signed out; the provider ended it; it ran out and cannot be renewed; the
   * organisation asks for a fresh sign-in.
   */
  reason: Schema.Literals(["never", "signed_out", "revoked", "expired", "reauth_policy"]),
  /** Who was signed in before, if anybody was. */
  account: Schema.optionalKey(Account),
  /**
   * What is behind `expired`, where it is not time: the stored tokens cannot be opened; or a refresh was cut off, and the
   * provider may have replaced the token that would have to be sent again.
   */
  because: Schema.optionalKey(Schema.Literals(["sealed", "refresh_unclear"]))
}) implements Explained {
  readonly code = "sign_in_required"
  /** Why nobody can work with this slot; a session in it counts as expired. */
  static of({ key, state }: Slot): SignInRequired {
    switch (state._tag) {
      case "NeedsSignIn":
        return new SignInRequired({
          key,
          reason: state.ended.reason,
          account: state.ended.account,
          ...(state.ended.sealed === true ? { because: "sealed" as const } : {})
        })
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
    switch (this.because) {
      case "sealed":
        return `The stored sign-in of ${who} cannot be opened: the key it was sealed with is not there any more.`
      case "refresh_unclear":
        return `A renewal of the sign-in of ${who} was cut off, and asking again could end it for every program at once.`
      case undefined:
    }
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
    return `${signIn} to account "${this.key}".`
  }
}

/** A sign-out came after the work began that wanted to store tokens; they were not stored. */
export class SignedOutMeanwhile extends Schema.TaggedError<SignedOutMeanwhile>()("SignedOutMeanwhile", {
  /** The slot that was signed out. */
  key: AccountKey
}) {}

/** A slot that was signed out. */
export interface SignedOut {
  /** Who was signed in, if anybody was. */
  readonly was: Option.Option<Account>
  /**
   * Revokes the tokens at the provider, once, as far as it can be reached and they can be opened: true if it confirmed,
   * none if there was nothing to revoke. The sign-out stands either way.
   */
  readonly revoke: Effect.Effect<Option.Option<boolean>>
}

/**
 * Hands out access tokens, renews them before they end, and signs out. A network that is down ends no session: only the
 * provider's `invalid_grant` for the token that is still current does (RFC 6749 section 5.2).
 *
 * @example
 * ```ts
 * import { Console, DateTime, Effect, Layer, Redacted } from "effect"
 * import {
 *   Account,
 *   AccountKey,
 *   AuthEventsPubSub,
 *   AuthorizationServer,
 *   defaultAccountKey,
 *   FlowId,
 *   LeasesMemory,
 *   SessionDraft,
 *   Sessions,
 *   SessionsSynchronized,
 *   SessionStoreMemory,
 *   Tokens
 * } from "mcp-gas"
 *
 * const signedIn = Effect.map(DateTime.now, (now) =>
 *   new SessionDraft({
 *     account: new Account({ email: "ada@example.com" }),
 *     tokens: new Tokens({
 *       accessToken: Redacted.make("first"),
 *       issuedAt: now,
 *       expiresAt: DateTime.add(now, { hours: 1 })
 *     }),
 *     grantedScopes: ["email"],
 *     clientId: "my-client",
 *     flowId: FlowId.make("flow-1"),
 *     signedInAt: now
 *   }))
 *
 * const program = Effect.gen(function*() {
 *   const { accessToken, establish, slot } = yield* Sessions
 *   // What a flow does once the person has consented.
 *   yield* establish(yield* slot(defaultAccountKey), yield* signedIn)
 *   const token = yield* accessToken(defaultAccountKey)
 *   yield* Console.log(Redacted.value(token)) // → first
 *
 *   const problem = yield* Effect.flip(accessToken(AccountKey.make("work")))
 *   yield* Console.log(problem.message) // → Nobody has signed in as "work" yet.
 * })
 *
 * const Nobody = Layer.mock(AuthorizationServer, { issuer: "https://accounts.example.com", rotatesRefreshTokens: false })
 *
 * const InMemory = SessionsSynchronized.layer.pipe(
 *   Layer.provide([Nobody, SessionStoreMemory.layer, LeasesMemory.layer, AuthEventsPubSub.layer])
 * )
 *
 * await Effect.runPromise(Effect.provide(program, InMemory))
 * ```
 */
export class Sessions extends Context.Service<Sessions, {
  /** The slot as the store has it. No network, no refresh. */
  readonly slot: (key: AccountKey) => Effect.Effect<Slot, StoreUnavailable>
  /** Each slot as this process learns of it, from the moment of subscription on: the `watch` of its store. */
  readonly watch: Stream.Stream<Slot, StoreUnavailable>
  /** How many slots are signed in, as far as this process knows; asks no store. */
  readonly live: Effect.Effect<number>
  /** Whether the access token of a session can be handed out as it is: it lasts, and nobody has had it refused. */
  readonly canUse: (session: Session) => Effect.Effect<boolean>
  /**
   * A session whose access token stays valid for two minutes at least, or, if it cannot be renewed, is valid now.
   *
   * One that does comes at once, without I/O; in its last ten minutes it is renewed in the background meanwhile, once for
   * everybody. One that does not is renewed first, and all callers of a key share that. A caller may leave at any time;
   * the refresh goes on. While the provider cannot be reached, it is asked less and less often, and as it wishes
   * (`Retry-After`); callers in between hear so at once.
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
   * Says that a resource refused `token` (401) although it looked fresh: it is not handed out again, and the next caller
   * has it renewed. Says nothing new, and does nothing, when the token has been replaced already: of any number of calls
   * that were refused with one token, one refresh comes.
   */
  readonly invalidate: (key: AccountKey, token: Redacted.Redacted<string>) => Effect.Effect<void>
  /**
   * Stores what a sign-in produced, unless the slot was signed out after `began` was read. A concurrent refresh of the
   * previous session does not get in the way: the person's consent is the later word. Another sign-in does, if it was
   * stored since and has the same client and no fewer scopes: its session is the answer then, and nothing is stored.
   * `standing` is asked before each attempt, and nothing is stored once it fails.
   */
  readonly establish: <E = never>(
    began: Slot,
    draft: SessionDraft,
    standing?: Effect.Effect<void, E>
  ) => Effect.Effect<Session, SignedOutMeanwhile | StoreUnavailable | E>
  /**
   * Signs out on this machine, at once: no refresh or exchange that began before can store anything any more. What is
   * left to do at the provider is handed to the caller. Idempotent.
   */
  readonly signOut: (key: AccountKey) => Effect.Effect<SignedOut, StoreUnavailable>
}>()("mcp-gas/services/sign-in/Sessions") {}
