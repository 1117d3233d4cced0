/**
 * Sign-in attempts: however many callers ask at once, one flow, one browser tab, one code exchange, one answer.
 */
import { Context, type DateTime, type Effect, type Option, Schema, type Stream } from "effect"
import type { Explained } from "../Explained.ts"
import type { StoreUnavailable } from "../storage/SessionStore.ts"
import type { AccountKey } from "./AccountKey.ts"
import type { FlowFailure } from "./FlowFailure.ts"
import type { Account, FlowId, Session } from "./Session.ts"
import type { UrlOpener } from "./UrlOpener.ts"

/** `complete` was given something that is not the answer to the pending flow. The flow goes on. */
export class NotThisSignIn extends Schema.TaggedError<NotThisSignIn>()("NotThisSignIn", {
  /** `not_a_redirect`: another address than the redirect URI; `other_sign_in`: without the state of this flow. */
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

/**
 * What became of opening a browser so far: nobody wanted one; one was asked; it opened, which is no proof that anybody sees
 * it; the person has agreed to open it, which is none that they do; it could not be opened; or none was asked because the
 * account has had a tab within the last ten seconds.
 */
export type FlowShown = "not_asked" | "asked" | "opened" | "accepted" | "failed" | "braked"

/**
 * One sign-in attempt, as everybody who joined it sees it, in whichever process. Where the process that runs it dies,
 * another one goes on with a flow of its own: whoever waits for the outcome keeps waiting, and `pending` tells the new
 * address.
 */
export interface AuthFlow {
  /** Another one with every attempt. */
  readonly id: FlowId
  /** The slot that its session goes to. */
  readonly key: AccountKey
  /** Where the person has to go. It carries `state`: show it to the person, keep it out of logs. */
  readonly authorizationUrl: string
  /** Where the browser ends up with the response: `http://127.0.0.1:<port>/callback`. */
  readonly redirectUri: string
  /** When it began, by the `Clock` of the process that began it. */
  readonly startedAt: DateTime.Utc
  /** When it ends as `FlowTimedOut`, unless its person has answered by then. */
  readonly expiresAt: DateTime.Utc
  /**
   * Settles exactly once, the same for everybody. Waiting is interruptible and leaves the flow alone. When it settles
   * by time-out, cancellation or logout, the listener already refuses connections. A session that somebody else stores
   * meanwhile is an outcome too.
   */
  readonly outcome: Effect.Effect<Session, FlowFailure>
  /** What became of opening a browser so far; returns at once. */
  readonly shown: Effect.Effect<FlowShown>
  /** The same, as it is written down and as it becomes, what has been wanted and not yet asked aside; does not end by itself. */
  readonly showing: Stream.Stream<FlowShown>
}

/** What `start` found or did. */
export type Started =
  | { readonly _tag: "AlreadyAuthenticated"; readonly session: Session }
  /** This caller began the flow, on the whole machine. */
  | { readonly _tag: "Began"; readonly flow: AuthFlow }
  /** The flow was pending already, in this process or another. */
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

/** What goes on in this process right now. */
export interface FlowLoad {
  /** Pending flows that this process runs; those of others are counted there. */
  readonly flows: number
  /** Callers that wait for an outcome, whichever process runs the flow. */
  readonly waiters: number
}

/** How a caller wants a sign-in to be shown to its person. */
export interface StartOptions {
  /**
   * Whether the person's browser is to open. It does so once per flow, for the first caller who wants it, and for an
   * account at most once in ten seconds on the whole machine.
   */
  readonly openBrowser: boolean
  /**
   * How it opens, if this caller is the first of the sign-in who wants that in this process; unless given, by the `Browser` of this
   * machine. The flow of another process is opened in the way of whoever is first to ask for that on the whole machine.
   */
  readonly opener?: UrlOpener
}

/**
 * Starts sign-ins, joins those that are under way, and ends them. No member waits for a person but `outcome` of a flow and
 * `complete`.
 *
 * @example
 * ```ts
 * import { NodeServices } from "@effect/platform-node"
 * import { Console, Effect, Layer, Option } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { AuthFlows, defaultAccountKey, SignIn } from "mcp-gas"
 * import { LocalGoogle, LocalGoogleOidc, Person, PersonHttp } from "mcp-gas/testing"
 *
 * const start = Effect.flatMap(AuthFlows, (flows) => flows.start(defaultAccountKey, { openBrowser: false }))
 *
 * const program = Effect.gen(function*() {
 *   const [one, other] = yield* Effect.all([start, start], { concurrency: "unbounded" })
 *   yield* Console.log(new Set([one._tag, other._tag])) // → Set(2) { 'Began', 'Joined' }
 *
 *   if (one._tag === "AlreadyAuthenticated") return
 *   const { consent, visit } = yield* Person
 *   yield* visit(yield* consent(one.flow.authorizationUrl, { _tag: "Allow", email: "grace@example.com" }))
 *   const { account } = yield* one.flow.outcome
 *   yield* Console.log(account.email) // → grace@example.com
 *
 *   const again = yield* start
 *   yield* Console.log(again._tag) // → AlreadyAuthenticated
 * })
 *
 * const AtLocalGoogle = Layer.unwrap(
 *   Effect.map(LocalGoogle, ({ clientId, clientSecret, issuer }) =>
 *     SignIn.layerMemory({
 *       name: "acme-mcp",
 *       issuer,
 *       client: { clientId, clientSecret: Option.some(clientSecret) },
 *       scopes: ["openid", "email"],
 *       browser: { _tag: "None" }
 *     }))
 * ).pipe(Layer.provide([LocalGoogleOidc.layer(), NodeServices.layer]))
 *
 * const ThePerson = Layer.provide(PersonHttp.layer, FetchHttpClient.layer)
 *
 * await Effect.runPromise(Effect.provide(program, Layer.merge(AtLocalGoogle, ThePerson)))
 * ```
 */
export class AuthFlows extends Context.Service<AuthFlows, {
  /** What a sign-in asks for, and a session must have to be enough for `start`. */
  readonly scopes: ReadonlyArray<string>
  /**
   * Answers with the session if there is a usable one (refreshing it if need be), else joins the key's pending flow,
   * else begins one. Never waits for a person. Of any number of simultaneous callers, in any number of processes, one
   * begins and the rest join; a caller that leaves, the beginner included, leaves the flow alone.
   *
   * A stored session that lacks a scope which is asked for now is not enough: a flow begins, and the session stays
   * until the person has consented.
   *
   * Fails where there is no flow to show: none could begin (`FlowNotStarted`), or it ended before it had an address.
   */
  readonly start: (key: AccountKey, options: StartOptions) => Effect.Effect<Started, FlowFailure>
  /** The key's pending flow, in whichever process it is. Returns at once. */
  readonly pending: (key: AccountKey) => Effect.Effect<Option.Option<AuthFlow>, StoreUnavailable>
  /**
   * Completes the pending flow with the address its browser was sent to, for when that browser cannot reach this
   * machine. Validated like a request to the listener and racing it: the first answer counts. Waits for the outcome.
   * It need not be called in the process that runs the flow.
   */
  readonly complete: (
    key: AccountKey,
    redirectedUrl: string
  ) => Effect.Effect<Session, FlowFailure | NotThisSignIn>
  /**
   * Ends the pending flow as `FlowCancelled`, unless the person has finished already: an exchange under way is
   * finite and finishes. Returns when the flow is over, in whichever process it is; one whose process does not answer is
   * over when nothing it does can be stored any more.
   */
  readonly cancel: (key: AccountKey) => Effect.Effect<Cancelled, StoreUnavailable>
  /**
   * Signs the key out and ends its pending flows in all processes, for good: nothing that began before can store a session.
   * Then has the provider revoke the tokens (RFC 7009), as far as it can be reached.
   */
  readonly logout: (key: AccountKey) => Effect.Effect<LoggedOut, StoreUnavailable>
  /** What goes on in this process right now, for whoever watches it; asks no store. */
  readonly load: Effect.Effect<FlowLoad>
}>()("mcp-gas/services/sign-in/AuthFlows") {}
