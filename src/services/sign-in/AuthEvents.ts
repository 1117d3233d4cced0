/**
 * What happened in the sign-in engine, for metrics, progress, logs and tests. Events never carry a secret.
 */
import { Context, type Effect, type Scope, type Stream } from "effect"
import type { AccountKey } from "./AccountKey.ts"
import type { FlowId } from "./Session.ts"

/** Why a request to the callback listener was turned away without touching the flow. */
export type CallbackRejection =
  | "state_missing"
  | "state_mismatch"
  | "parameter_repeated"
  | "issuer_mismatch"
  | "no_response"

export type AuthEvent =
  | { readonly _tag: "FlowStarted"; readonly key: AccountKey; readonly flowId: FlowId }
  | { readonly _tag: "FlowJoined"; readonly key: AccountKey; readonly flowId: FlowId }
  /** The flow is another process's, and this one waits for it. */
  | { readonly _tag: "FlowFollowed"; readonly key: AccountKey; readonly flowId: FlowId; readonly pid: number }
  /** The process of flow `from` is gone, and this one has begun `flowId` in its place. */
  | { readonly _tag: "LeaseTakenOver"; readonly key: AccountKey; readonly flowId: FlowId; readonly from: FlowId }
  /** `outcome` is `authenticated` or the code of the error that ended the flow. */
  | { readonly _tag: "FlowSettled"; readonly key: AccountKey; readonly flowId: FlowId; readonly outcome: string }
  | { readonly _tag: "BrowserOpened"; readonly flowId: FlowId }
  | { readonly _tag: "BrowserFailed"; readonly flowId: FlowId; readonly problem: string }
  | { readonly _tag: "CallbackAccepted"; readonly flowId: FlowId }
  | { readonly _tag: "CallbackDuplicate"; readonly flowId: FlowId }
  | { readonly _tag: "CallbackForged"; readonly flowId: FlowId; readonly reason: CallbackRejection }
  | { readonly _tag: "RefreshPerformed"; readonly key: AccountKey }
  | { readonly _tag: "RefreshShared"; readonly key: AccountKey }
  | { readonly _tag: "RefreshFailed"; readonly key: AccountKey; readonly code: string }
  | { readonly _tag: "SignedOut"; readonly key: AccountKey }

export class AuthEvents extends Context.Service<AuthEvents, {
  /** Tells every subscriber; never waits for a slow one and never fails. */
  readonly publish: (event: AuthEvent) => Effect.Effect<void>
  /**
   * A stream of the events published after this effect has returned; ends with its Scope. A subscriber that falls
   * thousands of events behind loses the oldest.
   */
  readonly subscribe: Effect.Effect<Stream.Stream<AuthEvent>, never, Scope.Scope>
}>()("mcp-gas/services/sign-in/AuthEvents") {}
