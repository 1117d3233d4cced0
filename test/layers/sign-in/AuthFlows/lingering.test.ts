import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import { ExchangeFailed } from "../../../../src/services/provider/AuthorizationServer.ts"
import { gate, visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get, nextTurns, refuses, send } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { begin, flowOf, layerSignIn, logout, portOf, signIn, start, work } from "../../../support/signIn.ts"

describe("Lingering that is cut short", () => {
  it.live("by the layer closing still shows the browser its page", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const engine = yield* signIn(scope)
      yield* Effect.gen(function*() {
        const flow = yield* begin(work)
        const tab = yield* Effect.forkChild(get(FakeProvider.consented(flow)), { startImmediately: true })
        yield* flow.outcome
        yield* Scope.close(scope, Exit.void)
        assert.include((yield* Fiber.join(tab)).text, "<h1>Signed in</h1>")
        assert.isTrue(yield* refuses(portOf(flow)))
      }).pipe(Effect.provideContext(engine))
    }))
})

describe("A sign-out", () => {
  it.effect("that comes while a browser is on its way to its page makes that page tell of it", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const { headers } = yield* send(FakeProvider.consented(flow))
      yield* flow.outcome
      const out = yield* Effect.forkChild(logout(work))
      yield* RecordedEvents.heard("SignedOut")
      yield* nextTurns
      const page = yield* get(new URL(headers.location ?? "", flow.redirectUri).href)
      assert.include(page.text, "<h1>Signed out</h1>")
      yield* Fiber.join(out)
      assert.isTrue(yield* refuses(portOf(flow)))
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("that comes before the browser is answered makes the answer tell of it", () =>
    Effect.gen(function*() {
      const exchange = yield* gate("userinfo")
      const answer = yield* gate("have stored")
      const flow = yield* begin(work)
      const tab = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
      yield* exchange.reached
      yield* exchange.open
      yield* answer.reached
      const out = yield* Effect.forkChild(logout(work))
      yield* RecordedEvents.heard("SignedOut")
      yield* nextTurns
      yield* answer.open
      assert.notInclude((yield* Fiber.join(tab)).text, "is now signed in")
      yield* Fiber.join(out)
    }).pipe(Effect.provide(layerSignIn())))
})

describe("Lingering", () => {
  it.effect("an answered page can be reloaded for two seconds and not a millisecond longer", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const page = yield* get(FakeProvider.consented(flow))
      yield* flow.outcome
      yield* TestClock.adjust("1999 millis")
      assert.strictEqual((yield* get(FakeProvider.consented(flow))).text, page.text)
      yield* TestClock.adjust("1 millis")
      yield* nextTurns
      assert.isTrue(yield* refuses(portOf(flow)))
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("so can the page of a failed exchange", () =>
    Effect.gen(function*() {
      yield* FakeProvider.behave({ exchangeFailure: new ExchangeFailed({ error: "invalid_grant", ambiguous: false }) })
      const flow = yield* begin(work)
      const page = yield* get(FakeProvider.consented(flow))
      yield* Effect.flip(flow.outcome)
      assert.strictEqual((yield* get(FakeProvider.consented(flow))).text, page.text)
      yield* TestClock.adjust("2 seconds")
      yield* nextTurns
      assert.isTrue(yield* refuses(portOf(flow)))
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("no waiter waits for it", () =>
    Effect.gen(function*() {
      const linger = yield* gate("linger")
      const flow = yield* begin(work)
      yield* get(FakeProvider.consented(flow))
      yield* linger.reached
      assert.strictEqual((yield* flow.outcome).key, work)
      assert.strictEqual((yield* start(work))._tag, "AlreadyAuthenticated")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a no does not linger", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      yield* get(FakeProvider.denied(flow))
      yield* Effect.flip(flow.outcome)
      assert.isTrue(yield* refuses(portOf(flow)))
      assert.strictEqual(yield* visits("linger"), 0)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a flow that lingers is nobody's to join: a failed one is followed by a new one", () =>
    Effect.gen(function*() {
      yield* FakeProvider.behave({ exchangeFailure: new ExchangeFailed({ error: "invalid_grant", ambiguous: false }) })
      const first = yield* begin(work)
      yield* get(FakeProvider.consented(first))
      yield* Effect.flip(first.outcome)
      yield* FakeProvider.behave({ exchangeFailure: undefined })
      const again = yield* start(work)
      assert.strictEqual(again._tag, "Began")
      const second = yield* flowOf(again)
      assert.isFalse(yield* refuses(portOf(first)))
      // The first one's end must not take the second one's registration along.
      yield* TestClock.adjust("2 seconds")
      yield* nextTurns
      assert.isTrue(yield* refuses(portOf(first)))
      assert.strictEqual((yield* start(work))._tag, "Joined")
      const waiting = yield* Effect.forkChild(second.outcome)
      yield* get(FakeProvider.consented(second, "code-2"))
      assert.strictEqual((yield* Fiber.join(waiting)).key, work)
    }).pipe(Effect.provide(layerSignIn())))
})
