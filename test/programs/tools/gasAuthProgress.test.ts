import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Queue } from "effect"
import { TestClock } from "effect/testing"
import * as FakeProvider from "../../support/fakeProvider.ts"
import * as GasAuth from "../../support/gasAuthInMemory.ts"
import { get, nextTurns } from "../../support/loopbackClient.ts"

/** The news that came while time passed in steps of five seconds. */
const newsOf = Effect.fnUntraced(function*(
  news: Queue.Dequeue<{ readonly progress: number; readonly message: string | undefined }>,
  steps: number
) {
  const heard = [yield* Queue.take(news)]
  for (let step = 0; step < steps; step++) {
    yield* TestClock.adjust("5 seconds")
    heard.push(yield* Queue.take(news))
  }
  return heard
})

const expected = [
  { progress: 1, message: "Waiting for you to sign in in your browser (5 min 0 s left)" },
  { progress: 2, message: "Waiting for you to sign in in your browser (4 min 55 s left)" },
  { progress: 3, message: "Waiting for you to sign in in your browser (4 min 50 s left)" }
]

describe("A call that waits for the person", () => {
  it.effect("tells a caller who wants to know, every five seconds, how long there is", () =>
    Effect.gen(function*() {
      const { auth, progress } = yield* GasAuth.connect({})
      const call = yield* Effect.forkChild(auth({}, "news"), { startImmediately: true })
      assert.deepStrictEqual(yield* newsOf(progress, 2), expected)
      const { output } = yield* auth({ mode: "status" })
      yield* get(FakeProvider.consented({ authorizationUrl: String(output["authUrl"]) }))
      assert.strictEqual((yield* Fiber.join(call)).output["status"], "authenticated")
      yield* TestClock.adjust("1 minute")
      yield* nextTurns
      assert.strictEqual(yield* Queue.size(progress), 0)
    }).pipe(Effect.provide(GasAuth.layer())))

  it.effect("tells it also where it waits to hear how the sign-in stands, and names the account", () =>
    Effect.gen(function*() {
      const { auth, progress } = yield* GasAuth.connect({})
      yield* auth({ account: "work", waitForCompletion: false })
      const call = yield* Effect.forkChild(auth({ account: "work", mode: "status", waitSeconds: 10 }, "news"), {
        startImmediately: true
      })
      const [first] = yield* newsOf(progress, 1)
      assert.strictEqual(first?.message, "Waiting for you to sign in as work in your browser (5 min 0 s left)")
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(call)).output["status"], "auth_pending")
    }).pipe(Effect.provide(GasAuth.layer())))

  it.effect("tells nothing to a caller who has not asked, or does not wait", () =>
    Effect.gen(function*() {
      const { auth, progress } = yield* GasAuth.connect({})
      yield* auth({ waitForCompletion: false }, "news")
      const call = yield* Effect.forkChild(auth({ waitSeconds: 20 }), { startImmediately: true })
      const told = yield* Effect.forkChild(auth({ mode: "status", waitSeconds: 20 }, "news"), {
        startImmediately: true
      })
      yield* newsOf(progress, 1)
      assert.strictEqual(yield* Queue.size(progress), 0)
      yield* TestClock.adjust("20 seconds")
      yield* Effect.all([Fiber.join(call), Fiber.join(told)])
    }).pipe(Effect.provide(GasAuth.layer())))
})
