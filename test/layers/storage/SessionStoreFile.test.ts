import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { chmodSync, readdirSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { platform } from "node:process"
import { recordedLog, skip } from "../../support/privateFiles.ts"
import { ada, generation, grace, needsSignIn, signIn, tokensOf } from "../../support/sessionData.ts"
import { fileOf, home, namesIn, openAt, using } from "../../support/sessionsFile.ts"
import { take, watching } from "../../support/sessionStreams.ts"

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

const modesIn = (at: string) =>
  Object.fromEntries([["", modeOf(at)], ...namesIn(at).map((name) => [name, modeOf(`${at}/${name}`)])])

const openDescriptors = () => readdirSync("/proc/self/fd").length

const allPrivate = {
  "": "700",
  "sessions.db": "600",
  "sessions.db-shm": "600",
  "sessions.db-wal": "600",
  "sessions.lock": "600"
}

describe("SessionStoreFile", () => {
  it.effect("building it, watching it and reading from it make nothing where there is nothing", () =>
    Effect.gen(function*() {
      const at = yield* home
      const store = yield* openAt(at)
      yield* watching(store.watch)
      assert.strictEqual((yield* store.read(ada)).generation, 0)
      assert.strictEqual((yield* store.read(ada)).state._tag, "Never")
      assert.deepStrictEqual(yield* store.list, [])
      yield* store.withdraw(ada, generation(1))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(namesIn(dirname(at)), [])
    }))

  it.effect("what is written outlives the store", () =>
    Effect.gen(function*() {
      const at = yield* home
      const written = yield* using(at, (store) => store.write(ada, generation(0), signIn()))
      yield* using(at, (store) => store.write(grace, generation(0), needsSignIn()))
      const store = yield* openAt(at)
      const slot = yield* store.read(ada)
      assert.strictEqual(slot.generation, 1)
      assert.deepStrictEqual(tokensOf(slot), tokensOf(written))
      assert.deepStrictEqual((yield* store.list).map(({ key }) => key).toSorted(), [ada, grace])
      assert.strictEqual((yield* store.tombstone(ada)).after.generation, 2)
      yield* store.write(grace, generation(1), signIn())
      yield* store.present(grace, generation(2), { again: false })
      const again = yield* Effect.flip(using(at, (other) => other.present(grace, generation(2), { again: false })))
      assert.strictEqual(again._tag, "AlreadyPresented")
      yield* store.withdraw(grace, generation(2))
      assert.isUndefined((yield* using(at, (other) => other.read(grace))).presentedAt)
    }))

  it.effect("the file, what lies beside it, and the directory are private from their birth", () =>
    Effect.gen(function*() {
      const at = yield* home
      const store = yield* openAt(at)
      yield* store.write(ada, generation(0), signIn())
      assert.deepStrictEqual(modesIn(at), allPrivate)
    }))

  it.effect("what is found open to others is closed to them, each with a warning", () =>
    Effect.gen(function*() {
      const at = yield* home
      const keeper = yield* openAt(at)
      yield* keeper.write(ada, generation(0), signIn())
      const wide = ["", ...namesIn(at)]
      for (const name of wide) chmodSync(`${at}/${name}`, name === "" ? 0o755 : 0o644)
      const { lines, logged } = yield* recordedLog
      const store = yield* openAt(at).pipe(logged)
      assert.strictEqual((yield* store.read(ada).pipe(logged)).generation, 1)
      assert.deepStrictEqual(modesIn(at), allPrivate)
      for (const name of wide.slice(1)) {
        assert.strictEqual(
          lines.filter((line) => line.startsWith(`Warn: Other users had access to ${at}/${name} (mode 644)`)).length,
          1,
          name
        )
      }
      assert.deepInclude(lines, `Warn: Other users had access to ${at} (mode 755); it is mode 700 now.`)
      assert.strictEqual(lines.length, wide.length)
    }))

  it.effect("a file that is opened to others while it is open is closed to them with the next use", () =>
    Effect.gen(function*() {
      const at = yield* home
      const store = yield* openAt(at)
      yield* store.write(ada, generation(0), signIn())
      chmodSync(fileOf(at), 0o666)
      const { lines, logged } = yield* recordedLog
      yield* store.read(ada).pipe(logged)
      assert.strictEqual(modeOf(fileOf(at)), "600")
      assert.deepStrictEqual(lines, [
        `Warn: Other users had access to ${fileOf(at)} (mode 666); it is mode 600 now.`
      ])
    }))

  it.effect("closing it leaves no descriptor open and no log behind", (context) =>
    Effect.gen(function*() {
      if (platform !== "linux") return yield* skip(context, "only Linux lists the descriptors of a process")
      const at = yield* home
      const held = () =>
        readdirSync("/proc/self/fd").filter((fd) => {
          try {
            return statSync(`/proc/self/fd/${fd}`).ino === statSync(fileOf(at)).ino
          } catch {
            return false
          }
        }).length
      yield* using(at, (store) => store.write(ada, generation(0), signIn()))
      const before = openDescriptors()
      yield* using(at, (store) =>
        Effect.gen(function*() {
          yield* store.read(ada)
          yield* store.tombstone(ada)
          assert.isAbove(held(), 0)
          assert.isAbove(openDescriptors(), before)
        }))
      assert.strictEqual(held(), 0)
      assert.strictEqual(openDescriptors(), before)
      assert.deepStrictEqual(namesIn(at), ["sessions.db", "sessions.lock"])
    }))

  it.live("of many that write one slot at once, through stores of their own, one gets through", () =>
    Effect.gen(function*() {
      const at = yield* home
      const stores = yield* Effect.replicateEffect(openAt(at), 5)
      const exits = yield* Effect.forEach(
        [...stores, ...stores],
        (store) => Effect.result(store.write(ada, generation(0), signIn())),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(exits.filter(({ _tag }) => _tag === "Success").length, 1)
      for (const store of stores) assert.strictEqual((yield* store.read(ada)).generation, 1)
    }))

  it.effect("a watch tells own writes at once, and those of others within a tenth of a second", () =>
    Effect.gen(function*() {
      const at = yield* home
      const store = yield* openAt(at)
      const seen = yield* watching(store.watch)
      yield* store.write(ada, generation(0), signIn())
      assert.deepStrictEqual((yield* take(seen, 1)).map((slot) => [slot.key, slot.generation]), [[ada, 1]])
      yield* using(at, (other) => other.tombstone(ada))
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual((yield* take(seen, 1)).map((slot) => [slot.generation, slot.state._tag]), [[
        2,
        "SignedOut"
      ]])
    }))

  it.effect("a watch does not open the file that others write, until something here does", () =>
    Effect.gen(function*() {
      const at = yield* home
      const store = yield* openAt(at)
      const seen = yield* watching(store.watch)
      yield* using(at, (other) => other.write(ada, generation(0), signIn()))
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(namesIn(at), ["sessions.db", "sessions.lock"])
      yield* store.read(grace)
      assert.isTrue(namesIn(at).includes("sessions.db-wal"))
      yield* using(at, (other) => other.write(ada, generation(1), signIn({ accessToken: "second" })))
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual((yield* take(seen, 1)).map((slot) => `${slot.generation} ${tokensOf(slot)?.access}`), [
        "2 second"
      ])
    }))
})
