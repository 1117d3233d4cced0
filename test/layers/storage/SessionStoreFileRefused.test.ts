import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { chownSync, copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { SessionStore } from "../../../src/services/storage/SessionStore.ts"
import { isRoot, skip, somebodyElse } from "../../support/privateFiles.ts"
import { ada, generation, signIn, tokensOf } from "../../support/sessionData.ts"
import { asideIn, bytesOf, fileOf, home, namesIn, openAt, using } from "../../support/sessionsFile.ts"
import { noMounts, startMounted } from "../../support/storeProcesses.ts"

type Store = SessionStore["Service"]

const written = Effect.fnUntraced(function*() {
  const at = yield* home
  yield* using(at, (store) => store.write(ada, generation(0), signIn()))
  return at
})

/** What each kind of call says; they have to agree. */
const refusals = Effect.fnUntraced(function*(store: Store) {
  const read = yield* Effect.flip(store.read(ada))
  const list = yield* Effect.flip(store.list)
  const tombstone = yield* Effect.flip(store.tombstone(ada))
  assert.deepStrictEqual([list.message, tombstone.message], [read.message, read.message])
  return read
})

const beside = ["sessions.db", "sessions.db-wal", "sessions.db-shm", "sessions.lock"]

describe("SessionStoreFile, refusing", () => {
  for (const name of beside) {
    it.effect(`${name} that is a link: refused, what it leads to is left alone`, () =>
      Effect.gen(function*() {
        const at = yield* written()
        const target = `${dirname(at)}/target`
        if (name === "sessions.db") copyFileSync(fileOf(at), target)
        else writeFileSync(target, "theirs", { mode: 0o644 })
        rmSync(`${at}/${name}`, { force: true })
        symlinkSync(target, `${at}/${name}`)
        const before = bytesOf(target)
        const store = yield* openAt(at)
        assert.include((yield* refusals(store)).message, `${at}/${name} is a link`)
        assert.strictEqual(bytesOf(target), before)
        rmSync(`${at}/${name}`)
        if (name !== "sessions.db") assert.strictEqual(tokensOf(yield* store.read(ada))?.access, "access-1")
      }))

    it.effect(`${name} that is a directory: refused`, () =>
      Effect.gen(function*() {
        const at = yield* written()
        rmSync(`${at}/${name}`, { force: true })
        mkdirSync(`${at}/${name}`)
        const store = yield* openAt(at)
        assert.include((yield* refusals(store)).message, `${at}/${name} is a directory`)
      }))

    it.effect(`${name} of somebody else: refused`, (context) =>
      Effect.gen(function*() {
        if (!isRoot) return yield* skip(context, "only root can give a file to another user")
        const at = yield* written()
        writeFileSync(`${at}/${name}`, "", { flag: "a", mode: 0o600 })
        chownSync(`${at}/${name}`, somebodyElse, somebodyElse)
        const store = yield* openAt(at)
        const error = yield* refusals(store)
        assert.include(error.message, `${at}/${name} belongs to another user`)
        assert.include(error.remedy, "another data directory")
        assert.deepStrictEqual(asideIn(at), [])
      }))
  }

  it.effect("a file that turns into a link while it is open is not followed", () =>
    Effect.gen(function*() {
      const at = yield* written()
      const store = yield* openAt(at)
      assert.strictEqual((yield* store.read(ada)).generation, 1)
      rmSync(fileOf(at))
      symlinkSync("/dev/null", fileOf(at))
      assert.include((yield* refusals(store)).message, "is a link")
    }))

  it.effect("a directory of somebody else: refused", (context) =>
    Effect.gen(function*() {
      if (!isRoot) return yield* skip(context, "only root can give a directory to another user")
      const at = yield* written()
      chownSync(at, somebodyElse, somebodyElse)
      const store = yield* openAt(at)
      assert.include((yield* refusals(store)).message, `${at} belongs to another user`)
    }))

  it.effect("a directory that cannot be made: reading finds nothing, writing says why", () =>
    Effect.gen(function*() {
      const at = yield* home
      writeFileSync(at, "a file")
      for (const place of [`${at}/gas`, "/proc/mcp-gas"]) {
        const store = yield* openAt(place)
        assert.strictEqual((yield* store.read(ada)).state._tag, "Never")
        const error = yield* Effect.flip(store.write(ada, generation(0), signIn()))
        if (error._tag !== "StoreUnavailable") return assert.fail(error._tag)
        assert.include(error.message, `The data directory ${place} cannot be used`)
        assert.include(error.remedy, "another data directory")
      }
    }))

  it.effect("a database that stays locked: said after two seconds, by reads of nothing; works once it is free", () =>
    Effect.gen(function*() {
      const at = yield* written()
      const store = yield* openAt(at)
      const slot = yield* store.read(ada)
      const other = yield* Effect.acquireRelease(
        Effect.sync(() => new DatabaseSync(fileOf(at))),
        (db) => Effect.sync(() => db.close())
      )
      other.exec("BEGIN IMMEDIATE")
      const writing = yield* Effect.forkChild(Effect.flip(store.tombstone(ada)), { startImmediately: true })
      assert.strictEqual((yield* store.read(ada)).generation, 1)
      yield* TestClock.adjust("3 seconds")
      const error = yield* Fiber.join(writing)
      assert.include(error.message, "locked")
      assert.include(error.remedy, "Try again")
      other.exec("ROLLBACK")
      assert.strictEqual((yield* store.write(ada, slot.generation, signIn())).generation, 2)
      assert.deepStrictEqual(asideIn(at), [])
    }))

  it.effect("an opening that stays locked: all that wait for it hear so at once; works once it is free", () =>
    Effect.gen(function*() {
      const at = yield* written()
      const store = yield* openAt(at)
      const other = yield* Effect.acquireRelease(
        Effect.sync(() => new DatabaseSync(`${at}/sessions.lock`)),
        (db) => Effect.sync(() => db.close())
      )
      other.exec("BEGIN EXCLUSIVE")
      const reading = yield* Effect.forkChild(
        Effect.all(Array.from({ length: 50 }, () => Effect.flip(store.read(ada))), { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      yield* TestClock.adjust("3 seconds")
      for (const error of yield* Fiber.join(reading)) assert.include(error.message, "locked by another program")
      other.exec("ROLLBACK")
      assert.strictEqual((yield* store.read(ada)).generation, 1)
    }))

  it.effect("a file of a newer version: refused, byte for byte as it was", () =>
    Effect.gen(function*() {
      const at = yield* written()
      const db = new DatabaseSync(fileOf(at))
      db.exec("INSERT INTO mcp_gas_schema (migration_id, name) VALUES (999, 'future')")
      db.close()
      const before = bytesOf(fileOf(at))
      const error = yield* using(at, refusals)
      assert.include(error.message, "newer version")
      assert.include(error.remedy, "Install the newest version")
      assert.strictEqual(bytesOf(fileOf(at)), before)
      assert.deepStrictEqual(namesIn(at), ["sessions.db", "sessions.lock"])
    }))

  it.effect("a lock that is no lock: said, with what to do about it", () =>
    Effect.gen(function*() {
      const at = yield* written()
      writeFileSync(`${at}/sessions.lock`, "all work and no play ".repeat(500))
      const store = yield* openAt(at)
      const error = yield* refusals(store)
      assert.include(error.message, `${at}/sessions.lock cannot be locked`)
      rmSync(`${at}/sessions.lock`)
      assert.strictEqual((yield* store.read(ada)).generation, 1)
      assert.strictEqual(readFileSync(`${at}/sessions.lock`).length, 0)
    }))

  it.live("a full disk: said, nothing changed; works once there is room", (context) =>
    Effect.gen(function*() {
      const reason = noMounts()
      if (reason !== undefined) return yield* skip(context, reason)
      const at = yield* home
      mkdirSync(at)
      const process = yield* startMounted(at, "small")
      assert.strictEqual((yield* process.tell("write")).done?.["generation"], 1)
      assert.include(JSON.stringify(yield* process.tell("fill")), "ENOSPC")
      // The log is reused before it grows.
      let answer = yield* process.tell("write")
      for (let count = 0; count < 200 && answer.failed === undefined; count++) answer = yield* process.tell("write")
      assert.include(answer.failed?.message, "There is no space left")
      assert.include(answer.failed?.remedy, "Free some space")
      const before = (yield* process.tell("read")).done
      assert.strictEqual(before?.["state"], "SignedIn")
      yield* process.tell("free")
      assert.strictEqual((yield* process.tell("write")).done?.["generation"], Number(before?.["generation"]) + 1)
    }), 30_000)

  it.live(
    "a disk that is full from the start: said, and works once there is room",
    (context) =>
      Effect.gen(function*() {
        const reason = noMounts()
        if (reason !== undefined) return yield* skip(context, reason)
        const at = yield* home
        mkdirSync(at)
        const process = yield* startMounted(at, "small")
        yield* process.tell("fill")
        assert.strictEqual((yield* process.tell("read")).done?.["state"], "Never")
        const { failed } = yield* process.tell("write")
        assert.include(failed?.message, "there is no space left")
        yield* process.tell("free")
        assert.strictEqual((yield* process.tell("write")).done?.["generation"], 1)
      }),
    30_000
  )

  it.live(
    "a read-only directory: said by whoever needs it, and the file is as it was",
    (context) =>
      Effect.gen(function*() {
        const reason = noMounts()
        if (reason !== undefined) return yield* skip(context, reason)
        const at = yield* written()
        const before = bytesOf(fileOf(at))
        const process = yield* startMounted(at, "read-only")
        for (const command of ["read", "write"] as const) {
          const { failed } = yield* process.tell(command)
          assert.isDefined(failed, command)
          assert.match(failed?.message ?? "", /StoreUnavailable: .*(?:read-only|cannot be)/u)
          assert.include(failed?.remedy, "another data directory")
        }
        assert.strictEqual(bytesOf(fileOf(at)), before)
        assert.deepStrictEqual(asideIn(at), [])
      }),
    30_000
  )
})
