/**
 * A sign-in as the callers of this process share it, from its registration on, whichever process runs the flow: what its
 * fiber and everybody else tell each other.
 */
import { DateTime, Deferred, Effect, Exit, Option, Ref, SubscriptionRef, type Tracer } from "effect"
import type { AuthorizationResponse, ExpectedResponse } from "../../services/provider/AuthorizationResponse.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import type { AuthFlow, FlowLoad, FlowShown } from "../../services/sign-in/AuthFlows.ts"
import { ConsentDenied, FlowCancelled, type FlowFailure, FlowTimedOut } from "../../services/sign-in/FlowFailure.ts"
import type { FlowId, Session } from "../../services/sign-in/Session.ts"
import type { UrlOpener } from "../../services/sign-in/UrlOpener.ts"
import type { FlowEnd, FlowRecord } from "../../services/storage/FlowStore.ts"

/** What ends the waiting of a flow. The first one counts; everybody who brings one learns whether it was theirs. */
export type Decision =
  | { readonly _tag: "Answered"; readonly response: AuthorizationResponse; readonly by: "listener" | "paste" }
  | { readonly _tag: "Ended"; readonly error: FlowFailure }
  /** A session that is enough was stored by somebody else. */
  | { readonly _tag: "Overtaken"; readonly session: Session }

/** What there is to tell callers, once there is. */
export type Opened =
  /** There is a flow to show; whether this process began it, and did not go on in another one's place. */
  | { readonly _tag: "Shown"; readonly began: boolean }
  /** There was nothing to do any more. */
  | { readonly _tag: "Found"; readonly session: Session }

/** Whose flow it is at the moment. */
export type Role =
  /** Not known yet. */
  | { readonly _tag: "Looking" }
  /** Another process's, as it was last written down. */
  | { readonly _tag: "Following"; readonly record: FlowRecord }
  /** This process's, and what its answers have to look like, once it is open. */
  | { readonly _tag: "Owning"; readonly expected: Option.Option<ExpectedResponse> }

/** Who has wanted a browser. */
export interface Wants {
  /** How many callers. */
  readonly count: number
  /** How the first of them has it opened; unless they said, by this machine's browser. */
  readonly opener: UrlOpener | undefined
}

export interface AuthFlowEntry {
  readonly key: AccountKey
  /** The identifier of this process's own flow, if it comes to one. */
  readonly id: FlowId
  readonly role: Ref.Ref<Role>
  /** Of this process's own flow, or of looking for one; another process decides on its own. */
  readonly decision: Deferred.Deferred<Decision>
  readonly opened: Deferred.Deferred<Opened, FlowFailure>
  /** The flow as it is shown now: another one, once somebody has gone on in the place of a process that died. */
  readonly flow: Ref.Ref<Option.Option<AuthFlow>>
  readonly outcome: Deferred.Deferred<Session, FlowFailure>
  /** Completed when the flow is ended from outside: it still has to close, and is nobody's to join any more. */
  readonly condemned: Deferred.Deferred<void>
  readonly wants: SubscriptionRef.SubscriptionRef<Wants>
  /** How many wait for the outcome right now. */
  readonly waiting: Ref.Ref<number>
  readonly shown: SubscriptionRef.SubscriptionRef<FlowShown>
  /** Completed to end the lingering for reloads early. */
  readonly cut: Deferred.Deferred<void>
  /** What its steps are traced under, and its callers' own spans are linked to. */
  readonly span: Tracer.Span
  /** Completed when the listener is gone and nothing of the flow is left. */
  readonly over: Deferred.Deferred<void>
}

/** What is told of a sign-in whose layer closes, or whose process has stopped and has nobody to go on for it. */
export const shutdown = new FlowCancelled({ by: "shutdown" })

/** What those are told whose flow was ended from outside. */
export const endedBy = (by: FlowEnd): FlowFailure => by === "decline" ? new ConsentDenied() : new FlowCancelled({ by })

/** A sign-in of which nothing has been told yet. */
export const make = (key: AccountKey, id: FlowId, span: Tracer.Span): Effect.Effect<AuthFlowEntry> =>
  Effect.gen(function*() {
    return {
      key,
      id,
      span,
      role: yield* Ref.make<Role>({ _tag: "Looking" }),
      decision: yield* Deferred.make<Decision>(),
      opened: yield* Deferred.make<Opened, FlowFailure>(),
      flow: yield* Ref.make(Option.none<AuthFlow>()),
      outcome: yield* Deferred.make<Session, FlowFailure>(),
      condemned: yield* Deferred.make<void>(),
      wants: yield* SubscriptionRef.make<Wants>({ count: 0, opener: undefined }),
      waiting: yield* Ref.make(0),
      shown: yield* SubscriptionRef.make<FlowShown>("not_asked"),
      cut: yield* Deferred.make<void>(),
      over: yield* Deferred.make<void>()
    }
  })

/** Waits for the outcome, and is counted for as long as it does. */
const outcomeOf = ({ outcome, waiting }: AuthFlowEntry): AuthFlow["outcome"] =>
  Effect.acquireUseRelease(
    Ref.update(waiting, (count) => count + 1),
    () => Deferred.await(outcome),
    () => Ref.update(waiting, (count) => count - 1)
  )

/** How much of what there is goes on right now. */
export const loadOf = (entries: Iterable<AuthFlowEntry>): FlowLoad => {
  const pending = [...entries].filter(({ outcome }) => !Deferred.isDoneUnsafe(outcome))
  return {
    flows: pending.filter(({ role }) => Ref.getUnsafe(role)._tag === "Owning").length,
    waiters: pending.reduce((sum, { waiting }) => sum + Ref.getUnsafe(waiting), 0)
  }
}

/** What was wanted just now is asked for in the next moment, and counts as asked. */
const shownOf = ({ shown, wants }: AuthFlowEntry): AuthFlow["shown"] =>
  Effect.gen(function*() {
    const now = yield* SubscriptionRef.get(shown)
    return now === "not_asked" && (yield* SubscriptionRef.get(wants)).count > 0 ? "asked" : now
  })

/**
 * Shows a flow to those who have joined and will join. `began` says that this process began it for its callers. Another process's
 * flow is not shown any more once this sign-in has been ended: that flow goes on, and its outcome is none of theirs.
 */
export const show = (
  entry: AuthFlowEntry,
  flow: Pick<AuthFlow, "id" | "authorizationUrl" | "redirectUri" | "startedAt" | "expiresAt">,
  began: boolean
): Effect.Effect<void> =>
  Ref.set(
    entry.flow,
    Option.some({
      ...flow,
      key: entry.key,
      outcome: outcomeOf(entry),
      shown: shownOf(entry),
      showing: SubscriptionRef.changes(entry.shown)
    })
  ).pipe(Effect.andThen(Effect.sync(() => {
    // One step: who is told of the flow after the end would be told of the end as its outcome.
    if (!began && Deferred.isDoneUnsafe(entry.decision)) return
    Deferred.doneUnsafe(entry.opened, Exit.succeed({ _tag: "Shown", began }))
  })))

/**
 * Tells everybody how it ended: those who wait, and those who have not been shown anything yet. These come last, because they go
 * on at once: one who starts again has to find it settled.
 */
export const settle = (entry: AuthFlowEntry, outcome: Exit.Exit<Session, FlowFailure>): Effect.Effect<void> =>
  Deferred.done(entry.outcome, outcome).pipe(
    Effect.andThen(
      Deferred.done(entry.opened, Exit.map(outcome, (session): Opened => ({ _tag: "Found", session })))
    ),
    Effect.asVoid
  )

/**
 * Ends a flow of this process whose time is up by the wall clock, although its timer has not heard of it: the machine was asleep,
 * or its clock was set. Whether the time is up; a person who has answered before has been in time.
 */
export const endOverdue = (entry: AuthFlowEntry): Effect.Effect<boolean> =>
  Effect.gen(function*() {
    const flow = Option.getOrUndefined(yield* Ref.get(entry.flow))
    if (flow === undefined || DateTime.isLessThanOrEqualTo(yield* DateTime.now, flow.expiresAt)) return false
    const after = DateTime.distance(flow.startedAt, flow.expiresAt)
    const first = yield* Deferred.succeed(entry.decision, { _tag: "Ended", error: new FlowTimedOut({ after }) })
    if (first) yield* Deferred.succeed(entry.condemned, undefined)
    return first
  })

/** What is ended before it is open does not wait for what it waits for. */
export const endedEarly = ({ decision }: AuthFlowEntry): Effect.Effect<never, FlowFailure> =>
  Effect.flatMap(Deferred.await(decision), (made) => made._tag === "Ended" ? Effect.fail(made.error) : Effect.never)
