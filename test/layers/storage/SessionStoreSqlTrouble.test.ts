import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Logger, Queue, Scope } from "effect"
import { TestClock } from "effect/testing"
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { inspect } from "node:util"
import { schemaTable } from "../../../src/layers/storage/SqlMigrations.ts"
import { isDamaged, isLocked, storeUnavailable } from "../../../src/layers/storage/SqlProblems.ts"
import { EndedSession, StoreUnavailable } from "../../../src/services/storage/SessionStore.ts"
import { Vault } from "../../../src/services/storage/Vault.ts"
import { ada, generation, grace, needsSignIn, signIn, tokensOf } from "../../support/sessionData.ts"
import { sameSlots } from "../../support/sessionStoreContract.ts"
import { watching } from "../../support/sessionStreams.ts"
import { layerVault, openStore, temporaryDatabase } from "../../support/sqlStores.ts"

/** A store with Ada signed in. */
const withAda = Effect.gen(function*() {
  const filename = yield* temporaryDatabase
  const { sql, store } = yield* openStore(filename)
  const slot = yield* store.write(ada, generation(0), signIn())
  return { filename, slot, sql, store }
})

const explains = (error: StoreUnavailable, problem: RegExp, remedy: RegExp) => {
  assert.strictEqual(error._tag, "StoreUnavailable")
  assert.match(error.problem, problem)
  assert.match(error.remedy, remedy)
}

describe("SessionStoreSql, trouble", () => {
  it.effect("a database that stays locked is said to be, nothing is changed, and it serves again when it is free", () =>
    Effect.gen(function*() {
      const { filename, slot, store } = yield* withAda
      const other = yield* Effect.acquireRelease(
        Effect.sync(() => new DatabaseSync(filename)),
        (db) => Effect.sync(() => db.close())
      )
      other.exec("BEGIN EXCLUSIVE")
      for (
        const change of [
          store.write(ada, slot.generation, signIn()),
          store.tombstone(ada),
          store.present(ada, slot.generation, { again: true }),
          store.withdraw(ada, slot.generation)
        ]
      ) {
        const changing = yield* Effect.forkChild(Effect.flip(change), { startImmediately: true })
        yield* TestClock.adjust("3 seconds")
        const error = yield* Fiber.join(changing)
        if (error._tag !== "StoreUnavailable") return assert.fail(error._tag)
        explains(error, /locked by another program/u, /Try again/u)
        assert.isTrue(isLocked(error))
        assert.isFalse(isDamaged(error))
      }
      sameSlots([yield* store.read(ada)], [slot])
      const writing = yield* Effect.forkChild(store.write(ada, slot.generation, signIn()), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      other.exec("COMMIT")
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(writing)).generation, 2)
    }).pipe(Effect.provide(layerVault)))

  it.effect("a full disk is said to be full, and the slot stays as it was", () =>
    Effect.gen(function*() {
      const { slot, sql, store } = yield* withAda
      yield* sql`PRAGMA max_page_count = 1`
      const large = signIn({ accessToken: "x".repeat(100_000) })
      const error = yield* Effect.flip(store.write(ada, slot.generation, large))
      if (error._tag !== "StoreUnavailable") return assert.fail(error._tag)
      explains(error, /no space left/u, /Free some space/u)
      assert.isFalse(isDamaged(error))
      sameSlots([yield* store.read(ada)], [slot])
      yield* sql`PRAGMA max_page_count = 1000000`
      assert.strictEqual((yield* store.write(ada, slot.generation, large)).generation, 2)
    }).pipe(Effect.provide(layerVault)))

  it.effect("a read-only database is read, and said to be read-only when it is written", () =>
    Effect.gen(function*() {
      const { slot, sql, store } = yield* withAda
      yield* sql`PRAGMA query_only = ON`
      sameSlots([yield* store.read(ada)], [slot])
      assert.lengthOf(yield* store.list, 1)
      for (const change of [Effect.asVoid(store.tombstone(ada)), store.withdraw(ada, slot.generation)]) {
        explains(yield* Effect.flip(change), /read-only/u, /write access/u)
      }
      sameSlots([yield* store.read(ada)], [slot])
    }).pipe(Effect.provide(layerVault)))

  it.effect("tables of a newer form are refused and left as they are", () =>
    Effect.gen(function*() {
      const { filename, sql } = yield* withAda
      yield* sql`INSERT INTO ${sql(schemaTable)} (migration_id, name) VALUES (99, 'later')`
      const bytes = () => [filename, `${filename}-wal`].map((path) => readFileSync(path))
      const before = bytes()
      const error = yield* Effect.flip(Effect.scoped(openStore(filename)))
      if (error._tag !== "StoreUnavailable") return assert.fail(error._tag)
      explains(error, /newer version/u, /Install the newest version/u)
      assert.isFalse(isDamaged(error))
      assert.deepStrictEqual(bytes(), before)
    }).pipe(Effect.provide(layerVault)))

  it.effect("a file that is no database, and one that was cut or overwritten, is said to be damaged", () =>
    Effect.gen(function*() {
      const filename = yield* temporaryDatabase
      const fill = Effect.gen(function*() {
        const { store } = yield* openStore(filename)
        const large = signIn({ accessToken: "x".repeat(20_000) })
        yield* store.write(ada, generation(0), large)
      })
      yield* Effect.scoped(fill)
      const sound = readFileSync(filename)
      const damages = [
        () => writeFileSync(filename, "this was never a database\n".repeat(400)),
        () => truncateSync(filename, Math.floor(sound.length / 2)),
        () => {
          const file = openSync(filename, "r+")
          writeSync(file, Buffer.alloc(sound.length - 200, 0xa5), 0, sound.length - 200, 200)
          closeSync(file)
        }
      ]
      for (const damage of damages) {
        writeFileSync(filename, sound)
        damage()
        const reading = Effect.flatMap(openStore(filename), ({ store }) => store.read(ada))
        const error = yield* Effect.flip(Effect.scoped(reading))
        const problem = error._tag === "SqlError" ? storeUnavailable(error) : error
        explains(problem, /damaged/u, /sign in again/u)
        assert.isTrue(isDamaged(problem))
      }
    }).pipe(Effect.provide(layerVault)))

  it.effect("a row that was copied to another slot does not open there, and nothing is written", () =>
    Effect.gen(function*() {
      const { filename, sql, store } = yield* withAda
      yield* sql`INSERT INTO slots SELECT ${grace}, 5, 2, state, record, sealed FROM slots WHERE account_key = ${ada}`
      const before = readFileSync(`${filename}-wal`)
      const slot = yield* store.read(grace)
      assert.deepStrictEqual(slot, {
        key: grace,
        generation: generation(5),
        lastSignOut: generation(2),
        state: { _tag: "NeedsSignIn", ended: new EndedSession({ ...needsSignIn("expired").ended, sealed: true }) },
        presentedAt: undefined
      })
      assert.deepStrictEqual(readFileSync(`${filename}-wal`), before)
      assert.deepStrictEqual(tokensOf(yield* store.read(ada)), { access: "access-1", refresh: "refresh-1" })
      assert.strictEqual((yield* store.write(grace, slot.generation, signIn())).generation, 6)
    }).pipe(Effect.provide(layerVault)))

  it.effect("tokens sealed with a key that is gone need a sign-in", () =>
    Effect.gen(function*() {
      const filename = yield* temporaryDatabase
      const withKey = Effect.fnUntraced(function*() {
        const { store } = yield* openStore(filename)
        const before = yield* store.read(ada)
        yield* store.write(ada, before.generation, signIn())
        return before
      }, (own) => Effect.scoped(Effect.provide(own, Layer.fresh(layerVault))))
      assert.strictEqual((yield* withKey()).state._tag, "Never")
      const { state } = yield* withKey()
      assert.deepInclude(state, { _tag: "NeedsSignIn" })
      assert.deepStrictEqual(state._tag === "NeedsSignIn" && state.ended.sealed, true)
    }))

  it.effect("a key that is out of reach for now keeps nobody from signing out, and from nothing else but that", () =>
    Effect.gen(function*() {
      const filename = yield* temporaryDatabase
      const locked = new StoreUnavailable({ problem: "The keychain is locked.", remedy: "Unlock it." })
      const lockable = Layer.effect(
        Vault,
        Effect.map(Vault, (vault) => Vault.of({ ...vault, open: () => Effect.fail(locked) }))
      ).pipe(Layer.provide(layerVault))
      const { store } = yield* openStore(filename).pipe(Effect.provide(lockable))
      yield* store.write(ada, generation(0), signIn())
      assert.strictEqual(yield* Effect.flip(store.read(ada)), locked)
      const { after, before } = yield* store.tombstone(ada)
      assert.strictEqual(after.state._tag, "SignedOut")
      assert.deepInclude(before.state, { _tag: "NeedsSignIn" })
      assert.strictEqual((yield* store.read(ada)).lastSignOut, 2)
    }))

  it.effect("a note that is made and taken back leaves the slot's record as it was, byte for byte", () =>
    Effect.gen(function*() {
      const { sql, store } = yield* openStore(yield* temporaryDatabase).pipe(Effect.provide(layerVault))
      const { generation: at } = yield* store.write(ada, generation(0), signIn())
      const rows = sql`SELECT * FROM slots`
      const before = yield* rows
      yield* store.present(ada, at, { again: false })
      assert.deepStrictEqual(yield* rows, before)
      yield* store.withdraw(ada, at)
      assert.deepStrictEqual(yield* rows, before)
      assert.isUndefined((yield* store.read(ada)).presentedAt)
    }))

  const malformed = [
    ["a record that is no JSON", "record", "{"],
    ["a record that lacks what it needs", "record", "{\"account\":{}}"],
    ["no record", "record", null],
    ["no tokens", "sealed", null],
    ["a state nobody knows", "state", "Asleep"]
  ] as const
  for (const [what, column, value] of malformed) {
    it.effect(`${what} makes that one slot unreadable; signing it out helps, and others are not affected`, () =>
      Effect.gen(function*() {
        const { sql, store } = yield* withAda
        const other = yield* store.write(grace, generation(0), signIn())
        const seen = yield* watching(store.watch)
        yield* sql`UPDATE slots SET ${sql(column)} = ${value}, generation = 7 WHERE account_key = ${ada}`
        for (const reading of [Effect.asVoid(store.read(ada)), Effect.asVoid(store.list)]) {
          const error = yield* Effect.flip(reading)
          explains(error, /"ada@example\.com"/u, /Sign account "ada@example\.com" out/u)
          assert.isFalse(isDamaged(error))
        }
        sameSlots([yield* store.read(grace)], [other])
        const { after, before } = yield* store.tombstone(ada)
        assert.deepStrictEqual(
          [before, after].map((slot) => [slot.generation, slot.state._tag]),
          [[generation(7), "SignedOut"], [generation(8), "SignedOut"]]
        )
        sameSlots([yield* store.read(ada), yield* Queue.take(seen)], [after, after])
        assert.lengthOf(yield* store.list, 2)
      }).pipe(Effect.provide(layerVault)))
  }

  it.effect("an unreadable slot that others wrote keeps nobody from hearing of the others, and its name is logged", () =>
    Effect.gen(function*() {
      const logged: Array<unknown> = []
      const { filename, store } = yield* withAda
      const there = yield* openStore(filename)
      const seen = yield* Effect.provide(
        watching(store.watch),
        Logger.layer([Logger.make(({ message }) => void logged.push(message))])
      )
      yield* there.sql`UPDATE slots SET record = 'canary', generation = 2 WHERE account_key = ${ada}`
      const other = yield* there.store.write(grace, generation(0), signIn())
      yield* TestClock.adjust("1 second")
      const told = yield* Queue.takeN(seen, 2)
      sameSlots(told.filter(({ key }) => key === grace), [other])
      // Nobody goes on trusting what was there before.
      assert.deepStrictEqual(told.flatMap(({ generation: at, key, state }) => key === ada ? [at, state._tag] : []), [
        2,
        "Never"
      ])
      assert.lengthOf(logged, 1)
      assert.include(inspect(logged), ada)
      assert.notInclude(inspect(logged), "canary")
    }).pipe(Effect.provide(layerVault)))

  it.effect("a generation that is none can be neither read nor written over, and says so", () =>
    Effect.gen(function*() {
      const { sql, store } = yield* withAda
      for (const generationless of ["many", "", 0, -1, 1.5]) {
        yield* sql`UPDATE slots SET generation = ${generationless} WHERE account_key = ${ada}`
        for (const use of [Effect.asVoid(store.read(ada)), Effect.asVoid(store.tombstone(ada))]) {
          explains(yield* Effect.flip(use), /"ada@example\.com"/u, /sign in again/u)
        }
        assert.strictEqual((yield* Effect.flip(store.write(ada, generation(0), signIn())))._tag, "StoreUnavailable")
      }
      assert.deepStrictEqual(yield* store.list, [])
    }).pipe(Effect.provide(layerVault)))

  it.effect("no token is in the file, nor beside it, nor in what a failure tells", () =>
    Effect.gen(function*() {
      const filename = yield* temporaryDatabase
      const secret = signIn({ accessToken: "canary-access", refreshToken: "canary-refresh" })
      const scope = yield* Scope.make()
      const { sql, store } = yield* Scope.provide(openStore(filename), scope)
      const { generation: at } = yield* store.write(ada, generation(0), secret)
      yield* store.present(ada, at, { again: false })
      yield* sql`PRAGMA query_only = ON`
      const failures = [
        yield* Effect.flip(store.write(ada, at, secret)),
        yield* Effect.flip(store.write(ada, generation(0), secret)),
        yield* Effect.flip(store.tombstone(ada))
      ]
      const told = inspect(failures, { depth: null, showHidden: true, maxStringLength: null })
      const stored = () => readFileSync(filename).toString("latin1")
      const open = stored() + readFileSync(`${filename}-wal`).toString("latin1")
      yield* Scope.close(scope, Exit.void)
      assert.include(open, "ada@example.com")
      assert.include(stored(), "ada@example.com")
      assert.notInclude(open + stored() + told, "canary")
    }).pipe(Effect.provide(layerVault)))
})
