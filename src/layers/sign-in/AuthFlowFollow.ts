/**
 * Waiting for a flow that another process runs: until it has ended, its process has died, or does nothing any more.
 */
import { Clock, DateTime, Duration, Effect, Option, Ref, Schedule, type Scope, Stream } from "effect"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { FlowCancelled, type FlowFailure, FlowStalled } from "../../services/sign-in/FlowFailure.ts"
import type { FlowId, Session } from "../../services/sign-in/Session.ts"
import { Sessions } from "../../services/sign-in/Sessions.ts"
import { type FlowEnding, type FlowRecord, FlowStore } from "../../services/storage/FlowStore.ts"
import { Leases } from "../../services/storage/Leases.ts"
import type { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { patiently } from "../storage/StorePatience.ts"

/** How a flow ended that nobody went on with. */
export type Ending = Exclude<FlowEnding, { readonly _tag: "TakenOver" }>

/** What became of a flow. */
export type Followed =
  | { readonly _tag: "Ended"; readonly ending: Ending }
  | { readonly _tag: "TakenOver"; readonly by: FlowId }
  /** Its process is gone, and left it as it is. Its lease is held in the Scope now. */
  | { readonly _tag: "Orphaned" }
  /** Its process is there and has done nothing, although it was time to. */
  | { readonly _tag: "Stalled"; readonly error: FlowStalled }

export interface AuthFlowFollow {
  /** Waits for the end of a flow; `seen` is told of it as it is, and as it becomes. Interruptible. */
  readonly follow: (
    record: FlowRecord,
    seen: (record: FlowRecord) => Effect.Effect<void>
  ) => Effect.Effect<Followed, StoreUnavailable, Scope.Scope>
  /** Waits until a flow has ended, or another one stands in for it, and for nothing else. Interruptible. */
  readonly ended: (record: FlowRecord) => Effect.Effect<Followed, StoreUnavailable>
  /** Why a flow counts as stalled, once it does. */
  readonly stalled: (record: FlowRecord) => Effect.Effect<Option.Option<FlowStalled>>
  /**
   * How a flow ends that is ended over its process's head: with this error, unless that process has stored its session before and
   * could not tell any more.
   */
  readonly endingOver: (record: FlowRecord, error: FlowFailure) => Effect.Effect<FlowEnding, StoreUnavailable>
  /** What an ending is to those who wait. */
  readonly outcomeOf: (
    key: AccountKey,
    ending: Ending
  ) => Effect.Effect<Session, FlowFailure>
}

/** How much later than its deadline a process may tell that a flow is over. */
const punctuality = Duration.seconds(1)

/** How long an exchange may take, with what follows it: each of its steps has a limit of its own. */
export const finishing = Duration.seconds(30)

/** When the process of a flow has to have ended it. */
const due = ({ answered, expiresAt }: FlowRecord): number =>
  DateTime.toEpochMillis(expiresAt) + Duration.toMillis(answered ? finishing : punctuality)

const endOf = (ending: FlowEnding): Followed => ending._tag === "TakenOver" ? ending : { _tag: "Ended", ending }

export const make: Effect.Effect<AuthFlowFollow, never, FlowStore | Leases | Sessions> = Effect.gen(function*() {
  const store = yield* FlowStore
  const leases = yield* Leases
  const sessions = yield* Sessions

  const stalled = Effect.fnUntraced(function*(record: FlowRecord) {
    const now = yield* Clock.currentTimeMillis
    return now < due(record) ? Option.none() : Option.some(
      new FlowStalled({ pid: record.pid, after: Duration.millis(now - DateTime.toEpochMillis(record.startedAt)) })
    )
  })

  const watched = (id: FlowId, seen: (record: FlowRecord) => Effect.Effect<void>) =>
    store.watch(id).pipe(
      Stream.tap(seen),
      Stream.flatMap(({ ending }) => Stream.fromIterable(ending === undefined ? [] : [endOf(ending)])),
      Stream.runHead,
      Effect.flatMap(Option.match({ onNone: () => Effect.never, onSome: Effect.succeed })),
      // A store that cannot be asked for a while is asked again: the flow goes on meanwhile, and its deadline stands.
      Effect.retry(Schedule.spaced("1 second"))
    )

  const follow = Effect.fnUntraced(function*(record: FlowRecord, seen: (record: FlowRecord) => Effect.Effect<void>) {
    const latest = yield* Ref.make(record)

    const ended = watched(record.id, (now) => Effect.andThen(Ref.set(latest, now), seen(now)))

    const orphaned = leases.hold(record.lease).pipe(
      // Where there are no leases to be had, nobody can tell.
      Effect.catchTag("StoreUnavailable", () => Effect.never),
      // A process that ended it has let the lease go too, after it had said so.
      Effect.andThen(patiently(store.read(record.id))),
      Effect.map((now): Followed => {
        const ending = Option.getOrUndefined(now)?.ending
        return ending === undefined ? { _tag: "Orphaned" } : endOf(ending)
      })
    )

    const overdue: Effect.Effect<Followed> = Effect.gen(function*() {
      const now = yield* Ref.get(latest)
      const error = yield* stalled(now)
      if (Option.isSome(error)) return { _tag: "Stalled", error: error.value }
      const left = due(now) - (yield* Clock.currentTimeMillis)
      return yield* Effect.delay(overdue, Duration.millis(left))
    })

    return yield* Effect.raceFirst(Effect.raceFirst(ended, orphaned), overdue)
  })

  const outcomeOf: AuthFlowFollow["outcomeOf"] = Effect.fnUntraced(function*(key, ending) {
    if (ending._tag === "Failed") return yield* ending.error
    const { state } = yield* sessions.slot(key)
    // Stored, as was told, and signed out since.
    return state._tag === "SignedIn" ? state.session : yield* new FlowCancelled({ by: "logout" })
  })

  const endingOver: AuthFlowFollow["endingOver"] = ({ id, key }, error) =>
    Effect.map(
      sessions.slot(key),
      ({ state }) =>
        state._tag === "SignedIn" && state.session.flowId === id ? { _tag: "SignedIn" } : { _tag: "Failed", error }
    )

  return { endingOver, follow, ended: ({ id }) => watched(id, () => Effect.void), stalled, outcomeOf }
})
