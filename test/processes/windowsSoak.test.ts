/**
 * A minute in the life of six windows that share a home: sign-ins, cancels, sign-outs, refreshes, kills and faults at random,
 * checked against what each account may be; and nothing grows.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, FileSystem, Random, Ref, Scope } from "effect"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { furnish, layer, makeHome } from "../support/windowHome.ts"
import { ignoring, live, usage } from "../support/windowsSoak.ts"

const millis = 60_000
const half = millis / 2

const megabyte = 1024 * 1024

describe("six windows for a minute", () => {
  it.live("no account is ever what it must not be, and nothing grows", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      // Another one each time; that of a run that failed is in its report, to be put here.
      const seed = String(yield* Clock.currentTimeMillis)
      const home = yield* makeHome
      const { open, tabs } = yield* furnish()
      yield* ignoring(tabs)
      const immortal = yield* open()
      const mortal = yield* Effect.forEach(
        Array.from({ length: 5 }),
        () => Effect.flatMap(open(), (window) => Ref.make(window))
      )
      const scope = yield* Effect.scope
      const respawn = Effect.orDie(Scope.provide(open(), scope))
      const plan = {
        home,
        accounts: (yield* LocalGoogle).accounts.map(({ email }) => email).slice(0, 3),
        mortal,
        immortal,
        respawn
      }
      const sizeOf = (name: string) => Effect.map(fs.stat(`${home}/${name}`), ({ size }) => Number(size))
      const sizes = Effect.all({ database: sizeOf("sessions.db"), log: sizeOf("sessions.db-wal") })
      const first = yield* live({ ...plan, millis: half }).pipe(Random.withSeed(seed))
      const before = { ...yield* usage(immortal, home), ...yield* sizes }
      const second = yield* live({ ...plan, millis: half }).pipe(Random.withSeed(`${seed} again`))
      const after = { ...yield* usage(immortal, home), ...yield* sizes }
      const told = JSON.stringify({ seed, first: first.passed, second: second.passed, before, after })
      yield* Effect.logInfo(told)
      assert.deepStrictEqual([...first.broken, ...second.broken], [], told)
      for (const { passed } of [first, second]) {
        for (const [what, count] of Object.entries(passed)) assert.isAbove(count, 0, `${what}: ${told}`)
      }
      assert.isAtMost(after.descriptors, before.descriptors + 8, told)
      assert.isAtMost(after.heap, before.heap + 8 * megabyte, told)
      // A hundred flows, and no more; SQLite writes its log from the beginning again after every thousand pages.
      assert.isAtMost(after.database, megabyte / 4, told)
      assert.isAtMost(after.log, 5 * megabyte, told)
    }).pipe(Effect.scoped, Effect.provide(layer)), 240_000)
})
