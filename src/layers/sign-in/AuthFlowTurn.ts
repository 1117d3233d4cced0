/**
 * Whose turn it is to run the flow of a key: this process's, or another's that is followed for as long as it lives.
 */
import { Clock, Duration, Effect, Exit, Option, Redacted, Ref, Scope } from "effect"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import { FlowCancelled, type FlowFailure } from "../../services/sign-in/FlowFailure.ts"
import type { FlowId, Session } from "../../services/sign-in/Session.ts"
import { type FlowRecord, FlowStore } from "../../services/storage/FlowStore.ts"
import { Leases } from "../../services/storage/Leases.ts"
import * as AuthFlowEntry from "./AuthFlowEntry.ts"
import type * as AuthFlowFollow from "./AuthFlowFollow.ts"
import type { AuthFlowSought } from "./AuthFlowSought.ts"
import type { AuthFlowTab } from "./AuthFlowTab.ts"

/** It is this process's turn. */
export interface Own {
  readonly _tag: "Own"
  readonly purpose: string
  /** The lease that is held. */
  readonly lease: string
  /** The flow of a process that died. */
  readonly inPlaceOf: Option.Option<FlowId>
  /** Whether callers of this process have been shown a flow before. */
  readonly succeeds: boolean
}

/** There is nothing to run. */
export interface Done {
  readonly _tag: "Done"
  readonly outcome: Exit.Exit<Session, FlowFailure>
}

/** How soon it is looked again while another process is about to begin a flow, or to end one. */
const lookEvery = Duration.millis(20)

/** How long another process may take from having the lease to saying so, and from being asked to end a flow to ending it. */
const patience = Duration.seconds(3)

/**
 * The lease of the flow to come. One that is held by a process that does nothing is never waited for again: the flow that
 * was ended over its head gives the next one another name, the same for everybody.
 */
const leaseAfter = (key: AccountKey, purpose: string, newest: Option.Option<FlowRecord>): string =>
  Option.match(newest, {
    onNone: () => `flow ${key} ${purpose}`,
    onSome: ({ evicted, id, lease }) => evicted ? `flow ${key} after ${id}` : lease
  })

/** What the living compete for instead, where a lease is held by a process that says nothing. */
const instead = (lease: string): string => `${lease} instead`

const done = (outcome: Exit.Exit<Session, FlowFailure>): Done => ({ _tag: "Done", outcome })

/** Makes `next` over the services it needs. */
export const make = Effect.fnUntraced(function*(
  sought: AuthFlowSought,
  { follow, outcomeOf, stalled }: AuthFlowFollow.AuthFlowFollow,
  tab: AuthFlowTab
) {
  const store = yield* FlowStore
  const leases = yield* Leases
  const events = yield* AuthEvents

  /** Whether it is had; also where there are none to be had. */
  const tryHold = (lease: string) =>
    Effect.catchTag(leases.tryHold(lease), "StoreUnavailable", () => Effect.succeed(true))

  /** How it ended what this sign-in has followed, whoever went on with it. */
  const endOf = (id: FlowId): Effect.Effect<Option.Option<AuthFlowFollow.Ending>, FlowFailure> =>
    Effect.gen(function*() {
      const record = Option.getOrUndefined(yield* store.read(id))
      if (record?.ending === undefined) return Option.none()
      return record.ending._tag === "TakenOver" ? yield* endOf(record.ending.by) : Option.some(record.ending)
    })

  /** What there is to do for whoever has the lease, or goes without. None: the flow to come has another lease by now. */
  const asHolder = Effect.fnUntraced(function*(
    { key, purpose }: { readonly key: AccountKey; readonly purpose: string },
    lease: string,
    followed: Option.Option<FlowId>,
    held = lease
  ): Effect.fn.Return<Option.Option<Own | Done>, FlowFailure> {
    const newest = yield* store.newest(key, purpose)
    if (leaseAfter(key, purpose, newest) !== lease) return Option.none()
    const end = Option.isSome(followed) ? yield* endOf(followed.value) : Option.none()
    if (Option.isSome(end)) return Option.some(done(yield* Effect.exit(outcomeOf(key, end.value))))
    const unended = Option.filter(newest, ({ ending }) => ending === undefined)
    const asked = Option.getOrUndefined(unended)?.asked
    if (Option.isSome(unended) && asked !== undefined) {
      // Its process died over what it was asked to do.
      const error = new FlowCancelled({ by: asked })
      yield* store.change(unended.value.id, { _tag: "Ended", ending: { _tag: "Failed", error }, evicts: false })
      return Option.isSome(followed) ? Option.some(done(Exit.fail(error))) : Option.none()
    }
    const left = Option.map(unended, ({ id }) => id)
    const { session } = yield* sought.find(key)
    if (Option.isSome(session)) {
      // Exchanged and stored by a process that could not tell any more.
      for (const id of Option.toArray(left)) {
        yield* store.change(id, { _tag: "Ended", ending: { _tag: "SignedIn" }, evicts: false })
      }
      return Option.some(done(Exit.succeed(session.value)))
    }
    return Option.some({ _tag: "Own", purpose, lease: held, inPlaceOf: left, succeeds: Option.isSome(followed) })
  })

  /** Shows another process's flow as it is, and has it shown to the person if a caller here wants that. */
  const following = Effect.fnUntraced(function*(
    entry: AuthFlowEntry.AuthFlowEntry,
    record: FlowRecord,
    succeeds: boolean
  ) {
    // The lease outlives the following where it is won; what shows the flow does not.
    const showing = yield* Scope.make()
    yield* events.publish({ _tag: "FlowFollowed", key: entry.key, flowId: record.id, pid: record.pid })
    yield* Ref.set(entry.shown, record.tab)
    return yield* follow(
      record,
      Effect.fnUntraced(function*(now: FlowRecord) {
        yield* Ref.set(entry.role, { _tag: "Following", record: now })
        if (now.tab !== "not_asked") yield* Ref.set(entry.shown, now.tab)
        if (Option.isNone(now.opened)) return
        const { redirectUri } = now.opened.value
        const authorizationUrl = Redacted.value(now.opened.value.authorizationUrl)
        const isShown = Option.exists(yield* Ref.get(entry.flow), ({ id }) => id === now.id)
        if (isShown) return
        const earlier = yield* tab.wanted(entry, succeeds)
        yield* AuthFlowEntry.show(entry, { ...now, authorizationUrl, redirectUri }, false)
        yield* Effect.forkIn(tab.serve(entry, { id: now.id, authorizationUrl }, earlier), showing)
      })
    ).pipe(Effect.onExit((exit) => Scope.close(showing, exit)))
  })

  /** Ends a flow over its process's head, unless that or somebody else was faster; gives how it has ended. */
  const evict = Effect.fnUntraced(
    function*(record: FlowRecord, error: FlowFailure): Effect.fn.Return<Done, FlowFailure> {
      yield* store.change(record.id, { _tag: "Ended", ending: { _tag: "Failed", error }, evicts: true })
      const end = yield* endOf(record.id)
      return done(Option.isSome(end) ? yield* Effect.exit(outcomeOf(record.key, end.value)) : Exit.fail(error))
    }
  )

  /**
   * Waits until it is this process's turn, or there is nothing to do any more, and shows other processes' flows meanwhile.
   * A lease that is won is held in the Scope. Interruptible.
   */
  return Effect.fn("AuthFlows.turn")(function*(
    entry: AuthFlowEntry.AuthFlowEntry
  ): Effect.fn.Return<Own | Done, FlowFailure, Scope.Scope> {
    const { key } = entry
    const purpose = yield* sought.purpose
    const scope = yield* Effect.scope
    let followed = Option.none<FlowId>()
    let idle = Option.none<number>()

    while (true) {
      const trial = yield* Scope.fork(scope)
      const newest = yield* store.newest(key, purpose)
      const lease = leaseAfter(key, purpose, newest)
      const now = yield* Clock.currentTimeMillis
      const isTired = Option.exists(idle, (since) => now - since >= Duration.toMillis(patience))

      const pending = Option.getOrUndefined(Option.filter(newest, ({ ending }) => ending === undefined))
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
          if (what._tag === "Ended") return done(yield* Effect.exit(outcomeOf(key, what.ending)))
          if (what._tag === "Stalled") return yield* evict(record, what.error)
          const turn = what._tag === "Orphaned"
            ? yield* asHolder({ key, purpose }, record.lease, followed)
            : Option.none()
          if (Option.isSome(turn)) return turn.value
        }
      } else if (isTired && pending?.asked !== undefined) {
        yield* evict(pending, new FlowCancelled({ by: pending.asked }))
        idle = Option.none()
      } else if (isTired && (yield* Scope.provide(tryHold(instead(lease)), trial))) {
        const turn = yield* asHolder({ key, purpose }, lease, followed, instead(lease))
        if (Option.isSome(turn)) return turn.value
        idle = Option.none()
      } else {
        // Somebody has the lease and is about to begin a flow, to end one, or to let the lease go of one that has ended.
        if (Option.isNone(idle)) idle = Option.some(now)
        yield* Effect.sleep(lookEvery)
      }
      yield* Scope.close(trial, Exit.void)
    }
  })
})
