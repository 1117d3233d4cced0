/**
 * What happened in the sign-in engine, for metrics, progress, logs and tests. Events never carry a secret.
 */
import { Context, type Duration, type Effect, type Scope, type Stream } from "effect"
import type { AccountKey } from "./AccountKey.ts"
import type { FlowId } from "./Session.ts"

/**
 * Why a request to the callback listener was turned away without touching the flow: there is no `state`; it is another one,
 * or there are several; a parameter is there twice (RFC 6749 section 3.1); `iss` is missing or another one (RFC 9207); there is
 * neither a code nor an error.
 */
export type CallbackRejection =
  | "state_missing"
  | "state_mismatch"
  | "parameter_repeated"
  | "issuer_mismatch"
  | "no_response"

/** One thing that happened. `key` is the account slot, `flowId` the sign-in attempt; both may be logged. */
export type AuthEvent =
  /** It has an address to show. `opening` is how long that took from this process's turn on. */
  | {
    readonly _tag: "FlowStarted"
    readonly key: AccountKey
    readonly flowId: FlowId
    readonly opening: Duration.Duration
  }
  /** `isFirst`: by the caller who brought this process to follow the flow of another one. */
  | { readonly _tag: "FlowJoined"; readonly key: AccountKey; readonly flowId: FlowId; readonly isFirst: boolean }
  /** The flow is another process's, and this one waits for it. */
  | { readonly _tag: "FlowFollowed"; readonly key: AccountKey; readonly flowId: FlowId; readonly pid: number }
  /** The process of flow `from` is gone, and this one has begun `flowId` in its place. */
  | { readonly _tag: "LeaseTakenOver"; readonly key: AccountKey; readonly flowId: FlowId; readonly from: FlowId }
  /**
   * `outcome` is `authenticated` or the code of the error that ended the flow. `whole` is how long it took from this process's
   * turn on; `person` how long the person took to answer, if they did; `exchange` what followed their code, if there was one.
   */
  | {
    readonly _tag: "FlowSettled"
    readonly key: AccountKey
    readonly flowId: FlowId
    readonly outcome: string
    readonly whole: Duration.Duration
    readonly person?: Duration.Duration
    readonly exchange?: Duration.Duration
  }
  /** A session that somebody else has stored is the outcome, and nothing of this flow's is kept. */
  | { readonly _tag: "FlowOvertaken"; readonly key: AccountKey; readonly flowId: FlowId }
  /** A cancellation, a sign-out, a time-out or an end of its own came second: the flow ends as was decided before. */
  | { readonly _tag: "EndingLost"; readonly flowId: FlowId }
  /** The page was handed to a browser, or the person has agreed to open it: no proof that anybody sees it. */
  | { readonly _tag: "BrowserOpened"; readonly flowId: FlowId }
  /** The page could not be opened; the flow goes on. */
  | { readonly _tag: "BrowserFailed"; readonly flowId: FlowId; readonly problem: string }
  /** No browser was asked, because the account has had a tab just now. */
  | { readonly _tag: "BrowserBraked"; readonly flowId: FlowId }
  /** The answer that decides the flow, by the listener or pasted. */
  | { readonly _tag: "CallbackAccepted"; readonly flowId: FlowId }
  /** An answer with the state of the flow that came second, and changes nothing. */
  | { readonly _tag: "CallbackDuplicate"; readonly flowId: FlowId }
  /** A request without what the flow expects, which changes nothing. */
  | { readonly _tag: "CallbackForged"; readonly flowId: FlowId; readonly reason: CallbackRejection }
  /** `took` is how long it was from the first request to the stored tokens; none where only storing them was left. */
  | { readonly _tag: "RefreshPerformed"; readonly key: AccountKey; readonly took?: Duration.Duration }
  /** A caller who waits for a refresh that is under way. */
  | { readonly _tag: "RefreshShared"; readonly key: AccountKey }
  /** `took` is how long the provider was asked for, in vain. */
  | {
    readonly _tag: "RefreshFailed"
    readonly key: AccountKey
    readonly code: string
    readonly took: Duration.Duration
  }
  /** Another process has renewed the session while this one waited to: nothing was sent. */
  | { readonly _tag: "RefreshAdopted"; readonly key: AccountKey }
  /** A write came second, changed nothing, and its writer looks again. */
  | { readonly _tag: "WriteLost"; readonly key: AccountKey }
  /** Tokens came after a sign-out and were not stored. */
  | { readonly _tag: "TokensDropped"; readonly key: AccountKey }
  /** A slot was signed out by this process. */
  | { readonly _tag: "SignedOut"; readonly key: AccountKey }

/**
 * Says what happens to whoever listens.
 *
 * @example
 * ```ts
 * import { Console, Effect, Fiber, Stream } from "effect"
 * import { AuthEvents, AuthEventsPubSub, defaultAccountKey } from "mcp-gas"
 *
 * const program = Effect.gen(function*() {
 *   const { publish, subscribe } = yield* AuthEvents
 *   // From here on nothing is missed, whenever the stream is run.
 *   const events = yield* subscribe
 *   const listening = yield* events.pipe(
 *     Stream.filter(({ _tag }) => _tag === "SignedOut"),
 *     Stream.take(1),
 *     Stream.runForEach((event) => Console.log(event)),
 *     Effect.forkChild
 *   )
 *   yield* publish({ _tag: "RefreshShared", key: defaultAccountKey })
 *   yield* publish({ _tag: "SignedOut", key: defaultAccountKey })
 *   yield* Fiber.join(listening) // → { _tag: 'SignedOut', key: 'default' }
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(AuthEventsPubSub.layer)))
 * ```
 */
export class AuthEvents extends Context.Service<AuthEvents, {
  /** Tells every subscriber; never waits for a slow one and never fails. */
  readonly publish: (event: AuthEvent) => Effect.Effect<void>
  /**
   * A stream of the events published after this effect has returned; ends with its Scope. A subscriber that falls
   * thousands of events behind loses the oldest.
   */
  readonly subscribe: Effect.Effect<Stream.Stream<AuthEvent>, never, Scope.Scope>
}>()("mcp-gas/services/sign-in/AuthEvents") {}
