/**
 * The counters of a machine in its database: together with what other processes add, and whatever form the tables have.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { DatabaseSync } from "node:sqlite"
import * as CounterStoreSql from "../../../src/layers/storage/CounterStoreSql.ts"
import * as NodeSqlite from "../../../src/layers/storage/NodeSqlite.ts"
import type { Series } from "../../../src/services/observability/AuthCounts.ts"
import { CounterStore } from "../../../src/services/observability/CounterStore.ts"
import type { Tally } from "../../../src/services/observability/MachineCounters.ts"
import { ada, generation, signIn } from "../../support/sessionData.ts"
import { layerVault, openStore, temporaryDatabase } from "../../support/sqlStores.ts"

const open = (filename: string) =>
  Effect.map(
    Layer.build(CounterStoreSql.layer.pipe(Layer.provideMerge(NodeSqlite.layer(filename)))),
    (context) => ({ store: Context.get(context, CounterStore), sql: Context.get(context, SqlClient.SqlClient) })
  )

const tally = (since: number, ...counts: ReadonlyArray<readonly [Series, number]>): Tally => ({
  since: DateTime.make(since),
  counts: new Map(counts)
})

const told = ({ counts, since }: Tally): Readonly<Record<string, number | null>> => ({
  since: Option.getOrNull(Option.map(since, DateTime.toEpochMillis)),
  ...Object.fromEntries(counts)
})

describe("CounterStoreSql", () => {
  it.live("adds what several processes have counted, at the same time, and none of it is lost", () =>
    Effect.gen(function*() {
      const filename = yield* temporaryDatabase
      const { store: one } = yield* open(filename)
      const { store: other } = yield* open(filename)
      assert.deepStrictEqual(told(yield* one.read), { since: null })
      const part = tally(5_000, ["auth_flows_started", 2], ["races_prevented.joined", 1])
      yield* Effect.forEach(
        Array.from({ length: 40 }, (_, index) => index % 2 === 0 ? one : other),
        (store) => store.add(part),
        { concurrency: "unbounded" }
      )
      yield* other.add(tally(4_000, ["lease_takeovers", 1]))
      for (const store of [one, other]) {
        assert.deepStrictEqual(told(yield* store.read), {
          since: 4_000,
          auth_flows_started: 80,
          "races_prevented.joined": 40,
          lease_takeovers: 1
        })
      }
    }))

  it.effect("adds in one order whatever order it was counted in, so that two who add never wait for each other", () =>
    Effect.gen(function*() {
      const { sql, store } = yield* open(yield* temporaryDatabase)
      yield* store.add(tally(1, ["lease_takeovers", 1], ["auth_flows_started", 1], ["auth_flows_joined", 1]))
      const rows = yield* sql`SELECT series FROM counters ORDER BY rowid`
      assert.deepStrictEqual(rows.map(({ series }) => series), [
        "auth_flows_joined",
        "auth_flows_started",
        "lease_takeovers"
      ])
    }))

  it.effect("leaves what a newer version counts alone, and does not tell it", () =>
    Effect.gen(function*() {
      const { sql, store } = yield* open(yield* temporaryDatabase)
      yield* sql`INSERT INTO counters (series, count, since) VALUES ('races_prevented.unheard_of', 3, 1)`
      yield* store.add(tally(7_000, ["auth_flows_started", 1]))
      assert.deepStrictEqual(told(yield* store.read), { since: 7_000, auth_flows_started: 1 })
      assert.strictEqual((yield* sql`SELECT * FROM counters`).length, 2)
    }))

  it.live("tables of form 2, in use, become today's, and whoever uses them goes on", () =>
    Effect.gen(function*() {
      const filename = yield* temporaryDatabase
      const { store: sessions } = yield* openStore(filename)
      const before = new DatabaseSync(filename)
      before.exec("DROP TABLE counters; DELETE FROM mcp_gas_schema WHERE migration_id = 3")
      before.close()
      const [one, other] = yield* Effect.all([open(filename), open(filename)], { concurrency: "unbounded" })
      yield* one.store.add(tally(1_000, ["auth_flows_joined", 1]))
      assert.deepStrictEqual(told(yield* other.store.read), { since: 1_000, auth_flows_joined: 1 })
      const slot = yield* sessions.write(ada, generation(0), signIn())
      assert.strictEqual(slot.generation, 1)
    }).pipe(Effect.provide(layerVault)))
})
