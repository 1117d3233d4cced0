/**
 * `AuthFlows` with one fiber per sign-in, owned by the layer and by no caller, among all processes that share the leases and
 * the stores.
 */
import { DateTime, Deferred, Effect, Fiber, Layer, Option, Ref } from "effect"
import type { SecureRandom } from "effect/crypto"
import type { AuthorizationServer } from "../../services/provider/AuthorizationServer.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import { AuthFlows, type Cancelled } from "../../services/sign-in/AuthFlows.ts"
import type { Browser } from "../../services/sign-in/Browser.ts"
import type { CallbackServer } from "../../services/sign-in/CallbackServer.ts"
import { FlowCancelled } from "../../services/sign-in/FlowFailure.ts"
import { KeyedLock } from "../../services/sign-in/KeyedLock.ts"
import { Sessions } from "../../services/sign-in/Sessions.ts"
import type { FlowStore } from "../../services/storage/FlowStore.ts"
import type { Leases } from "../../services/storage/Leases.ts"
import * as AuthFlowAttempt from "./AuthFlowAttempt.ts"
import * as AuthFlowComplete from "./AuthFlowComplete.ts"
import * as AuthFlowElsewhere from "./AuthFlowElsewhere.ts"
import * as AuthFlowEntries from "./AuthFlowEntries.ts"
import * as AuthFlowEntry from "./AuthFlowEntry.ts"
import * as AuthFlowFollow from "./AuthFlowFollow.ts"
import type { Options } from "./AuthFlowOpen.ts"
import * as AuthFlowSought from "./AuthFlowSought.ts"
import * as AuthFlowStart from "./AuthFlowStart.ts"

export type { Options } from "./AuthFlowOpen.ts"

const cancelled = (what: Cancelled): Cancelled => what

type Needs =
  | AuthorizationServer
  | CallbackServer
  | Browser
  | Sessions
  | FlowStore
  | Leases
  | KeyedLock
  | AuthEvents
  | SecureRandom.SecureRandom

/**
 * Provides `AuthFlows`; needs the provider (`AuthorizationServer`), `CallbackServer`, `Browser`, `Sessions`, `FlowStore`,
 * `Leases`, `KeyedLock`, `AuthEvents` and `SecureRandom`. Closing the layer's Scope ends every pending flow of this process as
 * `FlowCancelled` by `shutdown`, waits for an exchange under way, and frees every port; another process that has followed such a
 * flow goes on with one of its own.
 */
export const layer = (options: Options): Layer.Layer<AuthFlows, never, Needs> =>
  Layer.effect(
    AuthFlows,
    Effect.gen(function*() {
      const sessions = yield* Sessions
      const events = yield* AuthEvents
      const lock = yield* KeyedLock
      const sought = yield* AuthFlowSought.make(options.scopes)
      const follow = yield* AuthFlowFollow.make
      const elsewhere = yield* AuthFlowElsewhere.make(sought, follow)
      const scope = yield* Effect.scope
      const entries = yield* AuthFlowEntries.make(yield* AuthFlowAttempt.make(options, sought, follow))
      const { all, joinable, newest } = entries
      const start = yield* AuthFlowStart.make(sought, entries, elsewhere)
      const complete = yield* AuthFlowComplete.make(options, newest, elsewhere)

      const pending = Effect.fn("AuthFlows.pending")(function*(key: AccountKey) {
        const found = yield* joinable(key)
        // A flow that is still opening has nothing to show yet, and is not waited for.
        const shown = Option.isSome(found) ? yield* Ref.get(found.value.flow) : Option.none()
        const now = yield* DateTime.now
        const own = Option.filter(shown, ({ expiresAt }) => DateTime.isLessThanOrEqualTo(now, expiresAt))
        if (Option.isSome(found) && (yield* Ref.get(found.value.role))._tag === "Owning") {
          // Over this process's head, while it was stopped, and it may not have heard of that yet.
          const isOver = yield* Effect.orElseSucceed(elsewhere.hasEnded(found.value.id), () => false)
          return isOver ? Option.none() : own
        }
        // What is known here of another process's flow may be a moment old.
        const there = yield* elsewhere.pending(key)
        return Option.map(there, (flow) => Option.getOrElse(Option.filter(own, ({ id }) => id === flow.id), () => flow))
      })

      /** Ends a sign-in that is not another process's, and answers with the effect that waits until that has happened. */
      const end = Effect.fnUntraced(function*(entry: AuthFlowEntry.AuthFlowEntry, by: "cancel" | "logout") {
        const { condemned, cut, decision, id, outcome, over } = entry
        const settled = Deferred.isDoneUnsafe(outcome)
        const first = yield* Deferred.succeed(decision, { _tag: "Ended", error: new FlowCancelled({ by }) })
        const made = yield* Deferred.await(decision)
        // Whoever cancels a flow that is being cancelled gets the same answer as the first.
        if (first || by === "logout") yield* Deferred.succeed(condemned, undefined)
        if (first || (!settled && made._tag === "Ended" && made.error._tag === "FlowCancelled")) {
          return { ended: Effect.as(Deferred.await(over), cancelled({ _tag: "Cancelled", flowId: id })) }
        }
        if (!settled) yield* events.publish({ _tag: "EndingLost", flowId: id })
        // What a signed-out account was shown is no longer true, so its page is not kept for reloads either.
        if (by === "logout") yield* Deferred.succeed(cut, undefined)
        const waited = by === "logout" ? Deferred.await(over) : Effect.exit(Deferred.await(outcome))
        const what = cancelled(settled ? { _tag: "NothingPending" } : { _tag: "Finished", flowId: id })
        return { ended: Effect.as(waited, what) }
      })

      /** The sign-in of a key in this process, and whose flow it is. */
      const standing = Effect.fnUntraced(function*(key: AccountKey) {
        const entry = Option.getOrUndefined(yield* newest(key))
        return entry === undefined ? undefined : { entry, role: yield* Ref.get(entry.role) }
      })

      const cancel = Effect.fn("AuthFlows.cancel")(function*(key: AccountKey) {
        const found = yield* standing(key)
        // One that has settled is only there for its pages; a flow that was begun since may be elsewhere.
        const here = found !== undefined && Deferred.isDoneUnsafe(found.entry.outcome) ? undefined : found
        if (here?.role._tag === "Owning") return yield* (yield* end(here.entry, "cancel")).ended
        // One that is still looking is ended here, and whatever it would have found is ended as well.
        const ended = here?.role._tag === "Looking"
          ? yield* (yield* end(here.entry, "cancel")).ended
          : cancelled({ _tag: "NothingPending" })
        const record = here?.role._tag === "Following" ? Option.some(here.role.record) : yield* elsewhere.current(key)
        if (Option.isNone(record)) return ended
        const what = yield* elsewhere.end(record.value, "cancel")
        if (here !== undefined) yield* Deferred.await(here.entry.over)
        return what
      })

      const logout = Effect.fn("AuthFlows.logout")(function*(key: AccountKey) {
        // One step as far as `start` can see: a flow begins before it and is ended, or after it and is none of its business.
        const signedOut = Effect.gen(function*() {
          const { revoke, was } = yield* sessions.signOut(key)
          const here = yield* standing(key)
          const nothing = { ended: Effect.succeed(cancelled({ _tag: "NothingPending" })) }
          if (here?.role._tag === "Following") {
            // Does not wait for the process whose flow it is to say so.
            yield* Deferred.succeed(here.entry.condemned, undefined)
            yield* Deferred.succeed(here.entry.decision, { _tag: "Ended", error: new FlowCancelled({ by: "logout" }) })
          }
          const { ended } = here === undefined || here.role._tag === "Following"
            ? nothing
            : yield* end(here.entry, "logout")
          const own = Option.map(Option.fromUndefinedOr(here), ({ entry }) => entry.id)
          // A flow that is begun from now on is none of this sign-out's business.
          const others = yield* Effect.exit(elsewhere.others(key, own))
          return { here, was, ended, others, revoking: yield* Effect.forkIn(revoke, scope) }
        }).pipe(Effect.uninterruptible)
        const { ended, here, others, revoking, was } = yield* lock.withLock(`flow ${key}`)(signedOut)
        // A caller who leaves does not leave the other processes' flows as they are.
        const ending = yield* Effect.forkIn(
          Effect.flatMap(others, (records) => elsewhere.endAll(records, "logout")),
          scope,
          { startImmediately: true }
        )
        const [flow, ends] = yield* Effect.all([ended, Fiber.join(ending)], { concurrency: "unbounded" })
        if (here !== undefined) yield* Deferred.await(here.entry.over)
        const told = [flow, ...ends].find(({ _tag }) => _tag !== "NothingPending") ?? flow
        return { was, flow: told, revoked: yield* Fiber.join(revoking) }
      })

      const load = Effect.map(all, AuthFlowEntry.loadOf)

      return AuthFlows.of({ scopes: options.scopes, start, pending, complete, cancel, logout, load })
    })
  )
