import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Queue } from "effect"
import { gate, visits } from "../../../support/checkpoints.ts"
import { FakeBrowser } from "../../../support/fakeBrowser.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get, refuses } from "../../../support/loopbackClient.ts"
import { begin, layerSignIn, pending, portOf, start, work } from "../../../support/signIn.ts"

describe("Leaving", () => {
  it.effect("the beginner may leave while the flow opens: it opens all the same, and can be joined and finished", () =>
    Effect.gen(function*() {
      const discovery = yield* gate("discovery")
      const beginner = yield* Effect.forkChild(start(work))
      yield* discovery.reached
      yield* Fiber.interrupt(beginner)
      yield* discovery.open

      yield* Queue.take(yield* FakeBrowser)
      const joined = yield* start(work)
      assert.isTrue(joined._tag === "Joined")
      const flow = yield* begin(work)
      assert.isFalse(yield* refuses(portOf(flow)))
      yield* get(FakeProvider.consented(flow))
      assert.strictEqual((yield* flow.outcome).key, work)
      assert.strictEqual(yield* visits("exchange"), 1)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a joiner may leave while the flow opens, and the beginner hears nothing of it", () =>
    Effect.gen(function*() {
      const discovery = yield* gate("discovery")
      const beginner = yield* Effect.forkChild(start(work))
      yield* discovery.reached
      const joiner = yield* Effect.forkChild(start(work), { startImmediately: true })
      yield* Fiber.interrupt(joiner)
      yield* discovery.open
      assert.strictEqual((yield* Fiber.join(beginner))._tag, "Began")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("waiters leave one after the other, the last included, and the flow stays pending and finishes later", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const waiters = yield* Effect.forEach(
        Array.from({ length: 5 }),
        () => Effect.forkChild(flow.outcome, { startImmediately: true })
      )
      for (const waiter of waiters) {
        yield* Fiber.interrupt(waiter)
        assert.strictEqual(Option.getOrThrow(yield* pending(work)).id, flow.id)
        assert.isFalse(yield* refuses(portOf(flow)))
      }
      assert.strictEqual((yield* get(FakeProvider.consented(flow))).status, 200)
      assert.strictEqual((yield* flow.outcome).key, work)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a waiter that leaves during the exchange takes nothing along", () =>
    Effect.gen(function*() {
      const exchange = yield* gate("exchange")
      const flow = yield* begin(work)
      const [leaving, staying] = [yield* Effect.forkChild(flow.outcome), yield* Effect.forkChild(flow.outcome)]
      const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
      yield* exchange.reached
      yield* Fiber.interrupt(leaving)
      yield* exchange.open
      assert.strictEqual((yield* Fiber.join(staying)).key, work)
      assert.strictEqual((yield* Fiber.join(page)).status, 200)
    }).pipe(Effect.provide(layerSignIn())))

  it.live("a browser that hangs up before its page comes does not undo the sign-in", () =>
    Effect.gen(function*() {
      const exchange = yield* gate("exchange")
      const flow = yield* begin(work)
      const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
      yield* exchange.reached
      yield* Fiber.interrupt(page)
      yield* exchange.open
      assert.strictEqual((yield* flow.outcome).key, work)
    }).pipe(Effect.provide(layerSignIn())))
})
