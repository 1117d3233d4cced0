import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, DateTime, Effect, Exit, Fiber, Option, Queue, Ref, Result, Schema, Scope, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { SqlError } from "effect/sql"
import { TestClock } from "effect/testing"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as NodeSqlite from "../../../src/layers/storage/NodeSqlite.ts"
import type { Slot } from "../../../src/services/storage/SessionStore.ts"
import { ada, generation, grace, needsSignIn, signIn, tokensOf } from "../../support/sessionData.ts"
import { sameSlots } from "../../support/sessionStoreContract.ts"
import { take, watching } from "../../support/sessionStreams.ts"
import { layerVault, openStore, temporaryDatabase } from "../../support/sqlStores.ts"

const two = Effect.gen(function*() {
  const filename = yield* temporaryDatabase
  return { filename, here: yield* openStore(filename), there: yield* openStore(filename) }
})

describe("SessionStoreSql, several processes", () => {
  it.effect("one process reads what another has written, and writes on from there", () =>
    Effect.gen(function*() {
      const { here, there } = yield* two
      const first = yield* here.store.write(ada, generation(0), signIn())
      sameSlots([yield* there.store.read(ada)], [first])
      const second = yield* there.store.write(ada, first.generation, signIn({ accessToken: "access-2" }))
      assert.strictEqual((yield* Effect.flip(here.store.write(ada, generation(1), signIn())))._tag, "GenerationPassed")
      const { before } = yield* here.store.tombstone(ada)
      sameSlots([before], [second])
    }).pipe(Effect.provide(layerVault)))

  it.effect("of a hundred writers at one generation, half of them elsewhere, one writes", () =>
    Effect.gen(function*() {
      const { here, there } = yield* two
      yield* here.store.write(ada, generation(0), signIn())
      for (const at of [generation(1), generation(2)]) {
        const results = yield* Effect.forEach(
          Arr.range(1, 100),
          (writer) =>
            Effect.yieldNow.pipe(
              Effect.andThen(
                (writer % 2 === 0 ? here : there).store.write(ada, at, signIn({ accessToken: `${writer}` }))
              ),
              Effect.result
            ),
          { concurrency: "unbounded" }
        )
        const won = results.filter(Result.isSuccess).map(({ success }) => success)
        assert.lengthOf(won, 1)
        for (const lost of results.filter(Result.isFailure)) assert.strictEqual(lost.failure._tag, "GenerationPassed")
        sameSlots([yield* here.store.read(ada), yield* there.store.read(ada)], [...won, ...won])
      }
    }).pipe(Effect.provide(layerVault)))

  it.effect("a token that may be sent once is sent by one process, until the note is taken back or the slot moves on", () =>
    Effect.gen(function*() {
      const { here, there } = yield* two
      const { generation: at } = yield* here.store.write(ada, generation(0), signIn())
      yield* TestClock.setTime(7_000)
      yield* here.store.present(ada, at, { again: false })
      assert.deepInclude(yield* Effect.flip(there.store.present(ada, at, { again: false })), {
        _tag: "AlreadyPresented",
        at: DateTime.makeUnsafe(7_000)
      })
      assert.deepStrictEqual((yield* there.store.read(ada)).presentedAt, DateTime.makeUnsafe(7_000))
      yield* there.store.withdraw(ada, at)
      yield* there.store.present(ada, at, { again: false })
      const moved = yield* here.store.write(ada, at, signIn())
      assert.isUndefined((yield* there.store.read(ada)).presentedAt)
      assert.strictEqual((yield* Effect.flip(there.store.present(ada, at, { again: true })))._tag, "GenerationPassed")
      yield* there.store.present(ada, moved.generation, { again: false })
    }).pipe(Effect.provide(layerVault)))

  it.effect("who watches sees what others write within a tenth of a second, and his own writes at once", () =>
    Effect.gen(function*() {
      const { here, there } = yield* two
      yield* there.store.write(ada, generation(0), signIn({ accessToken: "before" }))
      const early = yield* watching(here.store.watch)
      const second = yield* there.store.write(ada, generation(1), signIn({ accessToken: "second" }))
      yield* TestClock.adjust("99 millis")
      assert.strictEqual(yield* Queue.size(early), 0)
      yield* TestClock.adjust("1 millis")
      sameSlots([yield* Queue.take(early)], [second])
      const { after: third } = yield* here.store.tombstone(ada)
      sameSlots([yield* Queue.take(early)], [third])
      const fourth = yield* there.store.write(grace, generation(0), needsSignIn())
      const late = yield* watching(here.store.watch)
      const { after: fifth } = yield* there.store.tombstone(ada)
      yield* TestClock.adjust("100 millis")
      sameSlots(yield* take(early, 2), [fourth, fifth])
      sameSlots((yield* take(late, 1)).slice(-1), [fifth])
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Queue.size(early), 0)
      assert.strictEqual(yield* Queue.size(late), 0)
    }).pipe(Effect.provide(layerVault)))

  it.effect("a write of ours that follows one of theirs is told after it, and none is told twice", () =>
    Effect.gen(function*() {
      const { here, there } = yield* two
      const seen = yield* watching(here.store.watch)
      yield* here.store.write(ada, generation(0), signIn())
      yield* there.store.write(ada, generation(1), signIn())
      const third = yield* here.store.write(ada, generation(2), signIn({ accessToken: "third" }))
      yield* TestClock.adjust("300 millis")
      const slots = yield* take(seen, 2)
      assert.deepStrictEqual(slots.map((slot) => slot.generation), [generation(1), generation(3)])
      sameSlots(slots.slice(-1), [third])
    }).pipe(Effect.provide(layerVault)))

  it.effect("what changed after this process read it is told to whoever watches only then", () =>
    Effect.gen(function*() {
      const { here, there } = yield* two
      yield* there.store.write(ada, generation(0), signIn())
      yield* here.store.read(ada)
      const { after } = yield* there.store.tombstone(ada)
      const seen = yield* watching(here.store.watch)
      sameSlots(yield* take(seen, 1), [after])
    }).pipe(Effect.provide(layerVault)))

  it.effect("looking for what others wrote is put off while the database is locked, and given up when it fails", () =>
    Effect.gen(function*() {
      const filename = yield* temporaryDatabase
      const trouble = yield* Ref.make<Option.Option<SqlError.SqlErrorReason>>(Option.none())
      const changeMark = Effect.flatMap(
        Ref.get(trouble),
        Option.match({
          onNone: () => NodeSqlite.changeMark,
          onSome: (reason) => Effect.fail(new SqlError.SqlError({ reason }))
        })
      )
      const here = yield* openStore(filename, { changeMark })
      const there = yield* openStore(filename)
      const seen = yield* Queue.unbounded<Slot>()
      const watch = yield* Effect.forkChild(Stream.runForEach(here.store.watch, (slot) => Queue.offer(seen, slot)), {
        startImmediately: true
      })
      yield* Ref.set(trouble, Option.some(new SqlError.LockTimeoutError({ cause: new Error("locked") })))
      const { after } = yield* there.store.tombstone(ada)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Queue.size(seen), 0)
      yield* Ref.set(trouble, Option.none())
      yield* TestClock.adjust("100 millis")
      sameSlots([yield* Queue.take(seen)], [after])
      yield* Ref.set(trouble, Option.some(new SqlError.UnknownError({ cause: new Error("gone") })))
      yield* TestClock.adjust("100 millis")
      assert.strictEqual((yield* Effect.flip(Fiber.join(watch)))._tag, "StoreUnavailable")
    }).pipe(Effect.provide(layerVault)))

  it.effect("without a mark of changes every look is at the tables", () =>
    Effect.gen(function*() {
      const filename = yield* temporaryDatabase
      const here = yield* openStore(filename, {})
      const there = yield* openStore(filename)
      const seen = yield* watching(here.store.watch)
      for (const times of Arr.range(1, 3)) {
        const { after } = yield* there.store.tombstone(ada)
        assert.strictEqual(after.generation, times)
        yield* TestClock.adjust("100 millis")
        sameSlots(yield* take(seen, 1), [after])
      }
    }).pipe(Effect.provide(layerVault)))

  it.effect("reading, listing and watching change not a byte, and nobody else sees a change", () =>
    Effect.gen(function*() {
      const { filename, here, there } = yield* two
      const slot = yield* here.store.write(ada, generation(0), signIn())
      yield* here.store.present(ada, slot.generation, { again: false })
      const bytes = () => [filename, `${filename}-wal`].map((path) => readFileSync(path))
      const mark = there.sql`PRAGMA data_version`.values
      const before = { bytes: bytes(), mark: yield* mark }
      const scope = yield* Scope.make()
      const reader = yield* Scope.provide(openStore(filename), scope)
      const seen = yield* Scope.provide(watching(reader.store.watch), scope)
      assert.deepStrictEqual(tokensOf(yield* reader.store.read(ada)), { access: "access-1", refresh: "refresh-1" })
      yield* reader.store.read(grace)
      assert.lengthOf(yield* reader.store.list, 1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Queue.size(seen), 0)
      assert.deepStrictEqual({ bytes: bytes(), mark: yield* mark }, before)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual({ bytes: bytes(), mark: yield* mark }, before)
    }).pipe(Effect.provide(layerVault)))

  it.effect("tables that are as they should be are opened while another process writes", () =>
    Effect.gen(function*() {
      const { filename, here } = yield* two
      const slot = yield* here.store.write(ada, generation(0), signIn())
      yield* here.sql.withTransaction(
        Effect.gen(function*() {
          const reader = yield* Effect.forkChild(
            Effect.flatMap(openStore(filename), ({ store }) => store.read(ada)),
            { startImmediately: true }
          )
          yield* TestClock.adjust("3 seconds")
          sameSlots([yield* Fiber.join(reader)], [slot])
        })
      )
    }).pipe(Effect.provide(layerVault)))

  it.live("of several that find no tables, one makes them, and all go on", () =>
    Effect.gen(function*() {
      const filename = yield* temporaryDatabase
      const stores = yield* Effect.replicateEffect(openStore(filename), 8, { concurrency: "unbounded" })
      yield* Effect.forEach(stores, ({ store }) => store.tombstone(ada), { concurrency: "unbounded", discard: true })
      assert.strictEqual((yield* stores[0]?.store.read(ada) ?? Effect.die("no store")).generation, 8)
    }).pipe(Effect.provide(layerVault)))

  it.live(
    "four real processes make the tables at once and sign one slot out fifty times each: two hundred generations",
    () =>
      Effect.gen(function*() {
        const filename = yield* temporaryDatabase
        const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
        const script = fileURLToPath(new URL("../../support/sqlStoreProcess.ts", import.meta.url))
        const fibers = yield* Effect.replicateEffect(
          Effect.forkChild(spawner.string(ChildProcess.make(process.execPath, [script, filename, "50"]))),
          4
        )
        const said = yield* Effect.forEach(fibers, Fiber.join)
        const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Schema.Int)))
        const generations = (yield* Effect.forEach(said, (line) => decode(line))).flat()
        assert.deepStrictEqual(generations.toSorted((a, b) => a - b), Arr.range(1, 200))
      }).pipe(Effect.provide([layerVault, NodeServices.layer])),
    30_000
  )
})
