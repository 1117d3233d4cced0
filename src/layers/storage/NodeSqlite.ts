/**
 * The `SqlClient` of effect/sql on node:sqlite: one connection to one database.
 *
 * SQLite itself waits for a locked database by blocking the thread, so it is told not to wait. Whoever finds the
 * database locked steps back, lets others of this process through, and tries again a few milliseconds later.
 */
import { Effect, Layer, MutableHashMap, Option, Predicate, Semaphore, Stream } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient, type SqlConnection, SqlError, Statement } from "effect/sql"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"
import { isBusy } from "./SqlProblems.ts"
import * as StorePatience from "./StorePatience.ts"

/** A database that only its one client sees, gone with it. */
export const inMemory = ":memory:"

/** Tries again while the database is locked, for two seconds in all; the error is then the one that says so. */
const whileBusy = StorePatience.whileBusy((error) => SqlError.isSqlError(error) && isBusy(error))

/** node:sqlite calls `errcode` what the classification reads as `errno`. */
const reasonOf = (cause: unknown, operation: string): SqlError.SqlErrorReason =>
  SqlError.classifySqliteError(
    Predicate.hasProperty(cause, "errcode") ? Object.assign(cause, { errno: cause.errcode }) : cause,
    { message: `SQLite: ${operation} failed`, operation }
  )

const attempt = <A>(operation: string, run: () => A): Effect.Effect<A, SqlError.SqlError> =>
  Effect.try({ try: run, catch: (cause) => new SqlError.SqlError({ reason: reasonOf(cause, operation) }) })

/** A value that SQLite has no type for is refused by node:sqlite. */
const all = (statement: StatementSync, params: ReadonlyArray<unknown>) =>
  statement.all(...params as ReadonlyArray<SQLInputValue>)

/** Many more than there are statements in this package; each is some kilobytes. */
const mostPrepared = 100

/** What may be kept prepared: a `PRAGMA` may do what it does while it is prepared, and nothing when it is run again. */
const isKept = (sql: string): boolean => /^\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b/i.test(sql)

/** Prepares a statement, unless that was done before. SQLite prepares anew by itself what a change of the tables has outdated. */
const preparing = (db: DatabaseSync, configure: (statement: StatementSync) => void = () => {}) => {
  const prepared = MutableHashMap.empty<string, StatementSync>()
  return (sql: string): StatementSync => {
    const known = Option.getOrUndefined(MutableHashMap.get(prepared, sql))
    if (known !== undefined) return known
    const statement = db.prepare(sql)
    configure(statement)
    if (!isKept(sql)) return statement
    if (MutableHashMap.size(prepared) >= mostPrepared) MutableHashMap.clear(prepared)
    MutableHashMap.set(prepared, sql, statement)
    return statement
  }
}

const connectionTo = (db: DatabaseSync): SqlConnection.Connection => {
  const prepare = preparing(db)
  const prepareValues = preparing(db, (statement) => statement.setReturnArrays(true))
  const rows = (sql: string, params: ReadonlyArray<unknown>) => attempt("execute", () => all(prepare(sql), params))
  const values = (sql: string, params: ReadonlyArray<unknown>) =>
    attempt("execute", () => all(prepareValues(sql), params).map((row) => Object.values(row)))
  const execute: SqlConnection.Connection["execute"] = (sql, params, transform) =>
    Effect.map(rows(sql, params), (found) => transform === undefined ? found : transform(found))
  return {
    execute,
    executeUnprepared: execute,
    executeRaw: rows,
    executeStream: (sql, params, transform) => Stream.fromIterableEffect(execute(sql, params, transform)),
    executeValues: values,
    executeValuesUnprepared: values
  }
}

const make = Effect.fnUntraced(function*(filename: string) {
  const db = yield* Effect.acquireRelease(
    attempt("open", () => new DatabaseSync(filename, { timeout: 0 })),
    (open) => Effect.sync(() => open.close())
  )
  // Committed is on the disk: a token that was replaced at the provider exists nowhere else.
  yield* whileBusy(attempt("open", () => db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")))
  const connection = connectionTo(db)
  const one = SqlClient.makeSqliteAcquirers({
    connection: Effect.succeed(connection),
    semaphore: yield* Semaphore.make(1),
    isTransaction: () => db.isTransaction
  })
  return yield* SqlClient.make({
    ...one,
    // Waiting happens without the permit: whoever only reads need not wait for whoever writes.
    borrower: (use) => whileBusy(one.borrower(use)),
    // BEGIN is the one statement of a transaction that can find the database locked, since it takes the lock there is.
    transactionAcquirer: Effect.map(one.transactionAcquirer, (own) => ({
      ...own,
      executeUnprepared: (...args) => whileBusy(own.executeUnprepared(...args))
    })),
    beginTransaction: "BEGIN IMMEDIATE",
    compiler: Statement.makeCompilerSqlite(),
    driver: "node:sqlite",
    spanAttributes: [["db.system.name", "sqlite"]]
  })
})

/**
 * Provides `SqlClient` for the database in a file, which is made if it is missing; needs nothing; closes it with its
 * Scope. Every commit is on the disk when it returns (WAL, `synchronous=FULL`). A database that is locked is waited for
 * by the `Clock`, two seconds at most, without blocking the thread.
 */
export const layer = (filename: string): Layer.Layer<SqlClient.SqlClient, SqlError.SqlError> =>
  Layer.effect(SqlClient.SqlClient, make(filename)).pipe(Layer.provide(Reactivity.layer))

/** A number that is another one once another connection has changed the database. Reads no table. */
export const changeMark: Effect.Effect<unknown, SqlError.SqlError, SqlClient.SqlClient> = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => Effect.map(sql<{ readonly data_version: number }>`PRAGMA data_version`, ([row]) => row?.data_version)
)
