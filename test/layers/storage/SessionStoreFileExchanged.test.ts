import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Queue } from "effect"
import { TestClock } from "effect/testing"
import { copyFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import type { SessionStore, Slot } from "../../../src/services/storage/SessionStore.ts"
import { ada, generation, grace, signIn, tokensOf } from "../../support/sessionData.ts"
import { asideIn, fileOf, home, openAt, using } from "../../support/sessionsFile.ts"
import { take, watching } from "../../support/sessionStreams.ts"

type Store = SessionStore["Service"]

/** Signs Ada in three times over, so that generations are worth something. */
const signedIn = Effect.fnUntraced(function*(store: Store) {
  yield* store.write(ada, generation(0), signIn({ accessToken: "one" }))
  yield* store.write(ada, generation(1), signIn({ accessToken: "two" }))
  return yield* store.write(ada, generation(2), signIn({ accessToken: "three" }))
})

const remove = (at: string) => {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(fileOf(at) + suffix, { force: true })
}

/** Puts a database in the place of the one that is there, as a restored backup would be. */
const replace = Effect.fnUntraced(function*(at: string, fill: (store: Store) => ReturnType<Store["write"]>) {
  const other = yield* home
  yield* Effect.orDie(using(other, fill))
  for (const suffix of ["-wal", "-shm"]) rmSync(fileOf(at) + suffix, { force: true })
  renameSync(fileOf(other), fileOf(at))
})

const told = (slots: ReadonlyArray<Slot>) =>
  slots.map((slot) => `${slot.key} ${slot.generation} ${tokensOf(slot)?.access ?? slot.state._tag}`)

const events = (seen: Queue.Dequeue<Slot>, count: number) => Effect.map(take(seen, count), told)

describe("SessionStoreFile, exchanged", () => {
  it.effect("a file that was removed: nothing is there, the next write makes it anew, and what is late stays out", () =>
    Effect.gen(function*() {
      const at = yield* home
      const store = yield* openAt(at)
      const old = yield* signedIn(store)
      remove(at)
      const gone = yield* store.read(ada)
      assert.strictEqual(gone.generation, 0)
      assert.strictEqual(gone.state._tag, "Never")
      assert.deepStrictEqual(yield* store.list, [])

      const late = yield* Effect.flip(store.write(ada, old.generation, signIn({ accessToken: "late" })))
      assert.deepInclude(late, { _tag: "GenerationPassed", expected: old.generation, current: generation(0) })
      const presented = yield* Effect.flip(store.present(ada, old.generation, { again: true }))
      assert.strictEqual(presented._tag, "GenerationPassed")

      const fresh = yield* store.write(ada, generation(0), signIn({ accessToken: "fresh" }))
      assert.isAbove(fresh.generation, old.generation)
      assert.strictEqual((yield* store.read(ada)).generation, fresh.generation)
      assert.strictEqual(tokensOf(yield* using(at, (other) => other.read(ada)))?.access, "fresh")
      const next = yield* store.write(ada, fresh.generation, signIn({ accessToken: "next" }))
      assert.strictEqual(next.generation, fresh.generation + 1)
      assert.strictEqual(next.state._tag === "SignedIn" && next.state.session.generation, next.generation)
      const { after, before } = yield* store.tombstone(ada)
      assert.deepStrictEqual([before.generation, after.generation, after.lastSignOut], [
        next.generation,
        next.generation + 1,
        next.generation + 1
      ])
    }))

  it.effect("a write that is late by a file hears where the slot is now", () =>
    Effect.gen(function*() {
      const at = yield* home
      const store = yield* openAt(at)
      const old = yield* signedIn(store)
      yield* replace(at, (other) => other.write(ada, generation(0), signIn({ accessToken: "theirs" })))
      const late = yield* Effect.flip(store.write(ada, old.generation, signIn({ accessToken: "late" })))
      if (late._tag !== "GenerationPassed") return assert.fail(late._tag)
      const now = yield* store.read(ada)
      assert.strictEqual(late.current, now.generation)
      assert.strictEqual(tokensOf(now)?.access, "theirs")
      assert.isAbove(now.generation, old.generation)
      yield* store.withdraw(ada, old.generation)
      yield* store.present(ada, now.generation, { again: false })
      yield* store.withdraw(ada, old.generation)
      assert.isDefined((yield* store.read(ada)).presentedAt)
      yield* store.withdraw(ada, now.generation)
      assert.isUndefined((yield* store.read(ada)).presentedAt)
    }))

  it.effect("a watch tells within a tenth of a second that what it told is gone with its file", () =>
    Effect.gen(function*() {
      const at = yield* home
      const store = yield* openAt(at)
      const seen = yield* watching(store.watch)
      yield* signedIn(store)
      yield* store.tombstone(grace)
      yield* take(seen, 4)
      remove(at)
      yield* TestClock.adjust("100 millis")
      assert.sameMembers(yield* events(seen, 2), [`${ada} 4 Never`, `${grace} 2 Never`])
      // Said once.
      yield* TestClock.adjust("1 second")
      yield* store.read(ada)
      const fresh = yield* store.write(ada, generation(0), signIn({ accessToken: "fresh" }))
      assert.deepStrictEqual(yield* events(seen, 1), [`${ada} ${fresh.generation} fresh`])
      assert.isAbove(fresh.generation, 4)
    }))

  it.effect("a watch tells what another file says of the slots it told, and goes on with that file", () =>
    Effect.gen(function*() {
      const at = yield* home
      const store = yield* openAt(at)
      const seen = yield* watching(store.watch)
      yield* signedIn(store)
      yield* store.write(grace, generation(0), signIn())
      yield* take(seen, 4)
      yield* replace(at, (other) => other.write(ada, generation(0), signIn({ accessToken: "theirs" })))
      yield* TestClock.adjust("100 millis")
      const [first, second] = (yield* take(seen, 2)).toSorted((one, other) => one.key < other.key ? -1 : 1)
      if (first === undefined || second === undefined) return assert.fail("too few")
      assert.deepStrictEqual([tokensOf(first)?.access, second.state._tag], ["theirs", "Never"])
      assert.isAbove(first.generation, 3)
      assert.isAbove(second.generation, 1)
      assert.strictEqual((yield* store.read(ada)).generation, first.generation)

      const mine = yield* store.write(grace, generation(0), signIn({ accessToken: "mine" }))
      assert.deepStrictEqual(yield* events(seen, 1), [`${grace} ${mine.generation} mine`])
      assert.isAbove(mine.generation, second.generation)
      yield* using(at, (other) => other.tombstone(ada))
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(yield* events(seen, 1), [`${ada} ${first.generation + 1} SignedOut`])
    }))

  it.effect("an older copy of the same file is newer than what was seen of the younger", () =>
    Effect.gen(function*() {
      const at = yield* home
      yield* using(at, (store) => store.write(ada, generation(0), signIn({ accessToken: "old" })))
      copyFileSync(fileOf(at), `${at}/copy`)
      const store = yield* openAt(at)
      const seen = yield* watching(store.watch)
      const { after } = yield* store.tombstone(ada)
      yield* take(seen, 1)
      remove(at)
      renameSync(`${at}/copy`, fileOf(at))
      const slot = yield* store.read(ada)
      assert.strictEqual(tokensOf(slot)?.access, "old")
      assert.isAbove(slot.generation, after.generation)
      assert.deepStrictEqual(yield* events(seen, 1), [`${ada} ${slot.generation} old`])
    }))

  it.effect("a watch goes on through damage and what is set aside", () =>
    Effect.gen(function*() {
      const at = yield* home
      const store = yield* openAt(at)
      const seen = yield* watching(store.watch)
      yield* signedIn(store)
      yield* take(seen, 3)
      // As after a restart, with the same damage found by reading.
      yield* replace(at, (other) => other.write(grace, generation(0), signIn()))
      truncateSync(fileOf(at), 5000)
      const error = yield* Effect.flip(store.read(ada))
      assert.include(error.message, "set aside as")
      assert.deepStrictEqual(yield* events(seen, 1), [`${ada} 4 Never`])
      const fresh = yield* store.write(ada, generation(0), signIn({ accessToken: "fresh" }))
      assert.deepStrictEqual(yield* events(seen, 1), [`${ada} ${fresh.generation} fresh`])
      assert.isAbove(fresh.generation, 4)
      assert.strictEqual(asideIn(at).length, 1)
    }))

  it.effect("what must not be used any longer is told to be gone", () =>
    Effect.gen(function*() {
      const at = yield* home
      const store = yield* openAt(at)
      const seen = yield* watching(store.watch)
      yield* signedIn(store)
      yield* take(seen, 3)
      remove(at)
      mkdirSync(fileOf(at))
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(yield* events(seen, 1), [`${ada} 4 Never`])
    }))

  it.effect("generations grow on, however often the file is removed or emptied", () =>
    Effect.gen(function*() {
      const at = yield* home
      const store = yield* openAt(at)
      let highest = 0
      for (let round = 0; round < 12; round++) {
        const { generation: before } = yield* store.read(ada)
        const slot = yield* store.write(ada, before, signIn({ accessToken: `${round}` }))
        assert.isAbove(slot.generation, highest)
        highest = slot.generation
        if (round % 3 !== 2) remove(at)
        if (round % 3 === 0) writeFileSync(fileOf(at), "", { mode: 0o600 })
      }
    }))

  it.effect("a write that ends in a file which is no longer there is done in the one that is", () =>
    Effect.gen(function*() {
      const at = yield* home
      const store = yield* openAt(at)
      yield* store.tombstone(grace)
      const other = new DatabaseSync(fileOf(at))
      other.exec("BEGIN IMMEDIATE")
      const writing = yield* Effect.forkChild(store.write(ada, generation(0), signIn()), { startImmediately: true })
      // It finds the database locked, and the file gone once it has written.
      remove(at)
      other.exec("ROLLBACK")
      other.close()
      assert.isUndefined(writing.pollUnsafe())
      yield* TestClock.adjust("100 millis")
      const slot = yield* Fiber.join(writing)
      assert.strictEqual(tokensOf(yield* using(at, (another) => another.read(ada)))?.access, "access-1")
      assert.strictEqual((yield* store.read(ada)).generation, slot.generation)
      assert.strictEqual((yield* store.read(grace)).state._tag, "Never")
    }))
})
