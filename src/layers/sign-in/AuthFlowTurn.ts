/**
 * Whose turn it is to run the flow of a key: this process's, or another's that is followed for as long as it lives.
 */
import { Clock, Duration, Effect, Exit, Option, Redacted, Ref, Scope, SubscriptionRef } from "effect"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import type { FlowFailure } from "../../services/sign-in/FlowFailure.ts"
import type { FlowId } from "../../services/sign-in/Session.ts"
import { type FlowRecord, FlowStore } from "../../services/storage/FlowStore.ts"
import { Leases } from "../../services/storage/Leases.ts"
import * as AuthFlowEntry from "./AuthFlowEntry.ts"
import type { AuthFlowFollow } from "./AuthFlowFollow.ts"
import type { AuthFlowSought } from "./AuthFlowSought.ts"
import * as AuthFlowSuccession from "./AuthFlowSuccession.ts"
import type { AuthFlowTab } from "./AuthFlowTab.ts"

/** How soon it is looked again while another process is about to begin a flow, or to end one. */
const lookEvery = Duration.millis(20)

/** How long another process may take from having the lease to saying so, and from being asked to end a flow to ending it. */
const patience = Duration.seconds(3)

/** Makes `next` over the services it needs. */
export const make = Effect.fnUntraced(function*(
  sought: AuthFlowSought,
  follows: AuthFlowFollow,
  tab: AuthFlowTab
) {
  const { endingOver, follow, outcomeOf, stalled } = follows
  const store = yield* FlowStore
  const { asHolder, endOf } = yield* AuthFlowSuccession.make(sought, follows)
  const leases = yield* Leases
  const events = yield* AuthEvents

  /** Whether it is had; also where there are none to be had. */
  const tryHold = (lease: string) =>
    Effect.catchTag(leases.tryHold(lease), "StoreUnavailable", () => Effect.succeed(true))

  /** Shows another process's flow as it is, and has it shown to the person if a caller here wants that. */
  const following = Effect.fnUntraced(function*(
    entry: AuthFlowEntry.AuthFlowEntry,
    record: FlowRecord,
    succeeds: boolean
  ) {
    // The lease outlives the following where it is won; what shows the flow does not.
    const showing = yield* Scope.make()
    entry.span.attribute("auth.flow.followed", record.id)
    yield* events.publish({ _tag: "FlowFollowed", key: entry.key, flowId: record.id, pid: record.pid })
    yield* SubscriptionRef.set(entry.shown, record.tab)
    return yield* follow(
      record,
      Effect.fnUntraced(function*(now: FlowRecord) {
        yield* Ref.set(entry.role, { _tag: "Following", record: now })
        if (now.tab !== "not_asked") yield* SubscriptionRef.set(entry.shown, now.tab)
        if (Option.isNone(now.opened)) return
        const { redirectUri } = now.opened.value
        const authorizationUrl = Redacted.value(now.opened.value.authorizationUrl)
        const isShown = Option.exists(yield* Ref.get(entry.flow), ({ id }) => id === now.id)
        if (isShown) return
        const earlier = yield* tab.wanted(entry, succeeds)
        yield* AuthFlowEntry.show(entry, { ...now, authorizationUrl, redirectUri }, false)
        yield* Effect.forkIn(tab.serve(entry, { flowId: now.id, key: now.key, authorizationUrl }, earlier), showing)
      })
    ).pipe(Effect.onExit((exit) => Scope.close(showing, exit)))
  })

  /**
   * Ends a flow over its process's head, unless that or somebody else was faster; gives how it has ended. What that process has
   * stored before it stopped counts, although it could not tell any more.
   */
  const evict = Effect.fnUntraced(
    function*(record: FlowRecord, error: FlowFailure): Effect.fn.Return<AuthFlowSuccession.Done, FlowFailure> {
      const ending = yield* endingOver(record, error)
      yield* store.change(record.id, { _tag: "Ended", ending, evicts: true })
      const end = yield* endOf(record.id)
      return AuthFlowSuccession.done(
        Option.isSome(end) ? yield* Effect.exit(outcomeOf(record.key, end.value)) : Exit.fail(error)
      )
    }
  )

  /**
   * Waits until it is this process's turn, or there is nothing to do any more, and shows other processes' flows meanwhile.
   * A lease that is won is held in the Scope. Interruptible.
   */
  return Effect.fn("AuthFlows.turn")(function*(
    entry: AuthFlowEntry.AuthFlowEntry
  ): Effect.fn.Return<AuthFlowSuccession.Own | AuthFlowSuccession.Done, FlowFailure, Scope.Scope> {
    const { key } = entry
    const purpose = yield* sought.purpose
    const scope = yield* Effect.scope
    let followed = Option.none<FlowId>()
    /** What is waited for since when. Whatever else comes is given its own time. */
    let idle = Option.none<{ readonly since: number; readonly over: FlowId | undefined }>()

    while (true) {
      const trial = yield* Scope.fork(scope)
      const newest = yield* store.newest(key, purpose)
      const lease = AuthFlowSuccession.leaseAfter(key, purpose, newest)
      const now = yield* Clock.currentTimeMillis
      const pending = Option.getOrUndefined(Option.filter(newest, ({ ending }) => ending === undefined))
      const waited = Option.filter(idle, ({ over }) => over === pending?.id)
      const isTired = Option.exists(waited, ({ since }) => now - since >= Duration.toMillis(patience))
      const isBeingEnded = pending?.asked !== undefined && !pending.answered

      if (yield* Scope.provide(tryHold(lease), trial)) {
        const turn = yield* asHolder({ key, purpose }, lease, followed)
        if (Option.isSome(turn)) return turn.value
        idle = Option.none()
      } else if (pending !== undefined && !isBeingEnded) {
        idle = Option.none()
        const record = pending
        const overdue = yield* stalled(record)
        if (Option.isSome(overdue)) yield* evict(record, overdue.value)
        else {
          const what = yield* Scope.provide(following(entry, record, Option.isSome(followed)), trial)
          followed = Option.some(record.id)
          if (what._tag === "Ended") return AuthFlowSuccession.done(yield* Effect.exit(outcomeOf(key, what.ending)))
          if (what._tag === "Stalled") return yield* evict(record, what.error)
          const turn = what._tag === "Orphaned"
            ? yield* asHolder({ key, purpose }, record.lease, followed)
            : Option.none()
          if (Option.isSome(turn)) return turn.value
        }
      } else if (isTired && pending?.asked !== undefined) {
        yield* evict(pending, AuthFlowEntry.endedBy(pending.asked))
        idle = Option.none()
      } else if (isTired && (yield* Scope.provide(tryHold(AuthFlowSuccession.instead(lease)), trial))) {
        const turn = yield* asHolder({ key, purpose }, lease, followed, AuthFlowSuccession.instead(lease))
        if (Option.isSome(turn)) return turn.value
        idle = Option.none()
      } else {
        // Somebody has the lease and is about to begin a flow, to end one, or to let the lease go of one that has ended.
        if (Option.isNone(waited)) idle = Option.some({ since: now, over: pending?.id })
        yield* Effect.sleep(lookEvery)
      }
      yield* Scope.close(trial, Exit.void)
    }
  })
})
