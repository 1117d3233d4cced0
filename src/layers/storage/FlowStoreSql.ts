/**
 * `FlowStore` in a database, shared by all processes that open it. Addresses are in it only sealed.
 */
import { Clock, DateTime, Duration, Effect, Equal, Layer, Option, Schedule, Stream } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { pid } from "node:process"
import type { FlowId } from "../../services/sign-in/Session.ts"
import {
  type FlowChange,
  type FlowRecord,
  FlowStore,
  type FlowUnderWay,
  type TabClaim
} from "../../services/storage/FlowStore.ts"
import type { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { Vault } from "../../services/storage/Vault.ts"
import { endingText, type Row, sealDelivered, sealOpened, toRecord, toUnderWay } from "./FlowRow.ts"
import { migrate } from "./SqlMigrations.ts"
import { storeUnavailable } from "./SqlProblems.ts"

/** How often whoever watches a flow looks at it. */
const lookInterval = "50 millis"

/** How often whoever looks on at all flows does; nobody waits for what they see. */
const lookOnInterval = "200 millis"

/** How long it is remembered how a flow ended: much longer than anybody who waited for it needs to hear of it. */
const remembered = Duration.minutes(10)

/** How many flows are remembered, those that have not ended aside. */
const most = 100

/** Looking again and again is no step of anything, and would bury those that are. */
const untraced = Effect.withTracerEnabled(false)

/**
 * Watches a flow by reading it.
 *
 * @internal
 */
export const watchBy = (
  read: Effect.Effect<Option.Option<FlowRecord>, StoreUnavailable>
): Stream.Stream<FlowRecord, StoreUnavailable> =>
  Stream.fromEffectSchedule(untraced(read), Schedule.spaced(lookInterval)).pipe(
    Stream.flatMap((found) => Stream.fromIterable(Option.toArray(found))),
    Stream.changesWith((one: FlowRecord, other: FlowRecord) => Equal.equals(one, other))
  )

/**
 * Looks on at all flows by reading them.
 *
 * @internal
 */
export const underWayBy = (
  read: Effect.Effect<ReadonlyArray<FlowUnderWay>, StoreUnavailable>
): Stream.Stream<ReadonlyArray<FlowUnderWay>, StoreUnavailable> =>
  Stream.fromEffectSchedule(untraced(read), Schedule.spaced(lookOnInterval)).pipe(
    Stream.changesWith((one: ReadonlyArray<FlowUnderWay>, other: ReadonlyArray<FlowUnderWay>) =>
      Equal.equals(one, other)
    )
  )

const explained = <A>(statement: Effect.Effect<A, SqlError.SqlError>): Effect.Effect<A, StoreUnavailable> =>
  Effect.mapError(statement, storeUnavailable)

const make = Effect.gen(function*() {
  const vault = yield* Vault
  const sql = yield* SqlClient.SqlClient
  yield* migrate

  const one = (rows: Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError>) =>
    Effect.flatMap(
      explained(rows),
      ([row]) => row === undefined ? Effect.succeedNone : Effect.asSome(toRecord(vault, row))
    )

  const read = (id: FlowId) => one(sql`SELECT * FROM flows WHERE flow_id = ${id}`)

  const begin: FlowStore["Service"]["begin"] = Effect.fn("FlowStore.begin")(
    function*(flow, inPlaceOf) {
      const now = yield* Clock.currentTimeMillis
      const forgotten = now - Duration.toMillis(remembered)
      const takenOver = yield* endingText({ _tag: "TakenOver", by: flow.id })
      yield* explained(sql.withTransaction(Effect.gen(function*() {
        yield* sql`
          INSERT INTO flows (
            flow_id, begun, account_key, purpose, lease, pid, started_at, expires_at, tab, answered, evicted
          )
          SELECT ${flow.id}, COALESCE(MAX(begun), 0) + 1, ${flow.key}, ${flow.purpose}, ${flow.lease}, ${pid},
            ${DateTime.toEpochMillis(flow.startedAt)}, ${DateTime.toEpochMillis(flow.expiresAt)}, 'not_asked', 0, 0
          FROM flows`
        for (const id of Option.toArray(inPlaceOf)) {
          yield* sql`UPDATE flows SET ending = ${takenOver}, ended_at = ${now}, opened = NULL, delivered = NULL
            WHERE flow_id = ${id} AND ending IS NULL`
        }
        yield* sql`DELETE FROM flows
          WHERE ended_at < ${forgotten} OR (ended_at IS NULL AND expires_at < ${forgotten})
            OR (ended_at IS NOT NULL AND begun <= (SELECT MAX(begun) FROM flows) - CAST(${most} AS BIGINT))`
      })))
    },
    Effect.uninterruptible
  )

  /** What a change writes, and where that is more than once, on what condition. */
  const written = Effect.fnUntraced(function*(id: FlowId, change: FlowChange) {
    switch (change._tag) {
      case "Opened": {
        const opened = yield* sealOpened(vault, id, change.opened)
        return {
          set: sql`opened = ${opened}, expires_at = ${DateTime.toEpochMillis(change.expiresAt)}`,
          where: sql`opened IS NULL`
        }
      }
      case "Answered":
        return { set: sql`answered = 1`, where: sql`answered = 0` }
      case "Shown":
        return { set: sql`tab = ${change.tab}`, where: sql`tab = 'asked'` }
      case "Asked":
        return {
          set: sql`asked = ${change.by}`,
          where: change.by === "logout" ? sql`(asked IS NULL OR asked <> 'logout')` : sql`asked IS NULL`
        }
      case "Delivered":
        return {
          set: sql`delivered = ${yield* sealDelivered(vault, id, change.redirectedUrl)}`,
          where: sql`delivered IS NULL`
        }
      case "Withdrawn":
        return { set: sql`opened = NULL, delivered = NULL`, where: sql`opened IS NOT NULL` }
      case "Ended": {
        const now = yield* Clock.currentTimeMillis
        return {
          set: sql`ending = ${yield* endingText(change.ending)}, evicted = ${change.evicts ? 1 : 0},
            ended_at = ${now}, opened = NULL, delivered = NULL`,
          where: sql`1 = 1`
        }
      }
    }
  })

  const change = Effect.fn("FlowStore.change")(
    function*(id: FlowId, what: FlowChange) {
      const { set, where } = yield* written(id, what)
      const rows = yield* explained(
        sql`UPDATE flows SET ${set} WHERE flow_id = ${id} AND ending IS NULL AND ${where} RETURNING flow_id`
      )
      return rows.length > 0
    },
    Effect.uninterruptible
  )

  const claimTab: FlowStore["Service"]["claimTab"] = Effect.fn("FlowStore.claimTab")(
    function*({ id, key }, rest) {
      const now = yield* Clock.currentTimeMillis
      const millis = Duration.toMillis(rest)
      return yield* explained(
        sql.withTransaction(Effect.gen(function*(): Effect.fn.Return<TabClaim, SqlError.SqlError> {
          const [flow] = yield* sql<{ readonly tab: FlowRecord["tab"]; readonly ending: string | null }>`
          SELECT tab, ending FROM flows WHERE flow_id = ${id}`
          if (flow === undefined) return { _tag: "Taken", tab: "not_asked" }
          if (flow.tab !== "not_asked" || flow.ending !== null) return { _tag: "Taken", tab: flow.tab }
          // A claim from the future tells that the clock was set back, and not when it was made.
          const claimed = yield* sql`
          INSERT INTO tabs (account_key, claimed_at) VALUES (${key}, ${now})
          ON CONFLICT (account_key) DO UPDATE SET claimed_at = excluded.claimed_at
            WHERE tabs.claimed_at <= ${now - millis} OR tabs.claimed_at > ${now}
          RETURNING claimed_at`
          if (claimed.length > 0) {
            yield* sql`UPDATE flows SET tab = 'asked' WHERE flow_id = ${id}`
            return { _tag: "Granted" }
          }
          const [before] = yield* sql<{ readonly claimed_at: number | string }>`
          SELECT claimed_at FROM tabs WHERE account_key = ${key}`
          return { _tag: "Braked", left: Duration.millis(Number(before?.claimed_at ?? now) + millis - now) }
        }))
      )
    },
    Effect.uninterruptible
  )

  return FlowStore.of({
    newest: Effect.fn("FlowStore.newest")((key, purpose) =>
      one(sql`SELECT * FROM flows WHERE account_key = ${key} AND purpose = ${purpose} ORDER BY begun DESC LIMIT 1`)
    ),
    read: Effect.fn("FlowStore.read")(read),
    pending: Effect.fn("FlowStore.pending")((key) =>
      Effect.flatMap(
        explained(sql`SELECT * FROM flows WHERE account_key = ${key} AND ending IS NULL ORDER BY begun`),
        Effect.forEach((row) => toRecord(vault, row))
      )
    ),
    begin,
    change,
    watch: (id) => watchBy(read(id)),
    underWay: underWayBy(
      Effect.flatMap(
        explained(sql`SELECT * FROM flows WHERE ending IS NULL ORDER BY begun`),
        Effect.forEach(toUnderWay)
      )
    ),
    claimTab
  })
})

/**
 * Provides `FlowStore`; needs a database (`SqlClient`) and a `Vault`; finalizes nothing. Building it brings the tables to
 * the form this version needs, if they are not. A `watch` looks twenty times a second by the `Clock`, and
 * `underWay` five times.
 */
export const layer: Layer.Layer<FlowStore, StoreUnavailable, SqlClient.SqlClient | Vault> = Layer.effect(
  FlowStore,
  make
)
