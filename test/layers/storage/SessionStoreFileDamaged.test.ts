import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import { execFileSync } from "node:child_process"
import { copyFileSync, mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs"
import * as DamagedFile from "../../../src/layers/storage/DamagedFile.ts"
import * as PrivateFile from "../../../src/layers/storage/PrivateFile.ts"
import type { GenerationPassed, SessionStore, StoreUnavailable } from "../../../src/services/storage/SessionStore.ts"
import { recordedLog } from "../../support/privateFiles.ts"
import { ada, generation, grace, signIn, tokensOf } from "../../support/sessionData.ts"
import { asideIn, bytesOf, fileOf, home, namesIn, openAt, using } from "../../support/sessionsFile.ts"
import { start } from "../../support/storeProcesses.ts"

type Store = SessionStore["Service"]

const pageSize = 4096

const overwrite = (path: string, at: number, length: number) => {
  const bytes = readFileSync(path)
  bytes.fill(0xa5, at, at + length)
  writeFileSync(path, bytes)
}

/** By another process: closing a file here would take the locks from the databases that are open here. */
const overwriteOutside = (path: string) =>
  execFileSync(process.execPath, [
    "-e",
    `
    const bytes = fs.readFileSync(${JSON.stringify(path)})
    fs.writeFileSync(${JSON.stringify(path)}, bytes.fill(0xa5, 0, 100))`
  ])

const damages: Readonly<Record<string, (path: string) => void>> = {
  "a damaged header": (path) => overwrite(path, 0, 100),
  "damaged pages in the middle": (path) => overwrite(path, 2 * pageSize, 2 * pageSize),
  "a file cut to half": (path) => truncateSync(path, Math.floor(readFileSync(path).length / 2)),
  "a file cut to one byte": (path) => truncateSync(path, 1),
  "a file of something else": (path) => writeFileSync(path, "all work and no play ".repeat(500))
}

const calls: Readonly<Record<string, (store: Store) => Effect.Effect<object, GenerationPassed | StoreUnavailable>>> = {
  read: (store) => store.read(ada),
  list: (store) => store.list,
  write: (store) => store.write(ada, generation(1), signIn({ accessToken: "late" })),
  tombstone: (store) => store.tombstone(ada)
}

const written = Effect.fnUntraced(function*() {
  const at = yield* home
  yield* using(at, (store) => store.write(ada, generation(0), signIn()))
  return at
})

describe("SessionStoreFile, damaged", () => {
  for (const [damage, inflict] of Object.entries(damages)) {
    for (const [call, make] of Object.entries(calls)) {
      it.effect(`${damage}, found by ${call}: set aside as it is, and the next call works`, () =>
        Effect.gen(function*() {
          const at = yield* written()
          yield* TestClock.setTime(Date.UTC(2031, 4, 6, 7, 8, 9, 10))
          inflict(fileOf(at))
          const damaged = bytesOf(fileOf(at))
          const { lines, logged } = yield* recordedLog
          const store = yield* logged(openAt(at))
          const error = yield* Effect.flip(logged(make(store)))

          const aside = `${fileOf(at)}.damaged-2031-05-06T07-08-09.010Z`
          if (error._tag !== "StoreUnavailable") return assert.fail(error._tag)
          assert.include(String(error), `set aside as ${aside}`)
          assert.isTrue(namesIn(at).includes("sessions.lock"))
          assert.deepStrictEqual(asideIn(at).length, 1)
          assert.strictEqual(bytesOf(aside), damaged)
          assert.deepStrictEqual(lines, [`Warn: ${fileOf(at)} is damaged. It was set aside as ${aside}.`])

          assert.strictEqual((yield* store.read(ada)).state._tag, "Never")
          const slot = yield* store.write(ada, generation(0), signIn({ accessToken: "fresh" }))
          assert.strictEqual(tokensOf(slot)?.access, "fresh")
          assert.deepStrictEqual(tokensOf(yield* store.read(ada)), tokensOf(slot))
          assert.strictEqual(tokensOf(yield* using(at, (other) => other.read(ada)))?.access, "fresh")
          assert.strictEqual(bytesOf(aside), damaged)
        }))
    }
  }

  for (const page of [0, 1]) {
    it.effect(`a log that a dead process left goes with its damaged file, as it is (page ${page})`, () =>
      Effect.gen(function*() {
        const from = yield* written()
        const dying = yield* openAt(from)
        yield* dying.write(grace, generation(0), signIn())
        const at = yield* home
        mkdirSync(at, { mode: 0o700 })
        for (const suffix of ["", "-wal"]) copyFileSync(fileOf(from) + suffix, fileOf(at) + suffix)
        // A page that the log says nothing of.
        overwrite(fileOf(at), page * pageSize, pageSize)
        const before = ["", "-wal"].map((suffix) => bytesOf(fileOf(at) + suffix))
        const error = yield* using(at, (store) => Effect.flip(store.read(ada)))
        assert.include(error.message, "set aside as")
        const aside = asideIn(at)[0] ?? ""
        assert.deepStrictEqual(["", "-wal"].map((suffix) => bytesOf(`${at}/${aside}${suffix}`)), before)
        assert.isFalse(namesIn(at).some((name) => name.startsWith("sessions.db-")))
      }))
  }

  it.effect("nothing at all in the file is an empty store", () =>
    Effect.gen(function*() {
      const at = yield* home
      mkdirSync(at, { mode: 0o700 })
      writeFileSync(fileOf(at), "", { mode: 0o600 })
      const store = yield* openAt(at)
      assert.strictEqual((yield* store.read(ada)).state._tag, "Never")
      assert.deepStrictEqual(yield* store.list, [])
      assert.deepStrictEqual(namesIn(at), ["sessions.db"])
      const slot = yield* store.write(ada, generation(0), signIn())
      assert.deepStrictEqual(tokensOf(yield* store.read(ada)), tokensOf(slot))
      assert.deepStrictEqual(asideIn(at), [])
    }))

  it.effect("a name that is taken is not taken again", () =>
    Effect.gen(function*() {
      const at = yield* written()
      for (const expected of [1, 2, 3]) {
        overwrite(fileOf(at), 0, 100)
        yield* using(at, (other) => Effect.flip(other.read(ada)))
        assert.strictEqual(asideIn(at).length, expected)
        yield* using(at, (other) => other.write(ada, generation(0), signIn()))
      }
    }))

  it.effect("a file that has taken the place of the damaged one is not set aside", () =>
    Effect.gen(function*() {
      const at = yield* written()
      const damaged = yield* Effect.flatMap(PrivateFile.inspect(fileOf(at)), Effect.fromOption)
      renameSync(fileOf(at), `${at}/elsewhere`)
      assert.isTrue(Option.isNone(yield* DamagedFile.setAside(fileOf(at), damaged)))
      yield* using(at, (store) => store.write(ada, generation(0), signIn({ accessToken: "fresh" })))
      assert.isTrue(Option.isNone(yield* DamagedFile.setAside(fileOf(at), damaged)))
      assert.deepStrictEqual(asideIn(at), [])
      assert.strictEqual(tokensOf(yield* using(at, (store) => store.read(ada)))?.access, "fresh")
    }))

  it.live("many that find it at once, each on its own, set it aside once, and nothing fresh", () =>
    Effect.gen(function*() {
      const at = yield* written()
      overwrite(fileOf(at), 0, 100)
      const damaged = bytesOf(fileOf(at))
      const exits = yield* Effect.forEach(
        Array.from({ length: 8 }),
        () => Effect.flatMap(openAt(at), (store) => Effect.exit(store.tombstone(ada))),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(exits.filter((exit) => exit._tag === "Failure").length, 1)
      assert.strictEqual(asideIn(at).length, 1)
      assert.strictEqual(bytesOf(`${at}/${asideIn(at)[0]}`), damaged)
      assert.strictEqual((yield* using(at, (store) => store.read(ada))).state._tag, "SignedOut")
    }))

  it.effect("those that have it open leave it with whoever finds it, and all go on with the same fresh one", () =>
    Effect.gen(function*() {
      const at = yield* written()
      const [one, two] = [yield* openAt(at), yield* openAt(at)]
      for (const store of [one, two]) assert.strictEqual((yield* store.read(ada)).generation, 1)
      overwriteOutside(fileOf(at))
      const error = yield* using(at, (third) => Effect.flip(third.read(ada)))
      assert.include(error.message, "set aside as")
      for (const store of [one, two]) assert.strictEqual((yield* store.read(ada)).state._tag, "Never")
      yield* one.write(ada, generation(0), signIn({ accessToken: "fresh" }))
      assert.strictEqual(tokensOf(yield* two.read(ada))?.access, "fresh")
      assert.strictEqual(asideIn(at).length, 1)
    }))

  it.live(
    "two processes find it at once: it is set aside once, and both go on with the same fresh one",
    () =>
      Effect.gen(function*() {
        const at = yield* written()
        const [one, two] = yield* Effect.all([start(at), start(at)])
        overwrite(fileOf(at), 0, 100)
        const damaged = bytesOf(fileOf(at))
        const answers = yield* Effect.all([one.tell("write"), two.tell("write")], { concurrency: 2 })
        assert.isAtLeast(answers.filter(({ failed }) => failed !== undefined).length, 1)
        for (const { failed } of answers) if (failed !== undefined) assert.include(failed.message, "set aside as")
        assert.strictEqual(asideIn(at).length, 1)
        assert.strictEqual(bytesOf(`${at}/${asideIn(at)[0]}`), damaged)
        yield* one.tell("write")
        assert.deepInclude((yield* two.tell("read")).done, { state: "SignedIn", access: "access-1" })
        assert.strictEqual(asideIn(at).length, 1)
      }),
    30_000
  )

  it.live("two processes that have it open leave it when a third finds it", () =>
    Effect.gen(function*() {
      const at = yield* written()
      const [one, two] = yield* Effect.all([start(at), start(at)])
      for (const each of [one, two]) assert.strictEqual((yield* each.tell("read")).done?.["state"], "SignedIn")
      overwriteOutside(fileOf(at))
      yield* using(at, (third) => Effect.flip(third.read(ada)))
      const answers = yield* Effect.all([one.tell("read"), two.tell("read")], { concurrency: 2 })
      assert.deepStrictEqual(answers.map(({ done }) => done?.["state"]), ["Never", "Never"])
      assert.isDefined((yield* one.tell("write")).done)
      assert.strictEqual((yield* two.tell("read")).done?.["state"], "SignedIn")
      assert.strictEqual(asideIn(at).length, 1)
    }), 30_000)
})
