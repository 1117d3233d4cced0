/**
 * The tables of what is stored, and how an older form of them becomes today's.
 *
 * SQL that SQLite and PostgreSQL both take. A migration that was released is never changed: another one follows it.
 */
import { Effect, Schema } from "effect"
import { Migrator, SqlClient } from "effect/sql"
import { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { notMigrated, storeUnavailable } from "./SqlProblems.ts"

/** The table that tells which migrations were run. */
export const schemaTable = "mcp_gas_schema"

const migrations: Record<`${number}_${string}`, Effect.Effect<void, unknown, SqlClient.SqlClient>> = {
  "1_slots": Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE slots (
      account_key TEXT PRIMARY KEY NOT NULL,
      generation BIGINT NOT NULL,
      last_sign_out BIGINT NOT NULL,
      state TEXT NOT NULL,
      record TEXT,
      sealed TEXT
    )`
    // A table of its own: noting that a token was sent leaves the slot's row as it is.
    yield* sql`CREATE TABLE presentations (
      account_key TEXT PRIMARY KEY NOT NULL,
      generation BIGINT NOT NULL,
      presented_at BIGINT NOT NULL
    )`
  }),
  "2_flows": Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE flows (
      flow_id TEXT PRIMARY KEY NOT NULL,
      begun BIGINT NOT NULL,
      account_key TEXT NOT NULL,
      purpose TEXT NOT NULL,
      lease TEXT NOT NULL,
      pid BIGINT NOT NULL,
      started_at BIGINT NOT NULL,
      expires_at BIGINT NOT NULL,
      opened TEXT,
      tab TEXT NOT NULL,
      answered BIGINT NOT NULL,
      asked TEXT,
      delivered TEXT,
      ending TEXT,
      evicted BIGINT NOT NULL,
      ended_at BIGINT
    )`
    yield* sql`CREATE TABLE tabs (
      account_key TEXT PRIMARY KEY NOT NULL,
      claimed_at BIGINT NOT NULL
    )`
  }),
  "3_counters": Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql`CREATE TABLE counters (
      series TEXT PRIMARY KEY NOT NULL,
      count BIGINT NOT NULL,
      since BIGINT NOT NULL
    )`)
}

/** The form this version reads and writes. */
export const schemaVersion = Object.keys(migrations).length

const Version = Schema.Struct({ version: Schema.NullOr(Schema.Int) })

/** The form the tables have, 0 if there are none. Writes nothing. */
export const version = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const found = yield* sql.onDialectOrElse({
    sqlite: () => sql`SELECT name FROM sqlite_master WHERE type = 'table' AND name = ${schemaTable}`,
    orElse: () =>
      sql`SELECT table_name FROM information_schema.tables
        WHERE table_schema = current_schema() AND table_name = ${schemaTable}`
  })
  if (found.length === 0) return 0
  const [row] = yield* sql`SELECT MAX(migration_id) AS version FROM ${sql(schemaTable)}`
  return (yield* Effect.orDie(Schema.decodeUnknownEffect(Version)(row))).version ?? 0
})

/** Why tables of a newer form are left as they are. */
export const newer = (found: number): StoreUnavailable =>
  new StoreUnavailable({
    problem:
      `The stored sign-ins were written by a newer version of this program (form ${found}, this one knows ${schemaVersion}).`,
    remedy: "Install the newest version, or choose another data directory."
  })

/**
 * Brings the tables to today's form; of any number of processes at once, one does. Where they have it, nothing is
 * written, so that whoever only reads needs no right to write. A newer form is left as it is, and refused.
 */
export const migrate: Effect.Effect<void, StoreUnavailable, SqlClient.SqlClient> = Effect.gen(function*() {
  const before = yield* version
  if (before < schemaVersion) yield* Migrator.make({})({ loader: Migrator.fromRecord(migrations), table: schemaTable })
  const found = before < schemaVersion ? yield* version : before
  if (found > schemaVersion) return yield* newer(found)
}).pipe(
  Effect.catchTags({ SqlError: storeUnavailable, MigrationError: notMigrated }),
  Effect.withSpan("SqlMigrations.migrate")
)
