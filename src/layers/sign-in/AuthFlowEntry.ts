/**
 * A flow from its registration on: what its fiber and everybody else tell each other, each of them once.
 */
import { Deferred, Effect } from "effect"
import type { AuthorizationResponse, ExpectedResponse } from "../../services/provider/AuthorizationResponse.ts"
import type { AuthFlow } from "../../services/sign-in/AuthFlows.ts"
import type { FlowCancelled, FlowFailure, FlowTimedOut } from "../../services/sign-in/FlowFailure.ts"
import type { FlowId, Session } from "../../services/sign-in/Session.ts"
import type { Slot } from "../../services/storage/SessionStore.ts"

/** What ends the waiting of a flow. The first one counts; everybody who brings one learns whether it was theirs. */
export type Decision =
  | { readonly _tag: "Answered"; readonly response: AuthorizationResponse; readonly by: "listener" | "paste" }
  | { readonly _tag: "Ended"; readonly error: FlowTimedOut | FlowCancelled }

/** A flow once people can join it. */
export interface Opened {
  readonly flow: AuthFlow
  readonly expected: ExpectedResponse
}

export interface AuthFlowEntry {
  readonly id: FlowId
  /** The slot as it was when the flow was registered: a sign-out since then wins. */
  readonly began: Slot
  readonly decision: Deferred.Deferred<Decision>
  readonly opened: Deferred.Deferred<Opened, FlowFailure>
  readonly outcome: Deferred.Deferred<Session, FlowFailure>
  /** Completed when the flow is ended from outside: it still has to close, and is nobody's to join any more. */
  readonly condemned: Deferred.Deferred<void>
  /** Completed by the first caller who wants a browser; it opens once. */
  readonly wanted: Deferred.Deferred<void>
  /** Whether the browser could be opened, once that is known. */
  readonly browsed: Deferred.Deferred<boolean>
  /** Completed to end the lingering for reloads early. */
  readonly cut: Deferred.Deferred<void>
  /** Completed when the listener is gone and nothing of the flow is left. */
  readonly over: Deferred.Deferred<void>
}

/** A flow of which nothing has been told yet. */
export const make = (id: FlowId, began: Slot): Effect.Effect<AuthFlowEntry> =>
  Effect.gen(function*() {
    return {
      id,
      began,
      decision: yield* Deferred.make<Decision>(),
      opened: yield* Deferred.make<Opened, FlowFailure>(),
      outcome: yield* Deferred.make<Session, FlowFailure>(),
      condemned: yield* Deferred.make<void>(),
      wanted: yield* Deferred.make<void>(),
      browsed: yield* Deferred.make<boolean>(),
      cut: yield* Deferred.make<void>(),
      over: yield* Deferred.make<void>()
    }
  })
