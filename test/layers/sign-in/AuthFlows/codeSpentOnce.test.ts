import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { ExchangeFailed } from "../../../../src/services/provider/AuthorizationServer.ts"
import { StoreUnavailable } from "../../../../src/services/storage/SessionStore.ts"
import { gate, visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { dial, get } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { begin, breakStore, layerSignIn, portOf, stored, work } from "../../../support/signIn.ts"

describe("A code is spent once", () => {
  it.effect("twenty copies of the callback at once make one exchange, and all show the same page", () =>
    Effect.gen(function*() {
      const exchange = yield* gate("exchange")
      const flow = yield* begin(work)
      const copies = yield* Effect.forkChild(
        Effect.all(Array.from({ length: 20 }, () => get(FakeProvider.consented(flow))), { concurrency: "unbounded" })
      )
      yield* exchange.reached
      yield* RecordedEvents.heard("CallbackDuplicate", 19)
      yield* exchange.open
      yield* flow.outcome
      const pages = yield* Fiber.join(copies)
      assert.strictEqual(new Set(pages.map(({ text }) => text)).size, 1)
      assert.include(pages[0]?.text, "<h1>Signed in</h1>")
      assert.isTrue(pages.every(({ status }) => status === 200))
      assert.strictEqual(yield* visits("exchange"), 1)
      assert.strictEqual(yield* RecordedEvents.count("CallbackAccepted"), 1)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("after the end the same shows the same page, another code or a late no changes nothing, and neither is exchanged", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const first = yield* get(FakeProvider.consented(flow))
      yield* flow.outcome
      const again = yield* get(FakeProvider.consented(flow))
      assert.deepStrictEqual([again.status, again.text], [first.status, first.text])
      for (const url of [FakeProvider.consented(flow, "another"), FakeProvider.denied(flow)]) {
        assert.include((yield* get(url)).text, "<h1>Already done</h1>")
      }
      assert.strictEqual(yield* visits("exchange"), 1)
      assert.strictEqual((yield* stored(work))._tag, "SignedIn")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a stranger sees nothing of the finished flow while its page can be reloaded", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      yield* get(FakeProvider.consented(flow))
      yield* flow.outcome
      const { status, text } = yield* get(`${flow.redirectUri}?code=code-1&state=guess`)
      assert.strictEqual(status, 400)
      assert.notInclude(text, "ada")
    }).pipe(Effect.provide(layerSignIn())))

  for (const ambiguous of [true, false]) {
    const what = ambiguous ? "without a clear answer" : "that is refused"
    it.effect(`an exchange ${what} is reported as such and never repeated`, () =>
      Effect.gen(function*() {
        const failure = new ExchangeFailed({ error: ambiguous ? "timeout" : "invalid_grant", ambiguous })
        yield* FakeProvider.behave({ exchangeFailure: failure })
        const flow = yield* begin(work)
        const page = yield* get(FakeProvider.consented(flow))
        assert.strictEqual(page.status, 400)
        assert.include(page.text, "Sign-in failed")
        assert.include(page.text, ambiguous ? "no clear answer" : "refused to exchange")
        assert.deepStrictEqual(yield* Effect.flip(flow.outcome), failure)
        yield* FakeProvider.behave({ exchangeFailure: undefined })
        assert.strictEqual((yield* get(FakeProvider.consented(flow))).text, page.text)
        assert.strictEqual(yield* visits("exchange"), 1)
        assert.strictEqual((yield* stored(work))._tag, "Never")
      }).pipe(Effect.provide(layerSignIn())))
  }

  it.live("the browser is sent not a byte before the session is in the store", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const port = portOf(flow)
      const wire = yield* dial(port)
      const { pathname, search } = new URL(FakeProvider.consented(flow))
      /** Answered on the same thread, so that anything that was sent before is here by now. */
      const roundTrip = get(`http://127.0.0.1:${port}/favicon.ico`)
      const places = [yield* gate("exchange"), yield* gate("userinfo"), yield* gate("store")]
      yield* wire.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
      for (const place of places) {
        yield* place.reached
        yield* roundTrip
        assert.strictEqual(wire.received(), "")
        assert.strictEqual((yield* stored(work))._tag, "Never")
        yield* place.open
      }
      const page = yield* wire.untilClosed
      assert.match(page, /^HTTP\/1\.1 303 /)
      assert.strictEqual((yield* stored(work))._tag, "SignedIn")
    }).pipe(Effect.provide(layerSignIn())))

  it.live("a store that cannot be written is no success on the page either", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const failing = new StoreUnavailable({ problem: "The disk is full.", remedy: "Make room." })
      yield* breakStore(failing)
      const { status, text } = yield* get(FakeProvider.consented(flow))
      assert.strictEqual(status, 400)
      assert.include(text, "The disk is full.")
      assert.include(text, "Make room.")
      assert.deepStrictEqual(yield* Effect.flip(flow.outcome), failing)
    }).pipe(Effect.provide(layerSignIn())))
})
