/**
 * The life of one flow of this process, in one fiber: open, wait for the one decision, conclude, answer the browser, settle.
 */
import { Cause, Deferred, Effect, Exit, Fiber, Option, Scope } from "effect"
import type { AuthorizationRequest } from "../../services/provider/AuthorizationServer.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import { AuthorizationRefused, ConsentDenied, type FlowFailure } from "../../services/sign-in/FlowFailure.ts"
import type { FlowId, Session } from "../../services/sign-in/Session.ts"
import { type FlowEnding, FlowStore } from "../../services/storage/FlowStore.ts"
import type { Slot, StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { patiently } from "../storage/StorePatience.ts"
import * as AuthFlowCommit from "./AuthFlowCommit.ts"
import * as AuthFlowEntry from "./AuthFlowEntry.ts"
import * as AuthFlowOpen from "./AuthFlowOpen.ts"
import { internalError, lingers, outcomeCode, pageNow } from "./AuthFlowPages.ts"
import * as AuthFlowPhases from "./AuthFlowPhases.ts"
import type { AuthFlowSought } from "./AuthFlowSought.ts"
import type { Own } from "./AuthFlowSuccession.ts"
import type { AuthFlowTab } from "./AuthFlowTab.ts"

/**
 * What other processes are told of an outcome. Nothing, where this one stopped, or ran into a bug, before there was one:
 * to them it has died, and they go on.
 */
const endingOf = (outcome: Exit.Exit<Session, FlowFailure>): Option.Option<FlowEnding> => {
  if (Exit.isSuccess(outcome)) return Option.some({ _tag: "SignedIn" })
  return Option.map(
    Option.filter(
      Cause.findErrorOption(outcome.cause),
      (error) => error._tag !== "FlowCancelled" || error.by !== "shutdown"
    ),
    (error) => ({ _tag: "Failed", error })
  )
}

/** Waits for the decision; being interrupted is one, and so is the layer's Scope closing. */
const decided = ({ decision }: AuthFlowEntry.AuthFlowEntry, waiting: Effect.Effect<AuthFlowEntry.Decision>) =>
  Effect.onInterrupt(waiting, () => Deferred.succeed(decision, { _tag: "Ended", error: AuthFlowEntry.shutdown })).pipe(
    Effect.exit,
    Effect.andThen(Deferred.await(decision))
  )

/** Makes `run` over the services it needs. */
export const make = Effect.fnUntraced(function*(
  options: AuthFlowOpen.Options,
  sought: AuthFlowSought,
  tab: AuthFlowTab
) {
  const events = yield* AuthEvents
  const store = yield* FlowStore
  const commit = yield* AuthFlowCommit.make
  const open = yield* AuthFlowOpen.make(options, sought, tab)

  /** Fails if the flow was ended over this process's head. */
  const standing = (id: FlowId): Effect.Effect<void, FlowFailure> =>
    Effect.flatMap(patiently(store.read(id)), (record) => {
      const ending = Option.getOrUndefined(record)?.ending
      return ending?._tag === "Failed" ? Effect.fail(ending.error) : Effect.void
    })

  /**
   * Writes down how a flow ended, and answers with how it has: whoever ended it over this process's head, and has told
   * others so, was first.
   */
  const written = Effect.fnUntraced(
    function*(id: FlowId, outcome: Exit.Exit<Session, FlowFailure>): Effect.fn.Return<
      Exit.Exit<Session, FlowFailure>,
      StoreUnavailable
    > {
      const ending = endingOf(outcome)
      if (Option.isNone(ending)) {
        // Whoever comes before another process goes on is not sent to where nobody listens any more.
        yield* store.change(id, { _tag: "Withdrawn" })
        return outcome
      }
      const change = store.change(id, { _tag: "Ended", ending: ending.value, evicts: false })
      if ((yield* patiently(change)) || Exit.isSuccess(outcome)) return outcome
      const told = Option.getOrUndefined(yield* store.read(id))?.ending
      if (told?._tag !== "Failed") return outcome
      if (told.error.code !== outcomeCode(outcome)) yield* events.publish({ _tag: "EndingLost", flowId: id })
      return Exit.fail(told.error)
    },
    (writing, _id, outcome) =>
      Effect.catchTag(
        writing,
        "StoreUnavailable",
        ({ message }) =>
          Effect.as(Effect.logWarning("How a sign-in ended could not be written down.", message), outcome)
      )
  )

  const conclude = (
    id: FlowId,
    began: Slot,
    request: AuthorizationRequest,
    decision: AuthFlowEntry.Decision
  ): Effect.Effect<Session, FlowFailure> => {
    if (decision._tag === "Ended") return Effect.fail(decision.error)
    if (decision._tag === "Overtaken") return Effect.succeed(decision.session)
    const { response } = decision
    if (response._tag === "Code") {
      return commit({ id, began, request, standing: standing(id) }, response.code)
    }
    const { description, error } = response
    return error === "access_denied"
      ? Effect.fail(new ConsentDenied())
      : Effect.fail(new AuthorizationRefused({ error, ...(description === undefined ? {} : { description }) }))
  }

  /** A flow that ran into a bug before it had settled ends all the same, and is told of like every other. */
  const failedInternally = ({ id, key, outcome }: AuthFlowEntry.AuthFlowEntry, moments: AuthFlowPhases.Moments) =>
    Effect.flatMap(AuthFlowPhases.settled(moments), (phases) =>
      Deferred.isDoneUnsafe(outcome)
        ? Effect.void
        : events.publish({ _tag: "FlowSettled", key, flowId: id, outcome: internalError.code, ...phases }))

  /**
   * Runs the flow of a sign-in to its end. Interrupting it is the layer's shutdown: it then settles as cancelled, unless a
   * code has come; what follows a code is finite and finishes. `release` lets the lease go; that happens when other
   * processes can read how the flow ended, and before anybody here hears of it.
   */
  return (entry: AuthFlowEntry.AuthFlowEntry, own: Own, release: Effect.Effect<void>) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.acquireUseRelease(
        Effect.all({ listening: Scope.make(), begun: AuthFlowPhases.begun }),
        Effect.fnUntraced(function*({ begun, listening }) {
          const { id, key } = entry

          const settle = Effect.fnUntraced(function*(
            concluded: Exit.Exit<Session, FlowFailure>,
            moments: AuthFlowPhases.Moments
          ) {
            const outcome = yield* written(id, concluded)
            yield* release
            const phases = yield* AuthFlowPhases.settled(moments)
            yield* events.publish({ _tag: "FlowSettled", key, flowId: id, outcome: outcomeCode(outcome), ...phases })
            yield* AuthFlowEntry.settle(entry, outcome)
          })

          const opening = yield* open(entry, own).pipe(
            Scope.provide(listening),
            Effect.raceFirst(AuthFlowEntry.endedEarly(entry)),
            restore,
            Effect.exit
          )
          if (Exit.isFailure(opening)) {
            yield* Scope.close(listening, Exit.void)
            return yield* settle(
              Cause.hasInterrupts(opening.cause) ? Exit.fail(AuthFlowEntry.shutdown) : Exit.failCause(opening.cause),
              begun
            )
          }
          const { began, heeding, listener, request, showing } = opening.value
          const shown = yield* AuthFlowPhases.shown(begun)
          yield* events.publish({ _tag: "FlowStarted", key, flowId: id, opening: shown.opening })
          for (const from of Option.toArray(own.inPlaceOf)) {
            yield* events.publish({ _tag: "LeaseTakenOver", key, flowId: id, from })
          }

          const decision = yield* Effect.withSpan(
            decided(entry, restore(Deferred.await(entry.decision))),
            "AuthFlows.waitForPerson"
          )
          entry.span.attribute(
            "auth.flow.decision",
            decision._tag === "Answered" ? decision.by : decision._tag.toLowerCase()
          )
          const moments = yield* AuthFlowPhases.decided(shown.moments, decision)
          // For those who wait elsewhere: from now on it needs no person and ends by itself.
          if (decision._tag === "Answered") {
            yield* Effect.forkIn(Effect.ignore(store.change(id, { _tag: "Answered" })), listening)
          }
          if (decision._tag === "Overtaken") yield* events.publish({ _tag: "FlowOvertaken", key, flowId: id })
          const outcome = yield* Effect.exit(conclude(id, began, request, decision))
          const page = pageNow(entry, outcome)
          // A flow whose layer is closing has no time for reloads.
          const closing = Exit.hasInterrupts(yield* Effect.exit(restore(Effect.yieldNow)))
          const stays = !closing && lingers(decision, page)
          yield* listener.answer(page, stays, decision._tag === "Answered" ? decision.response : undefined)
          if (stays) {
            yield* settle(outcome, moments)
            // The listener stays for reloads; there is nothing to open any more, nor to be asked for.
            yield* Fiber.interruptAll([showing, heeding])
            const lingered = yield* Effect.exit(restore(Effect.raceFirst(
              Effect.as(Effect.withSpan(listener.linger, "AuthFlows.linger"), true),
              Effect.as(Deferred.await(entry.cut), false)
            )))
            yield* listener.correct(pageNow(entry, outcome))
            // Cut short, it still does not leave a browser that is on its way to its page with a refused connection.
            if (!Exit.isSuccess(lingered) || !lingered.value) yield* listener.seen
          } else {
            yield* Scope.close(listening, Exit.void)
            yield* settle(outcome, moments)
          }
        }),
        // Whatever came between, a bug included, no listener outlives its flow.
        ({ begun, listening }) => Effect.andThen(Scope.close(listening, Exit.void), failedInternally(entry, begun))
      )
    )
})
