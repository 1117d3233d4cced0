import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { pid } from "node:process"
import { FlowCancelled, FlowStalled } from "../../../../src/services/sign-in/FlowFailure.ts"
import { FlowId } from "../../../../src/services/sign-in/Session.ts"
import { FlowStore } from "../../../../src/services/storage/FlowStore.ts"
import { Leases } from "../../../../src/services/storage/Leases.ts"
import { gate, visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get, nextTurns } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { flowOf, stored, work } from "../../../support/signIn.ts"
import { beginIn, layerMachine, shownIn, threeWindows, until } from "../../../support/windowsInMemory.ts"

const stalledFor = (after: Duration.Input) => new FlowStalled({ pid, after: Duration.fromInputUnsafe(after) })

/** A flow that two windows wait for, without its own. */
const followed = Effect.gen(function*() {
  const [owner, one, other] = yield* threeWindows
  const flow = yield* beginIn(owner)
  const flows = [yield* beginIn(one), yield* beginIn(other)]
  const waiting = yield* Effect.forkChild(
    Effect.forEach(flows, ({ outcome }) => Effect.flip(outcome), { concurrency: "unbounded" }),
    { startImmediately: true }
  )
  return { owner, one, other, flow, waiting }
})

/** The same with an owner that does nothing any more, and has counted as stalled since now. */
const stalled = Effect.gen(function*() {
  const all = yield* followed
  yield* all.owner.stop
  yield* TestClock.adjust("301 seconds")
  yield* Fiber.join(all.waiting)
  return all
})

/** Whose tokens the slot holds. */
const holds = Effect.map(
  stored(work),
  (state) => state._tag === "SignedIn" ? Redacted.value(state.session.tokens.accessToken) : state._tag
)

describe("A window that hangs", () => {
  it.effect("is shown until a second after its deadline, and then told of, with its number, to all who wait for it", () =>
    Effect.gen(function*() {
      const { flow, one, other, owner, waiting } = yield* followed
      yield* owner.stop
      yield* TestClock.adjust("5 minutes")
      yield* TestClock.adjust("999 millis")
      for (const window of [one, other]) {
        const shown = yield* shownIn(window)
        assert.strictEqual(shown.id, flow.id)
        assert.strictEqual(shown.authorizationUrl, flow.authorizationUrl)
      }
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(waiting), [stalledFor("301 seconds"), stalledFor("301 seconds")])
      for (const window of [one, other]) assert.isTrue(Option.isNone(yield* window.pending(work)))
      assert.strictEqual(yield* RecordedEvents.count("LeaseTakenOver"), 0)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("is not waited for again: the next start begins at once, under another lease", () =>
    Effect.gen(function*() {
      const { flow, one, other } = yield* stalled
      const started = yield* one.start(work, { openBrowser: false })
      assert.strictEqual(started._tag, "Began")
      const next = yield* flowOf(started)
      assert.strictEqual((yield* beginIn(other)).id, next.id)
      assert.notStrictEqual(next.id, flow.id)
      assert.notStrictEqual(next.authorizationUrl, flow.authorizationUrl)
      const [before, after] = [
        yield* until(flow, ({ ending }) => ending !== undefined),
        yield* until(next, ({ opened }) => Option.isSome(opened))
      ]
      assert.isTrue(Option.exists(before, ({ evicted }) => evicted))
      assert.isTrue(Option.isSome(after))
      assert.notDeepEqual(Option.map(after, ({ lease }) => lease), Option.map(before, ({ lease }) => lease))
      yield* get(FakeProvider.consented(next))
      assert.strictEqual((yield* next.outcome).flowId, next.id)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("of two windows that start then, one begins and the other joins", () =>
    Effect.gen(function*() {
      const { one, other } = yield* stalled
      const starting = yield* Effect.forkChild(
        Effect.forEach([one, other], (window) => window.start(work, { openBrowser: false }), {
          concurrency: "unbounded"
        })
      )
      yield* RecordedEvents.heard("FlowStarted", 2)
      yield* TestClock.adjust("20 millis")
      const started = yield* Fiber.join(starting)
      assert.deepStrictEqual(started.map(({ _tag }) => _tag).toSorted(), ["Began", "Joined"])
      const ids = (yield* Effect.forEach(started, flowOf)).map(({ id }) => id)
      assert.strictEqual(new Set(ids).size, 1)
      assert.strictEqual(yield* visits("listen"), 2)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("is found to hang by a start that comes later, which begins anew at once", () =>
    Effect.gen(function*() {
      const [owner, late] = yield* threeWindows
      const flow = yield* beginIn(owner)
      yield* owner.stop
      yield* TestClock.adjust("301 seconds")
      assert.isTrue(Option.isNone(yield* late.pending(work)))
      const started = yield* late.start(work, { openBrowser: false })
      assert.strictEqual(started._tag, "Began")
      assert.notStrictEqual((yield* flowOf(started)).id, flow.id)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("stores nothing when it goes on and a code that came meanwhile is late", () =>
    Effect.gen(function*() {
      const { flow, one, other, owner } = yield* followed
      yield* owner.stop
      const own = yield* Effect.forkChild(Effect.flip(flow.outcome), { startImmediately: true })
      // In time, and nobody takes it.
      const page = yield* Effect.forkChild(get(FakeProvider.consented(flow, "late")), { startImmediately: true })
      yield* TestClock.adjust("301 seconds")
      const next = yield* beginIn(one)
      assert.strictEqual((yield* beginIn(other)).id, next.id)
      yield* get(FakeProvider.consented(next, "new"))
      const session = yield* next.outcome

      yield* owner.wake
      // Its own timer and the word of the others race; either ends it.
      assert.include(["FlowTimedOut", "FlowStalled"], (yield* Fiber.join(own))._tag)
      assert.notInclude((yield* Fiber.join(page)).text, "<h1>Signed in</h1>")
      assert.deepStrictEqual((yield* FakeProvider.FakeProvider).codes, ["new"])
      assert.strictEqual(yield* visits("store"), 1)
      assert.strictEqual(yield* holds, "access-new")
      const again = yield* owner.start(work, { openBrowser: true })
      assert.isTrue(again._tag === "AlreadyAuthenticated" && again.session === session)
    }).pipe(Effect.provide(layerMachine)))

  /** Stops the owner while its code is being exchanged; its answer comes and is not seen. */
  const stoppedInExchange = Effect.gen(function*() {
    const all = yield* followed
    const exchange = yield* gate("exchange")
    const own = yield* Effect.forkChild(Effect.flip(all.flow.outcome), { startImmediately: true })
    const page = yield* Effect.forkChild(get(FakeProvider.consented(all.flow, "old")))
    yield* exchange.reached
    yield* until(all.flow, ({ answered }) => answered)
    yield* all.owner.stop
    yield* exchange.open
    return { ...all, own, page }
  })

  it.effect("may take half a minute more once its person has answered, and then stores nothing when it goes on", () =>
    Effect.gen(function*() {
      const { flow, one, other, own, owner, page, waiting } = yield* stoppedInExchange
      yield* TestClock.adjust("5 minutes")
      yield* TestClock.adjust("29999 millis")
      assert.isUndefined(waiting.pollUnsafe())
      assert.strictEqual((yield* shownIn(one)).id, flow.id)
      yield* TestClock.adjust("1 millis")
      const error = stalledFor("330 seconds")
      assert.deepStrictEqual(yield* Fiber.join(waiting), [error, error])

      yield* owner.wake
      assert.deepStrictEqual(yield* Fiber.join(own), error)
      assert.notInclude((yield* Fiber.join(page)).text, "<h1>Signed in</h1>")
      assert.strictEqual(yield* visits("store"), 0)
      assert.strictEqual(yield* holds, "Never")
      for (const window of [owner, one, other]) assert.isTrue(Option.isNone(yield* window.pending(work)))
    }).pipe(Effect.provide(layerMachine)))

  it.effect("leaves what others have stored alone when it goes on and its exchange comes back", () =>
    Effect.gen(function*() {
      const { one, other, own, owner, page } = yield* stoppedInExchange
      yield* TestClock.adjust("330 seconds")
      const next = yield* beginIn(one)
      yield* beginIn(other)
      yield* get(FakeProvider.consented(next, "new"))
      yield* next.outcome
      yield* owner.wake
      assert.deepStrictEqual(yield* Fiber.join(own), stalledFor("330 seconds"))
      assert.notInclude((yield* Fiber.join(page)).text, "<h1>Signed in</h1>")
      assert.deepStrictEqual((yield* FakeProvider.FakeProvider).codes, ["old", "new"])
      assert.strictEqual(yield* visits("store"), 1)
      assert.strictEqual(yield* holds, "access-new")
    }).pipe(Effect.provide(layerMachine)))

  it.effect("is cancelled over its head after two seconds, and what it does then stores nothing", () =>
    Effect.gen(function*() {
      const { flow, one, other, owner, waiting } = yield* followed
      yield* owner.stop
      const own = yield* Effect.forkChild(Effect.flip(flow.outcome), { startImmediately: true })
      const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)), { startImmediately: true })
      const cancelling = yield* Effect.forkChild(other.cancel(work), { startImmediately: true })
      yield* until(flow, ({ asked }) => asked === "cancel")
      yield* TestClock.adjust("1999 millis")
      assert.isUndefined(cancelling.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(cancelling), { _tag: "Cancelled", flowId: flow.id })
      const errors = yield* Fiber.join(waiting)
      assert.isTrue(errors.every((error) => error._tag === "FlowCancelled" && error.by === "cancel"))
      assert.strictEqual((yield* one.start(work, { openBrowser: false }))._tag, "Began")
      yield* owner.wake
      const error = yield* Fiber.join(own)
      assert.isTrue(error._tag === "FlowCancelled" && error.by === "cancel")
      assert.include((yield* Fiber.join(page)).text, "Sign-in cancelled")
      assert.strictEqual(yield* holds, "Never")
    }).pipe(Effect.provide(layerMachine)))

  it.effect("does not tell of its flow as pending once that was ended over its head, even before it has heard of it", () =>
    Effect.gen(function*() {
      const [one] = yield* threeWindows
      const flow = yield* beginIn(one)
      assert.strictEqual(Option.getOrUndefined(yield* one.pending(work))?.id, flow.id)
      const store = yield* FlowStore
      yield* one.stop
      yield* store.change(flow.id, {
        _tag: "Ended",
        ending: { _tag: "Failed", error: new FlowCancelled({ by: "cancel" }) },
        evicts: true
      })
      const asking = yield* Effect.forkChild(one.pending(work), { startImmediately: true })
      yield* one.wake
      assert.deepStrictEqual(yield* Fiber.join(asking), Option.none())
    }).pipe(Effect.provide(layerMachine)))

  it.effect("is passed over after three seconds when it has the lease and has begun nothing", () =>
    Effect.gen(function*() {
      const [one, other] = yield* threeWindows
      const flow = yield* beginIn(one)
      yield* one.cancel(work)
      const record = Option.getOrThrow(yield* until(flow, ({ ending }) => ending !== undefined))
      yield* Leases.use((leases) => leases.hold(record.lease))
      const starting = yield* Effect.forkChild(other.start(work, { openBrowser: false }), { startImmediately: true })
      yield* TestClock.adjust("2999 millis")
      yield* nextTurns
      assert.isUndefined(starting.pollUnsafe())
      assert.strictEqual(yield* visits("listen"), 1)
      yield* TestClock.adjust("20 millis")
      assert.strictEqual((yield* Fiber.join(starting))._tag, "Began")
      assert.strictEqual(yield* visits("listen"), 2)
    }).pipe(Effect.scoped, Effect.provide(layerMachine)))

  it.effect("is joined, and not passed over, when it begins at the last moment", () =>
    Effect.gen(function*() {
      const [one, other] = yield* threeWindows
      const cancelled = yield* beginIn(one)
      yield* one.cancel(work)
      const { lease, purpose } = Option.getOrThrow(yield* until(cancelled, ({ ending }) => ending !== undefined))
      yield* Leases.use((leases) => leases.hold(lease))
      const starting = yield* Effect.forkChild(beginIn(other), { startImmediately: true })
      // It looks every 20 ms, and this is between two looks, the second of which is the last of its patience.
      yield* TestClock.adjust("2990 millis")
      const store = yield* FlowStore
      const begun = { id: FlowId.make("late"), key: work, purpose, lease, startedAt: yield* DateTime.now }
      yield* store.begin({ ...begun, expiresAt: DateTime.add(begun.startedAt, { minutes: 5 }) }, Option.none())
      yield* TestClock.adjust("10 millis")
      yield* nextTurns
      assert.isUndefined(Option.getOrThrow(yield* store.read(begun.id)).ending)
      const state = Redacted.make("state")
      yield* store.change(begun.id, {
        _tag: "Opened",
        opened: {
          authorizationUrl: Redacted.make("https://provider.test/late"),
          redirectUri: "http://127.0.0.1:1/callback",
          expected: { state, issuer: { identifier: "https://provider.test", required: false } }
        },
        expiresAt: DateTime.add(begun.startedAt, { minutes: 5 })
      })
      assert.strictEqual((yield* Fiber.join(starting)).id, begun.id)
      assert.strictEqual(yield* visits("listen"), 1)
    }).pipe(Effect.scoped, Effect.provide(layerMachine)))

  for (
    const [what, endsIt] of [
      ["its followers end it", Effect.void],
      ["somebody cancels it", Effect.succeed("cancel")]
    ] as const
  ) {
    it.effect(`and has stored its session before: that counts, although it could not tell, when ${what}`, () =>
      Effect.gen(function*() {
        const [owner, one, other] = yield* threeWindows
        const flow = yield* beginIn(owner)
        const followedBy = yield* beginIn(one)
        const waiting = yield* Effect.forkChild(followedBy.outcome, { startImmediately: true })
        const stop = yield* gate("have stored")
        const browser = yield* Effect.forkChild(get(FakeProvider.consented(flow)), { startImmediately: true })
        yield* stop.reached
        yield* owner.stop
        yield* stop.open
        if ((yield* endsIt) === "cancel") {
          const cancelling = yield* Effect.forkChild(other.cancel(work), { startImmediately: true })
          yield* TestClock.adjust("40 seconds")
          assert.strictEqual((yield* Fiber.join(cancelling))._tag, "Finished")
        } else yield* TestClock.adjust("331 seconds")
        assert.strictEqual((yield* Fiber.join(waiting)).flowId, flow.id)
        assert.strictEqual((yield* stored(work))._tag, "SignedIn")
        assert.strictEqual((yield* other.start(work, { openBrowser: true }))._tag, "AlreadyAuthenticated")
        yield* Fiber.interrupt(browser)
      }).pipe(Effect.provide(layerMachine)))
  }
})
