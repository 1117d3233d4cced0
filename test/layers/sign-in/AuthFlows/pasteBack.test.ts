import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option } from "effect"
import { TestClock } from "effect/testing"
import { NotThisSignIn } from "../../../../src/services/sign-in/AuthFlows.ts"
import { ConsentDenied, FlowCancelled } from "../../../../src/services/sign-in/FlowFailure.ts"
import { gate, visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get, refuses } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { begin, cancel, complete, home, layerSignIn, pending, portOf, start, work } from "../../../support/signIn.ts"

describe("Pasting the address back", () => {
  it.effect("completes the flow for everybody, and the listener is gone when it returns", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const waiter = yield* Effect.forkChild(flow.outcome)
      const session = yield* complete(work, FakeProvider.consented(flow))
      assert.strictEqual(yield* Fiber.join(waiter), session)
      assert.isTrue(yield* refuses(portOf(flow)))
      assert.isTrue(Option.isNone(yield* pending(work)))
      assert.strictEqual((yield* start(work))._tag, "AlreadyAuthenticated")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("tells a tab that brings something else, while it is exchanged, that it is already done", () =>
    Effect.gen(function*() {
      const exchange = yield* gate("exchange")
      const flow = yield* begin(work)
      const pasting = yield* Effect.forkChild(complete(work, FakeProvider.consented(flow)))
      yield* exchange.reached
      const others = yield* Effect.forkChild(
        Effect.all([get(FakeProvider.consented(flow, "other")), get(FakeProvider.denied(flow))], { concurrency: 2 })
      )
      const same = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
      yield* RecordedEvents.heard("CallbackDuplicate", 3)
      yield* exchange.open
      for (const { text } of yield* Fiber.join(others)) assert.include(text, "<h1>Already done</h1>")
      assert.include((yield* Fiber.join(same)).text, "<h1>Signed in</h1>")
      yield* Fiber.join(pasting)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("is forgiving about what surrounds the address", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const copied = `  ${FakeProvider.consented(flow).replace("127.0.0.1", "localhost")}#\n`
      assert.strictEqual((yield* complete(work, copied)).key, work)
    }).pipe(Effect.provide(layerSignIn())))

  const foreign = {
    "is no address": [() => "code=1", "not_a_redirect"],
    "is empty": [() => "", "not_a_redirect"],
    "is the consent page": [
      (url: string) => `${FakeProvider.issuer}/authorize${new URL(url).search}`,
      "not_a_redirect"
    ],
    "has another path": [(url: string) => url.replace("/callback", "/other"), "not_a_redirect"],
    "has another port": [(url: string) => url.replace(/:\d+\//, ":1/"), "not_a_redirect"],
    "has another host": [(url: string) => url.replace("127.0.0.1", "127.0.0.1.evil.test"), "not_a_redirect"],
    "has another scheme": [(url: string) => url.replace("http:", "https:"), "not_a_redirect"],
    "has another state": [(url: string) => url.replace("state=", "state=x"), "other_sign_in"],
    "has no state": [(url: string) => url.replace("state=", "stat="), "other_sign_in"],
    "has the state twice": [(url: string) => `${url}&state=x`, "other_sign_in"],
    "has two codes": [(url: string) => `${url}&code=x`, "other_sign_in"],
    "has no code": [(url: string) => url.replace("code=", "cod="), "other_sign_in"],
    "names another issuer": [(url: string) => url.replace("provider.test", "evil.test"), "other_sign_in"],
    "is an error with another state": [
      (url: string) => url.replace("state=", "error=access_denied&state=x"),
      "other_sign_in"
    ]
  } as const
  for (const [what, [alter, reason]] of Object.entries(foreign)) {
    it.effect(`an address that ${what} is not this sign-in, and the flow lives`, () =>
      Effect.gen(function*() {
        const flow = yield* begin(work)
        const error = yield* Effect.flip(complete(work, alter(FakeProvider.consented(flow))))
        assert.deepStrictEqual(error, new NotThisSignIn({ reason }))
        assert.strictEqual(Option.getOrThrow(yield* pending(work)).id, flow.id)
        assert.strictEqual(yield* visits("exchange"), 0)
        assert.strictEqual((yield* complete(work, FakeProvider.consented(flow))).key, work)
      }).pipe(Effect.provide(layerSignIn())))
  }

  it.effect("with nothing pending there is nothing to complete", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const url = FakeProvider.consented(flow)
      const nothing = new NotThisSignIn({ reason: "no_pending_flow" })
      assert.deepStrictEqual(yield* Effect.flip(complete(home, url)), nothing)
      yield* cancel(work)
      assert.deepStrictEqual(yield* Effect.flip(complete(work, url)), nothing)
      assert.strictEqual(yield* visits("exchange"), 0)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a person's no can be pasted too", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      assert.deepStrictEqual(yield* Effect.flip(complete(work, FakeProvider.denied(flow))), new ConsentDenied())
      assert.deepStrictEqual(yield* Effect.flip(flow.outcome), new ConsentDenied())
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("pasting what the listener has received already makes no second exchange, and both are answered", () =>
    Effect.gen(function*() {
      const exchange = yield* gate("exchange")
      const flow = yield* begin(work)
      const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
      yield* exchange.reached
      const pasting = yield* Effect.forkChild(complete(work, FakeProvider.consented(flow)))
      yield* RecordedEvents.heard("CallbackDuplicate")
      yield* exchange.open
      assert.strictEqual(yield* Fiber.join(pasting), yield* flow.outcome)
      assert.include((yield* Fiber.join(page)).text, "<h1>Signed in</h1>")
      assert.strictEqual(yield* visits("exchange"), 1)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a callback that comes after the paste makes no second exchange, and is shown the page", () =>
    Effect.gen(function*() {
      const exchange = yield* gate("exchange")
      const flow = yield* begin(work)
      const pasting = yield* Effect.forkChild(complete(work, FakeProvider.consented(flow)))
      yield* exchange.reached
      const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
      yield* RecordedEvents.heard("CallbackDuplicate")
      yield* exchange.open
      assert.strictEqual(yield* Fiber.join(pasting), yield* flow.outcome)
      assert.include((yield* Fiber.join(page)).text, "<h1>Signed in</h1>")
      assert.strictEqual(yield* visits("exchange"), 1)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("pasting again while the page can still be reloaded answers with the session", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      yield* get(FakeProvider.consented(flow))
      const session = yield* flow.outcome
      assert.strictEqual(yield* complete(work, FakeProvider.consented(flow)), session)
      assert.strictEqual(yield* visits("exchange"), 1)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a caller that leaves while its code is exchanged does not undo the sign-in", () =>
    Effect.gen(function*() {
      const exchange = yield* gate("exchange")
      const flow = yield* begin(work)
      const pasting = yield* Effect.forkChild(complete(work, FakeProvider.consented(flow)))
      yield* exchange.reached
      yield* Fiber.interrupt(pasting)
      yield* exchange.open
      assert.strictEqual((yield* flow.outcome).key, work)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a paste that comes while the flow is being cancelled hears that, and spends no code", () =>
    Effect.gen(function*() {
      const answer = yield* gate("answer")
      const flow = yield* begin(work)
      const cancelling = yield* Effect.forkChild(cancel(work))
      yield* answer.reached
      const pasting = yield* Effect.forkChild(Effect.flip(complete(work, FakeProvider.consented(flow))), {
        startImmediately: true
      })
      yield* answer.open
      assert.strictEqual((yield* Fiber.join(cancelling))._tag, "Cancelled")
      assert.deepStrictEqual(yield* Fiber.join(pasting), new FlowCancelled({ by: "cancel" }))
      assert.strictEqual(yield* visits("exchange"), 0)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("after the deadline it is too late", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      yield* TestClock.adjust("5 minutes")
      yield* Effect.flip(flow.outcome)
      assert.strictEqual((yield* Effect.flip(complete(work, FakeProvider.consented(flow))))._tag, "NotThisSignIn")
      assert.strictEqual(yield* visits("exchange"), 0)
    }).pipe(Effect.provide(layerSignIn())))
})
