import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Clock, Context, Effect, Exit, Fiber, Layer, Scope, Stream, Tracer } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { TestClock } from "effect/testing"
import { existsSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { inspect } from "node:util"
import * as NodeSqlite from "../../../src/layers/storage/NodeSqlite.ts"
import { temporaryDatabase } from "../../support/sqlStores.ts"

const open = (filename: string) =>
  Effect.map(Layer.build(NodeSqlite.layer(filename)), (context) => Context.get(context, SqlClient.SqlClient))

/** Another program, which has the file open through no code of ours. */
const stranger = (filename: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new DatabaseSync(filename)),
    (db) => Effect.sync(() => db.isOpen && db.close())
  )

/** A file with one table, our client, and a stranger who may lock it. */
const shared = Effect.gen(function*() {
  const filename = yield* temporaryDatabase
  const sql = yield* open(filename)
  yield* sql`CREATE TABLE notes (text TEXT)`
  return { filename, sql, other: yield* stranger(filename) }
})

const reasonOf = <A, R>(effect: Effect.Effect<A, SqlError.SqlError, R>) =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason._tag)

/** All there is in it, hidden properties included. */
const deep = (value: unknown) => inspect(value, { depth: null, showHidden: true, maxStringLength: null })

describe("NodeSqlite", () => {
  it.effect("what is committed is on the disk, and readers and a writer do not wait for each other", () =>
    Effect.gen(function*() {
      const sql = yield* open(yield* temporaryDatabase)
      assert.deepStrictEqual(yield* sql`PRAGMA journal_mode`.values, [["wal"]])
      assert.deepStrictEqual(yield* sql`PRAGMA synchronous`.values, [[2]])
    }))

  it.effect("a transaction that fails leaves nothing, one that succeeds leaves all", () =>
    Effect.gen(function*() {
      const { other, sql } = yield* shared
      const two = Effect.andThen(sql`INSERT INTO notes VALUES ('one')`, sql`INSERT INTO notes VALUES ('two')`)
      assert.strictEqual(yield* Effect.flip(sql.withTransaction(Effect.andThen(two, Effect.fail("no")))), "no")
      assert.deepStrictEqual(other.prepare("SELECT * FROM notes").all(), [])
      yield* sql.withTransaction(two)
      assert.lengthOf(other.prepare("SELECT * FROM notes").all(), 2)
    }))

  it.effect("rows come as objects, as arrays and as a stream", () =>
    Effect.gen(function*() {
      const sql = yield* open(NodeSqlite.inMemory)
      const query = sql`SELECT ${1} AS same, ${"two"} AS other UNION ALL SELECT ${null}, ${"four"}`
      const rows = [{ same: 1, other: "two" }, { same: null, other: "four" }]
      assert.deepStrictEqual((yield* query).map((row) => ({ ...row })), rows)
      assert.deepStrictEqual((yield* Stream.runCollect(query.stream)).map((row) => ({ ...row })), rows)
      assert.deepStrictEqual(yield* sql`SELECT 1 AS same, 2 AS same`.values, [[1, 2]])
    }))

  it.effect("a database that another program has locked is waited for, without the thread, and had when it is free", () =>
    Effect.gen(function*() {
      const { other, sql } = yield* shared
      other.exec("BEGIN EXCLUSIVE")
      const began = yield* TestClock.withLive(Clock.currentTimeMillis)
      const writing = yield* Effect.forkChild(sql`INSERT INTO notes VALUES ('late')`, { startImmediately: true })
      yield* TestClock.adjust("1500 millis")
      assert.isUndefined(writing.pollUnsafe())
      // Some thirty attempts. SQLite's own waiting would have held the thread all that time.
      assert.isBelow((yield* TestClock.withLive(Clock.currentTimeMillis)) - began, 700)
      other.exec("COMMIT")
      yield* TestClock.adjust("100 millis")
      yield* Fiber.join(writing)
      assert.lengthOf(other.prepare("SELECT * FROM notes").all(), 1)
    }))

  it.effect("no single attempt holds the thread", () =>
    Effect.gen(function*() {
      const { other, sql } = yield* shared
      other.exec("BEGIN EXCLUSIVE")
      const attempts = yield* Effect.forEach(
        Arr.range(1, 10),
        Effect.fnUntraced(function*() {
          const began = yield* TestClock.withLive(Clock.monotonicTimeNanos)
          const writing = yield* Effect.forkChild(sql`INSERT INTO notes VALUES ('late')`, { startImmediately: true })
          const took = Number((yield* TestClock.withLive(Clock.monotonicTimeNanos)) - began) / 1e6
          yield* Fiber.interrupt(writing)
          return took
        })
      )
      // The quickest says what is ours; the others may have been kept by the machine.
      assert.isBelow(Math.min(...attempts), 5)
      other.exec("ROLLBACK")
      assert.deepStrictEqual(other.prepare("SELECT * FROM notes").all(), [])
    }))

  it.effect("a database that stays locked fails after two seconds, as what it is; a transaction has not begun then", () =>
    Effect.gen(function*() {
      const { other, sql } = yield* shared
      other.exec("BEGIN EXCLUSIVE")
      const insert = sql`INSERT INTO notes VALUES ('never')`
      for (const writing of [insert, sql.withTransaction(insert)]) {
        const fiber = yield* Effect.forkChild(reasonOf(writing), { startImmediately: true })
        yield* TestClock.adjust("1900 millis")
        assert.isUndefined(fiber.pollUnsafe())
        yield* TestClock.adjust("200 millis")
        assert.strictEqual(fiber.pollUnsafe() && (yield* Fiber.join(fiber)), "LockTimeoutError")
      }
      other.exec("ROLLBACK")
      yield* sql.withTransaction(insert)
      assert.lengthOf(other.prepare("SELECT * FROM notes").all(), 1)
    }))

  it.effect("who reads waits neither for a program that writes nor for a writer of ours that waits", () =>
    Effect.gen(function*() {
      const { other, sql } = yield* shared
      other.exec("BEGIN EXCLUSIVE; INSERT INTO notes VALUES ('not yet')")
      const writing = yield* Effect.forkChild(sql`INSERT INTO notes VALUES ('late')`, { startImmediately: true })
      assert.deepStrictEqual(yield* sql`SELECT * FROM notes`, [])
      assert.isUndefined(writing.pollUnsafe())
      yield* Fiber.interrupt(writing)
    }))

  it.effect("a file that somebody has for himself is waited for when it is opened", () =>
    Effect.gen(function*() {
      const alone = yield* temporaryDatabase
      const first = yield* stranger(alone)
      first.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE mine (text TEXT); COMMIT")
      const opening = yield* Effect.forkChild(open(alone), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      assert.isUndefined(opening.pollUnsafe())
      first.close()
      yield* TestClock.adjust("1 second")
      yield* Effect.andThen(Fiber.join(opening), (sql) => sql`SELECT * FROM mine`)
    }))

  it.effect("closing the Scope closes the file, with nothing left beside it", () =>
    Effect.gen(function*() {
      const filename = yield* temporaryDatabase
      const scope = yield* Scope.make()
      const sql = yield* Scope.provide(open(filename), scope)
      yield* sql`CREATE TABLE notes (text TEXT)`
      assert.isTrue(existsSync(`${filename}-wal`))
      yield* Scope.close(scope, Exit.void)
      assert.isFalse(existsSync(`${filename}-wal`))
      assert.strictEqual(yield* reasonOf(sql`SELECT 1`), "UnknownError")
    }))

  it.effect("the mark changes when another connection has written, and only then", () =>
    Effect.gen(function*() {
      const { other, sql } = yield* shared
      const mark = Effect.provideService(NodeSqlite.changeMark, SqlClient.SqlClient, sql)
      const before = yield* mark
      assert.isNumber(before)
      yield* sql`INSERT INTO notes VALUES ('ours')`
      other.prepare("SELECT * FROM notes").all()
      assert.strictEqual(yield* mark, before)
      other.exec("INSERT INTO notes VALUES ('theirs')")
      assert.notStrictEqual(yield* mark, before)
    }))

  it.effect("a file that cannot be opened fails as such", () =>
    Effect.gen(function*() {
      const filename = yield* temporaryDatabase
      assert.strictEqual(yield* reasonOf(open(`${filename}/nowhere/sessions.db`)), "ConnectionError")
    }))

  it.effect("neither an error nor a span tells a value", () =>
    Effect.gen(function*() {
      const spans: Array<Tracer.Span> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const told = yield* Effect.gen(function*() {
        const sql = yield* open(NodeSqlite.inMemory)
        yield* sql`CREATE TABLE notes (text TEXT PRIMARY KEY CHECK (length(text) < 30), other BIGINT NOT NULL)`
        const insert = (text: unknown, other: unknown) => Effect.exit(sql`INSERT INTO notes VALUES (${text}, ${other})`)
        return [
          yield* insert("canary", 1),
          yield* insert("canary", 2),
          yield* insert("canary".repeat(9), 3),
          yield* insert("canary!", null),
          yield* insert(["canary"], 5),
          yield* Effect.exit(sql`SELECT nothing FROM notes WHERE text = ${"canary"}`)
        ]
      }).pipe(Effect.withTracer(tracer))
      assert.deepStrictEqual(told.map(Exit.isFailure), [false, true, true, true, true, true])
      const failures = told.filter(Exit.isFailure).flatMap(({ cause }) => cause.reasons.map((reason) => deep(reason)))
      const attributes = spans.map(({ attributes: all, name }) => [name, ...all.entries()])
      assert.include(deep(attributes), "INSERT INTO notes VALUES (?, ?)")
      assert.notInclude(`${failures.join("\n")}${deep(attributes)}`, "canary")
    }))
})
