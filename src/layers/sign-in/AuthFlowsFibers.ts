/**
 * `AuthFlows` with one fiber per flow, owned by the layer and by no caller.
 */
import { Cause, Deferred, Effect, Exit, Fiber, HashMap, Layer, Option, Ref, Result } from "effect"
import { SecureRandom } from "effect/crypto"
import { Hex } from "effect/encoding"
import * as AuthorizationResponse from "../../services/provider/AuthorizationResponse.ts"
import type { AuthorizationServer } from "../../services/provider/AuthorizationServer.ts"
import * as Scopes from "../../services/provider/Scopes.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import { AuthFlows, type Cancelled, NotThisSignIn, type Started } from "../../services/sign-in/AuthFlows.ts"
import type { Browser } from "../../services/sign-in/Browser.ts"
import type { CallbackServer } from "../../services/sign-in/CallbackServer.ts"
import { FlowCancelled, type FlowFailure } from "../../services/sign-in/FlowFailure.ts"
import { KeyedLock } from "../../services/sign-in/KeyedLock.ts"
import { FlowId, type Session } from "../../services/sign-in/Session.ts"
import { Sessions } from "../../services/sign-in/Sessions.ts"
import type { Slot } from "../../services/storage/SessionStore.ts"
import * as AuthFlowEntry from "./AuthFlowEntry.ts"
import * as AuthFlowRun from "./AuthFlowRun.ts"

export type { Options } from "./AuthFlowRun.ts"

const cancelled = (what: Cancelled): Cancelled => what

/** Waits until there is something to show, and has it shown if this caller wants that and nobody did before. */
const opened = (flow: AuthFlowEntry.AuthFlowEntry, openBrowser: boolean) =>
  Effect.andThen(
    openBrowser ? Deferred.succeed(flow.wanted, undefined) : Effect.void,
    Effect.map(Deferred.await(flow.opened), ({ flow: shown }) => shown)
  )

type Needs =
  | AuthorizationServer
  | CallbackServer
  | Browser
  | Sessions
  | KeyedLock
  | AuthEvents
  | SecureRandom.SecureRandom

/**
 * Provides `AuthFlows`. Closing the layer's Scope ends every pending flow as `FlowCancelled` by `shutdown`, waits for
 * an exchange under way, and frees every port.
 */
export const layer = (options: AuthFlowRun.Options): Layer.Layer<AuthFlows, never, Needs> =>
  Layer.effect(
    AuthFlows,
    Effect.gen(function*() {
      const sessions = yield* Sessions
      const lock = yield* KeyedLock
      const events = yield* AuthEvents
      const random = yield* SecureRandom.SecureRandom
      const run = yield* AuthFlowRun.make(options)
      const scope = yield* Effect.scope
      /** The newest flow of each key, until nothing of it is left. */
      const flows = yield* Ref.make(HashMap.empty<AccountKey, AuthFlowEntry.AuthFlowEntry>())

      const newest = (key: AccountKey) => Effect.map(Ref.get(flows), HashMap.get(key))

      /** A flow that has settled is nobody's to join, even while its pages can still be reloaded. */
      const joinable = (key: AccountKey) =>
        Effect.map(
          newest(key),
          Option.filter((flow) => !Deferred.isDoneUnsafe(flow.outcome) && !Deferred.isDoneUnsafe(flow.condemned))
        )

      /** A flow that was ended has to be gone before the next one begins: it may still hold the port. */
      const cleared = Effect.fnUntraced(function*(key: AccountKey) {
        const found = yield* newest(key)
        if (Option.isSome(found) && Deferred.isDoneUnsafe(found.value.condemned)) {
          yield* Deferred.await(found.value.over)
        }
      })

      const isEnough = (session: Session) => Scopes.missing(options.scopes, session.grantedScopes).length === 0

      /** A session to answer with instead of beginning a flow, refreshed if need be. */
      const usable = (key: AccountKey) =>
        Effect.map(sessions.fresh(key), Option.liftPredicate(isEnough)).pipe(
          Effect.catchTag("SignInRequired", () => Effect.succeedNone)
        )

      /** Looks at the slot alone: somebody may have finished signing in, in this process or another. */
      const finishedMeanwhile = Effect.fnUntraced(function*(key: AccountKey) {
        const slot = yield* sessions.slot(key)
        const session =
          slot.state._tag === "SignedIn" && isEnough(slot.state.session) && (yield* sessions.canUse(slot.state.session))
            ? Option.some(slot.state.session)
            : Option.none()
        return { slot, session }
      })

      /** Registers a flow and starts its fiber; whatever becomes of the fiber, the flow settles. */
      const begin = Effect.fnUntraced(function*(began: Slot) {
        const flow = yield* AuthFlowEntry.make(FlowId.make(Hex.encode(yield* random.randomBytes(8))), began)
        yield* Ref.update(flows, HashMap.set(began.key, flow))
        const forget = Ref.update(flows, (all) =>
          Option.exists(HashMap.get(all, began.key), ({ id }) => id === flow.id)
            ? HashMap.remove(all, began.key)
            : all)
        const over = Effect.andThen(forget, Deferred.succeed(flow.over, undefined))
        const fiber = yield* Effect.forkIn(Effect.ensuring(run(flow), over), scope)
        fiber.addObserver((exit) => {
          // Only news for a fiber that died of a bug, or that a closing Scope never let begin.
          const lost = Exit.isFailure(exit) && !Exit.hasInterrupts(exit)
            ? Exit.failCause(exit.cause)
            : Exit.fail(new FlowCancelled({ by: "shutdown" }))
          Deferred.doneUnsafe(flow.opened, lost)
          Deferred.doneUnsafe(flow.outcome, lost)
          Deferred.doneUnsafe(flow.over, Effect.void)
        })
        return flow
      })

      const enter = Effect.fnUntraced(function*(key: AccountKey) {
        const found = yield* joinable(key)
        if (Option.isSome(found)) return { _tag: "Join", flow: found.value } as const
        const { session, slot } = yield* finishedMeanwhile(key)
        if (Option.isSome(session)) return { _tag: "Found", session: session.value } as const
        return { _tag: "Begin", flow: yield* begin(slot) } as const
      }, Effect.uninterruptible)

      const join = Effect.fnUntraced(
        function*(
          flow: AuthFlowEntry.AuthFlowEntry,
          openBrowser: boolean
        ): Effect.fn.Return<Started, FlowFailure> {
          const joined = yield* opened(flow, openBrowser)
          yield* events.publish({ _tag: "FlowJoined", key: flow.began.key, flowId: flow.id })
          return { _tag: "Joined", flow: joined }
        }
      )

      const isClosed = () => scope.state._tag === "Closed"

      /** What a start waits for may be interrupted by the layers below closing: its caller is told why. */
      const unlessClosed = (starting: Effect.Effect<Started, FlowFailure>): Effect.Effect<Started, FlowFailure> => {
        const shutdown = new FlowCancelled({ by: "shutdown" })
        return Effect.suspend(() => isClosed() ? Effect.fail(shutdown) : starting).pipe(
          Effect.catchCauseIf((cause) => isClosed() && Cause.hasInterruptsOnly(cause), () => Effect.fail(shutdown))
        )
      }

      const start = Effect.fn("AuthFlows.start")(function*(
        key: AccountKey,
        { openBrowser }: { readonly openBrowser: boolean }
      ): Effect.fn.Return<Started, FlowFailure> {
        // Under the lock, because a logout that is under way holds it: what it is about to end is nobody's to join.
        const found = yield* lock.withLock(`flow ${key}`)(joinable(key))
        if (Option.isSome(found)) {
          // Not `usable`: a flow is pending because there was nothing to refresh.
          const { session } = yield* finishedMeanwhile(key)
          if (Option.isSome(session)) return { _tag: "AlreadyAuthenticated", session: session.value }
          return yield* join(found.value, openBrowser)
        }
        yield* cleared(key)
        const session = yield* usable(key)
        if (Option.isSome(session)) return { _tag: "AlreadyAuthenticated", session: session.value }
        // The permit covers the transition only: opening the flow, let alone a person, is waited for without it.
        const entered = yield* lock.withLock(`flow ${key}`)(enter(key))
        switch (entered._tag) {
          case "Found":
            return { _tag: "AlreadyAuthenticated", session: entered.session }
          case "Join":
            return yield* join(entered.flow, openBrowser)
          case "Begin":
            return { _tag: "Began", flow: yield* opened(entered.flow, openBrowser) }
        }
      }, unlessClosed)

      const pending = Effect.fn("AuthFlows.pending")(function*(key: AccountKey) {
        const found = yield* joinable(key)
        // A flow that is still opening has nothing to show yet, and is not waited for.
        if (Option.isNone(found) || !Deferred.isDoneUnsafe(found.value.opened)) return Option.none()
        return Option.map(yield* Effect.option(Deferred.await(found.value.opened)), ({ flow }) => flow)
      })

      const complete = Effect.fn("AuthFlows.complete")(function*(
        key: AccountKey,
        redirectedUrl: string
      ): Effect.fn.Return<Session, FlowFailure | NotThisSignIn> {
        const found = yield* newest(key)
        if (Option.isNone(found)) return yield* new NotThisSignIn({ reason: "no_pending_flow" })
        const flow = found.value
        const { expected, flow: { redirectUri } } = yield* Deferred.await(flow.opened)
        const query = AuthorizationResponse.queryOf(redirectedUrl, redirectUri)
        if (query === undefined) return yield* new NotThisSignIn({ reason: "not_a_redirect" })
        const validated = AuthorizationResponse.validate(query, expected)
        if (Result.isFailure(validated)) {
          yield* events.publish({ _tag: "CallbackForged", flowId: flow.id, reason: validated.failure })
          return yield* new NotThisSignIn({ reason: "other_sign_in" })
        }
        const first = yield* Deferred.succeed(flow.decision, {
          _tag: "Answered",
          response: validated.success,
          by: "paste"
        })
        yield* events.publish({ _tag: first ? "CallbackAccepted" : "CallbackDuplicate", flowId: flow.id })
        return yield* Deferred.await(flow.outcome)
      })

      /** Ends the newest flow of a key, and answers with the effect that waits until that has happened. */
      const end = Effect.fnUntraced(function*(key: AccountKey, by: "cancel" | "logout") {
        const found = yield* newest(key)
        if (Option.isNone(found)) return { ended: Effect.succeed(cancelled({ _tag: "NothingPending" })) }
        const { condemned, cut, decision, id, outcome, over } = found.value
        const settled = Deferred.isDoneUnsafe(outcome)
        const first = yield* Deferred.succeed(decision, { _tag: "Ended", error: new FlowCancelled({ by }) })
        const made = yield* Deferred.await(decision)
        // Whoever cancels a flow that is being cancelled gets the same answer as the first.
        if (first || by === "logout") yield* Deferred.succeed(condemned, undefined)
        if (first || (!settled && made._tag === "Ended" && made.error._tag === "FlowCancelled")) {
          return { ended: Effect.as(Deferred.await(over), cancelled({ _tag: "Cancelled", flowId: id })) }
        }
        // What a signed-out account was shown is no longer true, so its page is not kept for reloads either.
        if (by === "logout") yield* Deferred.succeed(cut, undefined)
        const waited = by === "logout" ? Deferred.await(over) : Effect.exit(Deferred.await(outcome))
        const what = cancelled(settled ? { _tag: "NothingPending" } : { _tag: "Finished", flowId: id })
        return { ended: Effect.as(waited, what) }
      })

      const cancel = Effect.fn("AuthFlows.cancel")(function*(key: AccountKey) {
        const { ended } = yield* end(key, "cancel")
        return yield* ended
      })

      const logout = Effect.fn("AuthFlows.logout")(function*(key: AccountKey) {
        // One step as far as `start` can see: a flow begins before it and is ended, or after it and is none of its business.
        const signedOut = Effect.gen(function*() {
          const { revoke, was } = yield* sessions.signOut(key)
          const { ended } = yield* end(key, "logout")
          return { was, ended, revoking: yield* Effect.forkIn(revoke, scope) }
        }).pipe(Effect.uninterruptible)
        const { ended, revoking, was } = yield* lock.withLock(`flow ${key}`)(signedOut)
        const flow = yield* ended
        return { was, flow, revoked: yield* Fiber.join(revoking) }
      })

      return AuthFlows.of({ start, pending, complete, cancel, logout })
    })
  )
