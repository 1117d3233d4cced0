/**
 * The statements on the tables of the stored sign-ins, in SQL that SQLite and PostgreSQL both take.
 */
import { Effect } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import type { FlowId, Generation } from "../../services/sign-in/Session.ts"
import type { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import type { Row, StateColumns } from "./SessionRow.ts"
import { storeUnavailable } from "./SqlProblems.ts"

const explained = <A>(statement: Effect.Effect<A, SqlError.SqlError>): Effect.Effect<A, StoreUnavailable> =>
  Effect.mapError(statement, storeUnavailable)

export const make = Effect.map(SqlClient.SqlClient, (sql) => {
  const slots = sql`
    SELECT s.account_key, s.generation, s.last_sign_out, s.state, s.record, s.sealed, p.presented_at
    FROM slots s
    LEFT JOIN presentations p ON p.account_key = s.account_key AND p.generation = s.generation`

  /** True unless the flow was ended over its process's head: asked in the same statement that writes. */
  const stands = (flowId: FlowId | undefined) =>
    flowId === undefined
      ? sql`1 = 1`
      : sql`NOT EXISTS (SELECT 1 FROM flows WHERE flow_id = ${flowId} AND evicted = 1)`

  /**
   * Takes a slot from one generation to the next, if it still is at that one, and if the flow that it is of still stands.
   * Gives where it is then.
   */
  const swap = (
    key: AccountKey,
    expected: Generation,
    { record, sealed, state }: StateColumns,
    lastSignOut?: Generation,
    flowId?: FlowId
  ): Effect.Effect<Row | undefined, StoreUnavailable> =>
    Effect.map(
      explained(
        expected === 0
          ? sql`
            INSERT INTO slots (account_key, generation, last_sign_out, state, record, sealed)
            SELECT CAST(${key} AS TEXT), 1, CAST(${lastSignOut ?? 0} AS BIGINT), CAST(${state} AS TEXT),
              CAST(${record} AS TEXT), CAST(${sealed} AS TEXT)
            WHERE ${stands(flowId)}
            ON CONFLICT (account_key) DO NOTHING
            RETURNING account_key, generation, last_sign_out`
          : sql`
            UPDATE slots SET
              generation = generation + 1,
              last_sign_out = ${lastSignOut === undefined ? sql`last_sign_out` : sql`${lastSignOut}`},
              state = ${state}, record = ${record}, sealed = ${sealed}
            WHERE account_key = ${key} AND generation = ${expected} AND ${stands(flowId)}
            RETURNING account_key, generation, last_sign_out`
      ),
      ([row]) => row
    )

  return {
    swap,
    one: (key: AccountKey): Effect.Effect<Row | undefined, StoreUnavailable> =>
      Effect.map(explained(sql`${slots} WHERE s.account_key = ${key}`), ([row]) => row),
    /** Whether a flow was ended over its process's head. */
    isEvicted: (flowId: FlowId) =>
      Effect.map(
        explained(sql`SELECT flow_id FROM flows WHERE flow_id = ${flowId} AND evicted = 1`),
        (rows) => rows.length > 0
      ),
    all: explained(slots),
    /** How far every slot has come, and nothing of what it holds. */
    places: explained(sql`SELECT account_key, generation, last_sign_out FROM slots`),
    /** Notes when the token of a generation is sent, if the slot is at it. Tells whether it did. */
    present: (key: AccountKey, expected: Generation, at: number, again: boolean) =>
      Effect.map(
        explained(sql`
          INSERT INTO presentations (account_key, generation, presented_at)
          SELECT account_key, generation, CAST(${at} AS BIGINT) FROM slots
          WHERE account_key = ${key} AND generation = ${expected}
          ON CONFLICT (account_key) DO UPDATE
            SET generation = excluded.generation, presented_at = excluded.presented_at
            WHERE presentations.generation < excluded.generation
              ${again ? sql`OR presentations.generation = excluded.generation` : sql``}
          RETURNING generation`),
        (rows) => rows.length > 0
      ),
    withdraw: (key: AccountKey, expected: Generation) =>
      Effect.asVoid(
        explained(sql`DELETE FROM presentations WHERE account_key = ${key} AND generation = ${expected}`)
      )
  }
})
