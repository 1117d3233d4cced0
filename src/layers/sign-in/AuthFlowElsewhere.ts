/**
 * The flows of other processes, seen from one that has no part in them: shown, answered and ended from here.
 */
import { Duration, Effect, Option, Redacted, Stream } from "effect"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import type { AuthFlow, Cancelled } from "../../services/sign-in/AuthFlows.ts"
import type { FlowFailure } from "../../services/sign-in/FlowFailure.ts"
import type { FlowId, Session } from "../../services/sign-in/Session.ts"
import { type FlowEnd, type FlowRecord, FlowStore } from "../../services/storage/FlowStore.ts"
import { Leases } from "../../services/storage/Leases.ts"
import type { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { endedBy, shutdown } from "./AuthFlowEntry.ts"
import { type AuthFlowFollow, finishing } from "./AuthFlowFollow.ts"
import type { AuthFlowSought } from "./AuthFlowSought.ts"

export interface AuthFlowElsewhere {
  /** The flow that stands for this process's own, if one is under way. */
  readonly current: (key: AccountKey) => Effect.Effect<Option.Option<FlowRecord>, StoreUnavailable>
  /** The same to show, if there is something to show. */
  readonly pending: (key: AccountKey) => Effect.Effect<Option.Option<AuthFlow>, StoreUnavailable>
  /** Whether a flow has come to its end by now, and nobody goes on with it. */
  readonly hasEnded: (id: FlowId) => Effect.Effect<boolean, StoreUnavailable>
  /** Whether no flow that could stand for this process's own is under way, by what is written down. */
  readonly isQuiet: (key: AccountKey) => Effect.Effect<boolean, StoreUnavailable>
  /** How a flow ends, whoever goes on with it. */
  readonly outcome: (record: FlowRecord) => Effect.Effect<Session, FlowFailure>
  /**
   * Ends a flow, whoever goes on with it, and returns when it is over. A process that does not answer is given two seconds,
   * and thirty if its person has answered; then the flow is ended over its head, and nothing it does can be stored any more.
   */
  readonly end: (record: FlowRecord, by: FlowEnd) => Effect.Effect<Cancelled, StoreUnavailable>
  /** Every flow of the key that is under way now, whatever its purpose, but this one. */
  readonly others: (
    key: AccountKey,
    except: Option.Option<FlowId>
  ) => Effect.Effect<ReadonlyArray<FlowRecord>, StoreUnavailable>
  /** Ends them all. */
  readonly endAll: (
    records: ReadonlyArray<FlowRecord>,
    by: FlowEnd
  ) => Effect.Effect<ReadonlyArray<Cancelled>, StoreUnavailable>
}

const answerTime = Duration.seconds(2)

/** How soon somebody has gone on with the flow of a process that died, if anybody does. */
const takeOverTime = Duration.seconds(1)

const isCancelled = ({ ending }: FlowRecord): boolean =>
  ending?._tag === "Failed" && ending.error._tag === "FlowCancelled"

export const make = Effect.fnUntraced(function*(
  sought: AuthFlowSought,
  { ended, endingOver, follow, outcomeOf, stalled }: AuthFlowFollow
): Effect.fn.Return<AuthFlowElsewhere, never, FlowStore | Leases> {
  const store = yield* FlowStore
  const leases = yield* Leases

  /** Whether the process of a flow is there, as far as anybody can tell. */
  const isAlive = (record: FlowRecord) =>
    Effect.scoped(leases.tryHold(record.lease)).pipe(
      Effect.map((isFree) => !isFree),
      Effect.catchTag("StoreUnavailable", () => Effect.succeed(true))
    )

  const current = Effect.fnUntraced(function*(key: AccountKey) {
    // Without a client there is no flow of this process that another one could stand for.
    const purpose = yield* Effect.option(sought.purpose)
    if (Option.isNone(purpose)) return Option.none()
    const newest = yield* store.newest(key, purpose.value)
    if (Option.isNone(newest) || newest.value.ending !== undefined) return Option.none()
    return (yield* isAlive(newest.value)) ? newest : Option.none()
  })

  const outcome = (record: FlowRecord): Effect.Effect<Session, FlowFailure> =>
    Effect.gen(function*() {
      const left = yield* Effect.scoped(follow(record, () => Effect.void))
      // Whoever waits for its lease goes on with it, if anybody does.
      const what = left._tag === "Orphaned"
        ? yield* Effect.map(Effect.timeoutOption(ended(record), takeOverTime), Option.getOrElse(() => left))
        : left
      switch (what._tag) {
        case "Ended":
          return yield* outcomeOf(record.key, what.ending)
        case "TakenOver": {
          const next = yield* store.read(what.by)
          return Option.isSome(next) ? yield* outcome(next.value) : yield* shutdown
        }
        case "Orphaned":
          return yield* shutdown
        case "Stalled":
          return yield* what.error
      }
    })

  const pending = Effect.fnUntraced(function*(key: AccountKey) {
    const found = yield* current(key)
    if (Option.isNone(found) || Option.isNone(found.value.opened) || found.value.asked !== undefined) {
      return Option.none()
    }
    const record = found.value
    if (Option.isSome(yield* stalled(record))) return Option.none()
    const { authorizationUrl, redirectUri } = found.value.opened.value
    const flow: AuthFlow = {
      id: record.id,
      key,
      authorizationUrl: Redacted.value(authorizationUrl),
      redirectUri,
      startedAt: record.startedAt,
      expiresAt: record.expiresAt,
      outcome: outcome(record),
      shown: store.read(record.id).pipe(
        Effect.map(Option.match({ onNone: () => record.tab, onSome: ({ tab }) => tab })),
        Effect.orElseSucceed(() => record.tab)
      ),
      showing: store.watch(record.id).pipe(
        Stream.map(({ tab }) => tab),
        Stream.catchTag("StoreUnavailable", () => Stream.never)
      )
    }
    return Option.some(flow)
  })

  /** What became of a flow within a time; none: it is as it was. Its lease is not kept. */
  const awaited = (record: FlowRecord, time: Duration.Duration) =>
    Effect.scoped(Effect.timeoutOption(follow(record, () => Effect.void), time))

  const end = Effect.fnUntraced(
    function*(record: FlowRecord, by: FlowEnd): Effect.fn.Return<Cancelled, StoreUnavailable> {
      const { id } = record
      yield* store.change(id, { _tag: "Asked", by })
      const soon = yield* awaited(record, answerTime)
      // Once the person has answered, what is left is finite and finishes.
      const isFinishing = Option.isNone(soon) && Option.exists(yield* store.read(id), ({ answered }) => answered)
      const what = Option.getOrUndefined(isFinishing ? yield* awaited(record, finishing) : soon)
      if (what?._tag !== "Ended" && what?._tag !== "TakenOver") {
        const ending = yield* endingOver(record, endedBy(by))
        yield* store.change(id, { _tag: "Ended", ending, evicts: what?._tag !== "Orphaned" })
      }
      // Whoever wrote its end first has the say.
      const now = Option.getOrUndefined(yield* store.read(id))
      if (now?.ending?._tag === "TakenOver") {
        const next = yield* store.read(now.ending.by)
        return Option.isSome(next) ? yield* end(next.value, by) : { _tag: "NothingPending" }
      }
      return { _tag: now === undefined || isCancelled(now) ? "Cancelled" : "Finished", flowId: id }
    }
  )

  const others: AuthFlowElsewhere["others"] = (key, except) =>
    Effect.map(store.pending(key), (records) => records.filter(({ id }) => !Option.contains(except, id)))

  const endAll: AuthFlowElsewhere["endAll"] = (records, by) =>
    Effect.forEach(records, (record) => end(record, by), { concurrency: "unbounded" })

  const hasEnded = (id: FlowId) =>
    Effect.map(
      store.read(id),
      Option.exists(({ ending }) => ending !== undefined && ending._tag !== "TakenOver")
    )

  const isQuiet = Effect.fnUntraced(function*(key: AccountKey) {
    const purpose = yield* Effect.option(sought.purpose)
    if (Option.isNone(purpose)) return false
    return !Option.exists(yield* store.newest(key, purpose.value), ({ ending }) => ending === undefined)
  })

  return { current, hasEnded, isQuiet, pending, outcome, end, others, endAll }
})
