/**
 * `CounterStore` in a database, shared by all processes that open it.
 */
import { Array as Arr, DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { allSeries } from "../../services/observability/AuthCounts.ts"
import { CounterStore } from "../../services/observability/CounterStore.ts"
import { nothing, plus, type Tally } from "../../services/observability/MachineCounters.ts"
import type { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { migrate } from "./SqlMigrations.ts"
import { BigInteger } from "./SqlNumbers.ts"
import { storeUnavailable } from "./SqlProblems.ts"

const decode = Schema.decodeUnknownOption(Schema.Struct({
  series: Schema.Literals(allSeries),
  count: BigInteger,
  since: BigInteger
}))

/** What a row tells, if this version knows what it is about. */
const tallyOf = (row: unknown): Option.Option<Tally> =>
  Option.map(decode(row), ({ count, series, since }) => ({
    since: DateTime.make(since),
    counts: new Map([[series, count]])
  }))

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* migrate

  return CounterStore.of({
    add: Effect.fn("CounterStore.add")(function*({ counts, since }) {
      const at = Option.match(since, { onNone: () => 0, onSome: DateTime.toEpochMillis })
      // In one order for all, so that of two who add at the same time one waits for the other, and neither for both.
      const rows = Array.from(counts, ([series, count]) => ({ series, count, since: at }))
        .toSorted((one, other) => one.series < other.series ? -1 : 1)
      if (!Arr.isArrayNonEmpty(rows)) return true
      // One statement, so that it is everything or nothing without a transaction.
      yield* Effect.mapError(
        sql`INSERT INTO counters ${sql.insert(rows)}
          ON CONFLICT (series) DO UPDATE SET count = counters.count + excluded.count`,
        storeUnavailable
      )
      return true
    }, Effect.uninterruptible),
    read: Effect.mapError(sql`SELECT series, count, since FROM counters`, storeUnavailable).pipe(
      Effect.map((rows) => Arr.getSomes(rows.map(tallyOf)).reduce(plus, nothing)),
      Effect.withSpan("CounterStore.read")
    )
  })
})

/**
 * Provides `CounterStore`; needs a database (`SqlClient`); finalizes nothing. Building it brings the tables to the form this
 * version needs, if they are not.
 */
export const layer: Layer.Layer<CounterStore, StoreUnavailable, SqlClient.SqlClient> = Layer.effect(CounterStore, make)
