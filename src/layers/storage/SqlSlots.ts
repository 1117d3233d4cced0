/**
 * The statements on the tables of the stored sign-ins, in SQL that SQLite and PostgreSQL both take.
 */
import { Effect } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import type { Generation } from "../../services/sign-in/Session.ts"
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

  /** Takes a slot from one generation to the next, if it still is at that one. Gives where it is then. */
  const swap = (
    key: AccountKey,
    expected: Generation,
    { record, sealed, state }: StateColumns,
    lastSignOut?: Generation
  ): Effect.Effect<Row | undefined, StoreUnavailable> =>
    Effect.map(
      explained(
        expected === 0
          ? sql`
            INSERT INTO slots (account_key, generation, last_sign_out, state, record, sealed)
            VALUES (${key}, 1, ${lastSignOut ?? 0}, ${state}, ${record}, ${sealed})
            ON CONFLICT (account_key) DO NOTHING
            RETURNING account_key, generation, last_sign_out`
          : sql`
            UPDATE slots SET
              generation = generation + 1,
              last_sign_out = ${lastSignOut === undefined ? sql`last_sign_out` : sql`${lastSignOut}`},
              state = ${state}, record = ${record}, sealed = ${sealed}
            WHERE account_key = ${key} AND generation = ${expected}
            RETURNING account_key, generation, last_sign_out`
      ),
      ([row]) => row
    )

  return {
    swap,
    one: (key: AccountKey): Effect.Effect<Row | undefined, StoreUnavailable> =>
      Effect.map(explained(sql`${slots} WHERE s.account_key = ${key}`), ([row]) => row),
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
