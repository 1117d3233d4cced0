import { assert, describe, it } from "@effect/vitest"
import { Clock, DateTime, Duration, Effect, Fiber, Option } from "effect"
import { TestClock } from "effect/testing"
import { FlowTimedOut } from "../../../../src/services/sign-in/FlowFailure.ts"
import { gate, visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { dial, get, refuses } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { begin, complete, layerSignIn, pending, portOf, start, stored, work } from "../../../support/signIn.ts"

describe("The deadline", () => {
  it.effect("holds where the machine was asleep meanwhile: who starts then begins anew, and who waited is told", () =>
    Effect.gen(function*() {
      const clock = yield* Clock.Clock
      // Time passes, and nobody is told.
      const flow = yield* Effect.provideService(begin(work), Clock.Clock, { ...clock, sleep: () => Effect.never })
      const waiting = yield* Effect.forkChild(Effect.flip(flow.outcome), { startImmediately: true })
      yield* TestClock.adjust("300001 millis")
      assert.isTrue(Option.isNone(yield* pending(work)))
      const next = yield* begin(work)
      assert.notStrictEqual(next.id, flow.id)
      assert.deepStrictEqual(yield* Fiber.join(waiting), new FlowTimedOut({ after: Duration.minutes(5) }))
      assert.isTrue(yield* refuses(portOf(flow)))
      assert.strictEqual((yield* get(FakeProvider.consented(next))).status, 200)
      assert.strictEqual((yield* next.outcome).flowId, next.id)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("is five minutes after the flow began, and the port refuses connections when waiters hear of it", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      assert.deepStrictEqual(flow.expiresAt, DateTime.add(flow.startedAt, { minutes: 5 }))
      // Whether the port was refused already is asked by the waiter itself, as the first thing it does.
      const waiter = yield* Effect.forkChild(
        Effect.all([Effect.flip(flow.outcome), refuses(portOf(flow))]),
        { startImmediately: true }
      )
      yield* TestClock.adjust("299999 millis")
      assert.isUndefined(waiter.pollUnsafe())
      assert.isFalse(yield* refuses(portOf(flow)))

      yield* TestClock.adjust("1 millis")
      const [error, refused] = yield* Fiber.join(waiter)
      assert.deepStrictEqual(error, new FlowTimedOut({ after: Duration.minutes(5) }))
      assert.isTrue(refused)
      assert.isTrue(Option.isNone(yield* pending(work)))
      assert.strictEqual((yield* stored(work))._tag, "Never")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a callback one millisecond before it succeeds", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      yield* TestClock.adjust("299999 millis")
      assert.strictEqual((yield* get(FakeProvider.consented(flow))).status, 200)
      assert.strictEqual((yield* flow.outcome).key, work)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a callback one millisecond after it is refused, and its code is not spent", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      yield* TestClock.adjust("300001 millis")
      yield* Effect.flip(flow.outcome)
      assert.strictEqual((yield* Effect.flip(get(FakeProvider.consented(flow)))).code, "ECONNREFUSED")
      assert.strictEqual(yield* visits("exchange"), 0)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("holds where nothing is woken in time, as in a process that was stopped: a late code is not spent", () =>
    Effect.gen(function*() {
      const clock = yield* Clock.Clock
      // Time passes, and nobody is told.
      const flow = yield* Effect.provideService(begin(work), Clock.Clock, { ...clock, sleep: () => Effect.never })
      yield* TestClock.adjust("300001 millis")
      yield* get(FakeProvider.consented(flow))
      assert.deepStrictEqual(yield* Effect.flip(flow.outcome), new FlowTimedOut({ after: Duration.minutes(5) }))
      assert.strictEqual(yield* visits("exchange"), 0)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("holds for a pasted address just as well", () =>
    Effect.gen(function*() {
      const clock = yield* Clock.Clock
      const flow = yield* Effect.provideService(begin(work), Clock.Clock, { ...clock, sleep: () => Effect.never })
      yield* TestClock.adjust("300001 millis")
      const error = yield* Effect.flip(complete(work, FakeProvider.consented(flow)))
      assert.deepStrictEqual(error, new FlowTimedOut({ after: Duration.minutes(5) }))
      assert.strictEqual(yield* visits("exchange"), 0)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("in the tick of a response that came first, the response wins, on the page as in the outcome", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      yield* TestClock.adjust("299999 millis")
      const exchange = yield* gate("exchange")
      const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
      yield* exchange.reached
      yield* TestClock.adjust("1 millis")
      yield* exchange.open
      assert.strictEqual((yield* flow.outcome).key, work)
      assert.include((yield* Fiber.join(page)).text, "<h1>Signed in</h1>")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("in the tick of a response that came second, the deadline wins, on the page as in the outcome", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      // The flow has decided to time out, but is held up before it tells anybody: the request still gets in.
      const answer = yield* gate("answer")
      const clock = yield* Effect.forkChild(TestClock.adjust("5 minutes"))
      yield* answer.reached
      const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
      yield* RecordedEvents.heard("CallbackDuplicate")
      yield* answer.open
      yield* Fiber.join(clock)
      assert.strictEqual((yield* Effect.flip(flow.outcome))._tag, "FlowTimedOut")
      const { status, text } = yield* Fiber.join(page)
      assert.strictEqual(status, 410)
      assert.include(text, "Sign-in expired")
      assert.strictEqual(yield* visits("exchange"), 0)
      assert.strictEqual((yield* stored(work))._tag, "Never")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("in the very same tick, page and outcome agree, whoever wins", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const port = portOf(flow)
      const wire = yield* dial(port)
      const { pathname, search } = new URL(FakeProvider.consented(flow))
      const outcome = yield* Effect.forkChild(Effect.result(flow.outcome))
      yield* Effect.all([
        wire.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`),
        TestClock.adjust("5 minutes")
      ], { concurrency: "unbounded" })
      const settled = yield* Fiber.join(outcome)
      const page = yield* wire.untilClosed
      const signedIn = settled._tag === "Success"
      assert.strictEqual(page.includes("<h1>Signed in</h1>"), signedIn)
      assert.strictEqual((yield* stored(work))._tag === "SignedIn", signedIn)
      assert.strictEqual(yield* visits("exchange"), signedIn ? 1 : 0)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("does not interrupt an exchange under way: it finishes, with success", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const exchange = yield* gate("exchange")
      const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
      yield* exchange.reached
      yield* TestClock.adjust("1 hour")
      yield* exchange.open
      assert.strictEqual((yield* flow.outcome).key, work)
      assert.strictEqual((yield* Fiber.join(page)).status, 200)
      assert.strictEqual((yield* stored(work))._tag, "SignedIn")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("is shared by whoever joins, however late", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      yield* TestClock.adjust("299 seconds")
      const joined = yield* begin(work)
      assert.deepStrictEqual(joined.expiresAt, flow.expiresAt)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Effect.flip(joined.outcome))._tag, "FlowTimedOut")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("is the one that was asked for", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      yield* TestClock.adjust("2999 millis")
      assert.isTrue(Option.isSome(yield* pending(work)))
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Effect.flip(flow.outcome), new FlowTimedOut({ after: Duration.seconds(3) }))
    }).pipe(Effect.provide(layerSignIn({ timeout: "3 seconds" }))))

  it.effect("once it has passed, the next start begins anew", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      yield* TestClock.adjust("5 minutes")
      yield* Effect.flip(flow.outcome)
      const again = yield* start(work)
      assert.strictEqual(again._tag, "Began")
    }).pipe(Effect.provide(layerSignIn())))
})
