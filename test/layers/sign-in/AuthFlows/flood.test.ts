/**
 * However much comes in at once: the page is true, the flow lives, and the person does not wait.
 */
import { assert, describe, it } from "@effect/vitest"
import { Array, Context, Duration, Effect, Fiber, Layer, Logger, Option, Ref, Stream, SubscriptionRef } from "effect"
import * as AuthEventsLog from "../../../../src/layers/sign-in/AuthEventsLog.ts"
import * as AuthEventsPubSub from "../../../../src/layers/sign-in/AuthEventsPubSub.ts"
import { AuthEvents } from "../../../../src/services/sign-in/AuthEvents.ts"
import { gate, visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import * as Flooder from "../../../support/flooder.ts"
import { dial, get, send } from "../../../support/loopbackClient.ts"
import { held } from "../../../support/memory.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { begin, layerSignIn, layerSignInUnheard, pending, portOf, stored, work } from "../../../support/signIn.ts"

/** How many callbacks have been forged and how many lines been logged: counts, so that telling keeps nothing. */
class Told extends Context.Service<Told, {
  readonly forged: SubscriptionRef.SubscriptionRef<number>
  readonly lines: () => number
}>()("mcp-gas/test/layers/sign-in/AuthFlows/flood.test/Told") {}

/** What ships hears of the flood: the real events and the real log, whose lines are counted instead of written. */
const layerShipped = Layer.unwrap(Effect.gen(function*() {
  let lines = 0
  const forged = yield* SubscriptionRef.make(0)
  const counting = Layer.effectDiscard(Effect.gen(function*() {
    const events = yield* Effect.flatMap(AuthEvents, ({ subscribe }) => subscribe)
    yield* Effect.forkScoped(
      Stream.runForEach(events, ({ _tag }) =>
        _tag === "CallbackForged"
          ? SubscriptionRef.update(forged, (count) => count + 1)
          : Effect.void)
    )
  }))
  return Layer.merge(layerSignInUnheard(), Layer.merge(AuthEventsLog.layer, counting)).pipe(
    Layer.provideMerge(AuthEventsPubSub.layer),
    Layer.provideMerge(Layer.succeed(Told, { forged, lines: () => lines })),
    Layer.provide(Logger.layer([Logger.make(() => void lines++)]))
  )
}))

const forgedSoFar = Told.use(({ forged }) => SubscriptionRef.get(forged))

/** Returns when so many more callbacks have been forged. */
const forgedMore = Effect.fnUntraced(function*(more: number) {
  const { forged } = yield* Told
  const enough = (yield* SubscriptionRef.get(forged)) + more
  yield* SubscriptionRef.changes(forged).pipe(Stream.takeUntil((count) => count >= enough), Stream.runDrain)
})

const megabyte = 1024 * 1024

describe("A flood", () => {
  it.live("of 200 genuine callbacks at once makes one exchange and 200 true pages, none of them early", () =>
    Effect.gen(function*() {
      const exchange = yield* gate("exchange")
      const answered = yield* Ref.make(0)
      const flow = yield* begin(work)
      const tabs = yield* Effect.forkChild(
        Effect.forEach(
          Array.range(1, 200),
          () => Effect.tap(get(FakeProvider.consented(flow)), Ref.update(answered, (count) => count + 1)),
          { concurrency: "unbounded" }
        )
      )
      yield* exchange.reached
      yield* RecordedEvents.heard("CallbackDuplicate", 199)
      // Whatever was sent before this round trip has been read by now.
      yield* get(`http://127.0.0.1:${portOf(flow)}/favicon.ico`)
      assert.strictEqual(yield* Ref.get(answered), 0)
      assert.strictEqual((yield* stored(work))._tag, "Never")
      yield* exchange.open
      const pages = yield* Fiber.join(tabs)
      assert.isTrue(pages.every(({ status, text }) => status === 200 && text.includes("<h1>Signed in</h1>")))
      assert.strictEqual(yield* visits("exchange"), 1)
      assert.strictEqual(yield* RecordedEvents.count("CallbackAccepted"), 1)
    }).pipe(Effect.provide(layerSignIn())))

  it.live(
    "of 10,000 forged callbacks leaves the flow alone and the memory flat, and going on, the person unhurried",
    () =>
      Effect.gen(function*() {
        const flow = yield* begin(work)
        const flooder = yield* Flooder.make(flow.redirectUri)
        // The first ones pay for what is compiled, grown and cached once.
        assert.deepStrictEqual(yield* flooder.send(2_000), { 400: 2_000 })
        const before = yield* held
        assert.deepStrictEqual(yield* flooder.send(10_000), { 400: 10_000 })
        const after = yield* held
        assert.strictEqual(Option.getOrThrow(yield* pending(work)).id, flow.id)
        assert.strictEqual(yield* visits("exchange"), 0)
        // One kept object of 200 bytes for each would be 2 MB.
        assert.isBelow(after.heapUsed - before.heapUsed, 2 * megabyte, "bytes of objects")
        assert.isBelow(after.external - before.external, megabyte, "bytes outside the heap")
        assert.isBelow(after.arrayBuffers - before.arrayBuffers, megabyte, "bytes of buffers")
        // The engine's young generation grows by some 60 MB under a flood and then no more; it is not given back. More
        // than this would be 10 KB kept for each, half of a socket with its request and reply.
        assert.isBelow(after.rss - before.rss, 96 * megabyte, "bytes of the process")

        const flood = yield* Effect.forkChild(flooder.send(1_000_000), { startImmediately: true })
        yield* forgedMore(1_000)
        const sofar = yield* forgedSoFar
        const [took, page] = yield* Effect.timed(get(FakeProvider.consented(flow)))
        // The same ways once more, nine times: a machine that has other things to do for a moment is not the listener.
        const again = yield* Effect.replicateEffect(Effect.timed(get(FakeProvider.consented(flow))), 9)
        const times = Array.sort([took, ...Array.map(again, ([time]) => time)], Duration.Order)
        assert.isUndefined(flood.pollUnsafe(), "the flood is still under way")
        assert.isAbove((yield* forgedSoFar) - sofar, 0, "forged callbacks between the person's request and the page")
        assert.include(page.text, "<h1>Signed in</h1>")
        assert.isBelow(Duration.toMillis(times[4] ?? Duration.infinity), 100, "milliseconds, the median of ten")
        yield* flooder.stop
        assert.deepStrictEqual(Object.keys(yield* Fiber.join(flood)), ["400"])
        assert.strictEqual(yield* visits("exchange"), 1)
        assert.strictEqual((yield* flow.outcome).key, work)
        assert.isBelow((yield* Told).lines(), 200, "lines in the log")
      }).pipe(Effect.scoped, Effect.provide(layerShipped)),
    60_000
  )

  it.live("of silent connections, past the limit, does not keep the person out", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const oldest = yield* dial(portOf(flow))
      yield* Effect.forEach(Array.range(1, 600), () => dial(portOf(flow)), { concurrency: 50 })
      assert.strictEqual(yield* oldest.untilClosed, "", "the oldest made room")
      const page = yield* get(FakeProvider.consented(flow))
      assert.include(page.text, "<h1>Signed in</h1>")
    }).pipe(Effect.scoped, Effect.provide(layerSignIn())))

  it.live("of silent connections does not cut off whoever waits for their page", () =>
    Effect.gen(function*() {
      const exchange = yield* gate("exchange")
      const flow = yield* begin(work)
      const tab = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
      yield* exchange.reached
      yield* Effect.forEach(Array.range(1, 600), () => dial(portOf(flow)), { concurrency: 50 })
      yield* exchange.open
      assert.include((yield* Fiber.join(tab)).text, "<h1>Signed in</h1>")
    }).pipe(Effect.scoped, Effect.provide(layerSignIn())))

  it.live("of headers is cut off", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const long = yield* send(`${flow.redirectUri}?state=${"x".repeat(20_000)}`)
      assert.strictEqual(long.status, 431)
      const page = yield* get(FakeProvider.consented(flow))
      assert.include(page.text, "<h1>Signed in</h1>")
    }).pipe(Effect.provide(layerSignIn())))
})
