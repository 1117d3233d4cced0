/**
 * Starting: answers with a session, joins the sign-in there is, or begins one. Never waits for a person.
 */
import { Cause, Deferred, Effect, Option, Ref, Result, type Scope, SubscriptionRef } from "effect"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import type { AuthFlows, Started, StartOptions } from "../../services/sign-in/AuthFlows.ts"
import type { FlowFailure } from "../../services/sign-in/FlowFailure.ts"
import { KeyedLock } from "../../services/sign-in/KeyedLock.ts"
import { Sessions } from "../../services/sign-in/Sessions.ts"
import type { AuthFlowElsewhere } from "./AuthFlowElsewhere.ts"
import type { AuthFlowEntries } from "./AuthFlowEntries.ts"
import * as AuthFlowEntry from "./AuthFlowEntry.ts"
import type { AuthFlowSought } from "./AuthFlowSought.ts"
import * as AuthFlowSpan from "./AuthFlowSpan.ts"
import * as SharedLook from "./SharedLook.ts"

/** Makes `start` over the services it needs. Once the Scope closes, whoever starts, or is about to, is told of the shutdown. */
export const make = Effect.fnUntraced(function*(
  sought: AuthFlowSought,
  { begin, joinable, leaving }: AuthFlowEntries,
  elsewhere: AuthFlowElsewhere
): Effect.fn.Return<
  AuthFlows["Service"]["start"],
  never,
  Sessions | KeyedLock | AuthEvents | Scope.Scope
> {
  const sessions = yield* Sessions
  const lock = yield* KeyedLock
  const events = yield* AuthEvents
  const scope = yield* Effect.scope
  const closing = yield* Deferred.make<void>()
  yield* Effect.addFinalizer(() => Deferred.succeed(closing, undefined))

  /**
   * A session to answer with instead of beginning a flow, refreshed if need be. The store is asked first: what was
   * signed out in another process a moment ago is not signed in here.
   */
  const usable = (key: AccountKey) =>
    Effect.andThen(sessions.slot(key), sessions.fresh(key)).pipe(
      Effect.map(Option.liftPredicate(sought.isEnough)),
      Effect.catchTag("SignInRequired", () => Effect.succeedNone),
      Effect.raceFirst(Effect.andThen(Deferred.await(closing), Effect.fail(AuthFlowEntry.shutdown)))
    )

  /**
   * The sign-in to join. One whose flow has ended, in another process or over this one's head, or whose time is up although no
   * timer has told it, may not have heard of it yet: it is nobody's to join, and is given that moment. `isQuiet` says that there is nothing yet that it could be about.
   */
  const current = Effect.fnUntraced(function*(key: AccountKey) {
    const found = Option.getOrUndefined(yield* joinable(key))
    if (found === undefined) return { _tag: "None" } as const
    const role = yield* Ref.get(found.role)
    if (role._tag === "Looking") {
      return { _tag: "Join", entry: found, isQuiet: yield* elsewhere.isQuiet(key) } as const
    }
    const isOther = role._tag === "Following"
    const isOverdue = !isOther && (yield* AuthFlowEntry.endOverdue(found))
    return isOverdue || (yield* elsewhere.hasEnded(isOther ? role.record.id : found.id))
      ? {
        _tag: "Ended",
        heard: Effect.exit(isOther ? Deferred.await(found.over) : Deferred.await(found.outcome))
      } as const
      : { _tag: "Join", entry: found, isQuiet: false } as const
  })

  const enter = Effect.fnUntraced(function*(key: AccountKey) {
    const found = yield* joinable(key)
    if (Option.isSome(found)) return { _tag: "Join", entry: found.value } as const
    const left = yield* leaving(key)
    if (Option.isSome(left)) return { _tag: "Wait", entry: left.value } as const
    const { session } = yield* sought.find(key)
    if (Option.isSome(session)) return { _tag: "Found", session: session.value } as const
    return { _tag: "Begin", entry: yield* begin(key) } as const
  }, Effect.uninterruptible)

  /** Enters as soon as nothing is left of a sign-in that was ended. The permit covers the transition only. */
  const entered = Effect.fnUntraced(function*(key: AccountKey) {
    while (true) {
      const how = yield* lock.withLock(`flow ${key}`)(enter(key))
      if (how._tag !== "Wait") return how
      yield* Deferred.await(how.entry.over)
    }
  })

  /**
   * Waits until there is something to show, and has it shown if this caller wants that and nobody did before. Only the
   * caller who brought this process to begin a flow has begun it.
   */
  const join = Effect.fnUntraced(
    function*(
      entry: AuthFlowEntry.AuthFlowEntry,
      options: StartOptions,
      isFirst: boolean
    ): Effect.fn.Return<Started, FlowFailure> {
      if (options.openBrowser) {
        yield* SubscriptionRef.update(
          entry.wants,
          ({ count, opener }) => ({ count: count + 1, opener: count === 0 ? options.opener : opener })
        )
      }
      const opened = yield* Deferred.await(entry.opened)
      if (opened._tag === "Found") return { _tag: "AlreadyAuthenticated", session: opened.session }
      const flow = Option.getOrThrow(yield* Ref.get(entry.flow))
      const hasBegun = isFirst && opened.began
      yield* AuthFlowSpan.link(entry.span, hasBegun ? "began" : "joined")
      if (hasBegun) return { _tag: "Began", flow }
      yield* events.publish({ _tag: "FlowJoined", key: entry.key, flowId: flow.id, isFirst })
      return { _tag: "Joined", flow }
    }
  )

  const isClosed = () => scope.state._tag === "Closed"

  /** What a start waits for may be interrupted, or be gone, because the layers below close: its caller is told why. */
  const unlessClosed = (starting: Effect.Effect<Started, FlowFailure>): Effect.Effect<Started, FlowFailure> =>
    Effect.suspend(() => isClosed() ? Effect.fail(AuthFlowEntry.shutdown) : starting).pipe(
      Effect.catchCauseIf(
        (cause) =>
          isClosed() && (Cause.hasInterruptsOnly(cause) ||
            Option.exists(Cause.findErrorOption(cause), ({ _tag }) => _tag === "StoreUnavailable")),
        () => Effect.fail(AuthFlowEntry.shutdown)
      )
    )

  /**
   * Joins a sign-in that was there, unless what it then was about had ended before this caller came: none if they have to
   * begin anew.
   */
  const joinThere = Effect.fnUntraced(
    function*(entry: AuthFlowEntry.AuthFlowEntry, options: StartOptions, isQuiet: boolean) {
      const joined = yield* Effect.result(join(entry, options, false))
      if (Result.isSuccess(joined)) return Option.some(joined.success)
      const { failure } = joined
      const wasEnded = failure._tag === "FlowCancelled" && failure.by !== "shutdown"
      if (!isQuiet || !wasEnded || Deferred.isDoneUnsafe(entry.condemned)) return yield* failure
      yield* Deferred.await(entry.over)
      return Option.none()
    }
  )

  /**
   * The sign-in to join, and a session that is there all the same: some other process may have stored one. However many callers come at
   * once, the store is looked at once for all of them.
   */
  const lookAround = yield* SharedLook.make(
    Effect.fnUntraced(function*(key: AccountKey) {
      // Under the lock, because a logout that is under way holds it: what it is about to end is nobody's to join.
      const there = yield* lock.withLock(`flow ${key}`)(current(key))
      // Not `usable`: a flow is pending because there was nothing to refresh.
      const session = there._tag === "Join" ? (yield* sought.find(key)).session : Option.none()
      return { there, session }
    })
  )

  return Effect.fn("AuthFlows.start")(function*(
    key: AccountKey,
    options: StartOptions
  ): Effect.fn.Return<Started, FlowFailure> {
    while (true) {
      const { session, there } = yield* lookAround(key)
      if (there._tag === "Ended") yield* there.heard
      else if (there._tag === "Join") {
        if (Option.isSome(session)) return { _tag: "AlreadyAuthenticated", session: session.value }
        const joined = yield* joinThere(there.entry, options, there.isQuiet)
        if (Option.isSome(joined)) return joined.value
      } else break
    }
    const session = yield* usable(key)
    if (Option.isSome(session)) return { _tag: "AlreadyAuthenticated", session: session.value }
    // Opening the flow, let alone a person, is waited for without the permit.
    const how = yield* entered(key)
    return how._tag === "Found"
      ? { _tag: "AlreadyAuthenticated", session: how.session }
      : yield* join(how.entry, options, how._tag === "Begin")
  }, unlessClosed)
})
