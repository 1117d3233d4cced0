import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync } from "node:fs"
import * as FileLock from "../../../src/layers/storage/FileLock.ts"
import { home, namesIn } from "../../support/sessionsFile.ts"

const directory = Effect.tap(home, (at) => Effect.sync(() => mkdirSync(at, { mode: 0o700 })))

describe("FileLock", () => {
  it.effect("one at a time: who comes later waits, and goes on when the first is done", () =>
    Effect.gen(function*() {
      const path = `${yield* directory}/lock`
      const done = yield* Deferred.make<void>()
      const order: Array<string> = []
      const first = yield* Effect.forkChild(
        FileLock.withLock(path)(Effect.andThen(Effect.sync(() => order.push("first")), Deferred.await(done))),
        { startImmediately: true }
      )
      const second = yield* Effect.forkChild(FileLock.withLock(path)(Effect.sync(() => order.push("second"))), {
        startImmediately: true
      })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(order, ["first"])
      yield* Deferred.succeed(done, undefined)
      yield* Fiber.join(first)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(second)
      assert.deepStrictEqual(order, ["first", "second"])
    }))

  it.effect("it is free again after a failure, a defect and an interruption, and leaves nothing but its empty file", () =>
    Effect.gen(function*() {
      const at = yield* directory
      const locked = FileLock.withLock(`${at}/lock`)
      yield* Effect.exit(locked(Effect.fail("no")))
      yield* Effect.exit(locked(Effect.die("no")))
      const held = yield* Effect.forkChild(locked(Effect.never), { startImmediately: true })
      assert.include((yield* Effect.flip(waited(locked(Effect.void)))).message, "locked by another program")
      yield* Fiber.interrupt(held)
      yield* locked(Effect.void)
      assert.deepStrictEqual(namesIn(at), ["lock"])
    }))

  it.live("it is free again when its holder is killed", () =>
    Effect.gen(function*() {
      const path = `${yield* directory}/lock`
      yield* FileLock.withLock(path)(Effect.void)
      const holder = spawn(process.execPath, [
        "-e",
        `const db = new (require("node:sqlite").DatabaseSync)(${JSON.stringify(path)})
        db.exec("PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE")
        console.log("held")
        setInterval(() => {}, 1000)`
      ], { stdio: ["ignore", "pipe", "inherit"] })
      const ended = once(holder, "exit")
      yield* Effect.promise(() => once(holder.stdout, "data"))
      const error = yield* Effect.flip(FileLock.withLock(path)(Effect.void))
      assert.include(error.message, "locked by another program")
      holder.kill("SIGKILL")
      yield* Effect.promise(() => ended)
      yield* FileLock.withLock(path)(Effect.void)
    }))
})

/** Lets the patience of a lock pass. */
const waited = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    yield* TestClock.adjust("3 seconds")
    return yield* Fiber.join(fiber)
  })
