import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Random, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as SessionStoreMemory from "../../../src/layers/storage/SessionStoreMemory.ts"
import { AccountKey } from "../../../src/services/sign-in/AccountKey.ts"
import { SessionStore } from "../../../src/services/storage/SessionStore.ts"
import * as MortalProcess from "../../support/mortalProcess.ts"
import * as RotatingProvider from "../../support/rotatingProvider.ts"
import { take, watching } from "../../support/sessionStreams.ts"
import { live } from "../../support/sessionWorld.ts"

const faults: RotatingProvider.Faults = { unsent: 0.03, turnedAway: 0.05, lostRequest: 0.01, lostAnswer: 0.01 }
const ada = AccountKey.make("ada")

/** What happens in them is the same each time, so that a seed that fails can be looked into. */
const years = (rotates: boolean, hours: number, seed: number) =>
  live({ rotates, hours, faults, diskFails: 0.01 }).pipe(
    Effect.map(({ broken, passed }) => ({
      broken: broken.slice(0, 10).map((what) => `seed ${seed}, ${what}`),
      passed
    })),
    Random.withSeed(seed)
  )

describe("Sessions over 10,000 hours of faults", () => {
  for (const seed of [1, 2, 3, 4]) {
    it.effect(
      `a provider that replaces refresh tokens never sees a spent one (2,500 h, seed ${seed})`,
      () =>
        Effect.gen(function*() {
          const { broken, passed } = yield* years(true, 2_500, seed)
          assert.deepStrictEqual(broken, [])
          assert.strictEqual(passed.reuses, 0)
          // Nothing is shown where nothing has happened.
          assert.isAbove(passed.refreshes, 1_500)
          assert.isAbove(passed.kills, 60)
          assert.isAbove(passed.outages, 20)
          assert.isAbove(passed.signOuts, 20)
          assert.isAbove(passed.signIns, passed.signOuts)
        }),
      60_000
    )
  }

  for (const seed of [5, 6]) {
    it.effect(
      `where a refresh token can be sent twice, only a sign-out asks for a person (1,000 h, seed ${seed})`,
      () =>
        Effect.gen(function*() {
          const { broken, passed } = yield* years(false, 1_000, seed)
          assert.deepStrictEqual(broken, [])
          assert.isAbove(passed.refreshes, 600)
          assert.isAbove(passed.kills, 20)
          assert.isAbove(passed.outages, 8)
        }),
      60_000
    )
  }

  it.effect("200 callers when a token has expired: one refresh, one write, one token, and again an hour later", () =>
    Effect.gen(function*() {
      const store = yield* SessionStore
      const provider = RotatingProvider.make({ rotates: true, faults: RotatingProvider.noFaults })
      const process = yield* Effect.provide(MortalProcess.start(Option.none()), provider.layer)
      const draft = yield* provider.consent(ada)
      yield* process.ask((sessions) => Effect.flatMap(sessions.slot(ada), (slot) => sessions.establish(slot, draft)))
      const writes = yield* watching(store.watch)
      for (const round of [1, 2, 3]) {
        // They sleep before the clock is moved, and so all of them wake in the same moment.
        const callers = yield* Effect.forkChild(
          Effect.all(
            Array.from(
              { length: 200 },
              () => Effect.delay(process.ask(({ accessToken }) => accessToken(ada)), "61 minutes")
            ),
            { concurrency: "unbounded" }
          ),
          { startImmediately: true }
        )
        yield* TestClock.adjust("62 minutes")
        const exits = yield* Fiber.join(callers)
        const tokens = exits.map((exit) => exit._tag === "Success" ? Redacted.value(exit.value) : exit._tag)
        assert.lengthOf(tokens, 200)
        assert.lengthOf([...new Set(tokens)], 1)
        assert.strictEqual(provider.seen.posts, round)
        assert.lengthOf(yield* take(writes, 1), 1)
      }
      assert.strictEqual(provider.seen.reuses, 0)
      yield* process.end
    }).pipe(Random.withSeed(1), Effect.provide(Layer.fresh(SessionStoreMemory.layer))))
})
