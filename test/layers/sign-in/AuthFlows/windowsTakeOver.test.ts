import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Queue, Redacted } from "effect"
import { FlowCancelled } from "../../../../src/services/sign-in/FlowFailure.ts"
import { FlowId } from "../../../../src/services/sign-in/Session.ts"
import { FlowStore } from "../../../../src/services/storage/FlowStore.ts"
import { Leases } from "../../../../src/services/storage/Leases.ts"
import { gate, put, visits } from "../../../support/checkpoints.ts"
import { FakeBrowser } from "../../../support/fakeBrowser.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get, nextTurns, refuses } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { portOf, stored, work } from "../../../support/signIn.ts"
import {
  beginIn,
  fourWindows,
  layerMachine,
  shownIn,
  threeWindows,
  twoWindows,
  until,
  type Window
} from "../../../support/windowsInMemory.ts"

const ends = {
  "closes": (window: Window) => window.close,
  "dies without a word": (window: Window) => window.kill
}

const hasTakenOver = ({ events }: Window) => events.some(({ _tag }) => _tag === "LeaseTakenOver")

describe("Taking over", () => {
  for (const [how, end] of Object.entries(ends)) {
    it.effect(`when a window ${how}, one of its followers goes on in its place, for everybody who waits`, () =>
      Effect.gen(function*() {
        const [owner, one, other, bystander] = yield* fourWindows
        const flow = yield* beginIn(owner)
        const flows = [yield* beginIn(one), yield* beginIn(other)]
        const waiting = yield* Effect.forkChild(
          Effect.forEach(flows, ({ outcome }) => outcome, { concurrency: "unbounded" }),
          { startImmediately: true }
        )
        const own = yield* Effect.forkChild(Effect.flip(flow.outcome), { startImmediately: true })

        yield* end(owner)
        assert.isTrue(yield* refuses(portOf(flow)))
        yield* RecordedEvents.heard("LeaseTakenOver")
        // The other one has found the new flow, and has seen it open since.
        yield* RecordedEvents.heard("FlowFollowed", 3)
        yield* nextTurns
        assert.isUndefined(waiting.pollUnsafe())
        const next = yield* shownIn(bystander)
        assert.notStrictEqual(next.id, flow.id)
        assert.notStrictEqual(next.authorizationUrl, flow.authorizationUrl)
        for (const window of [one, other]) {
          const shown = yield* shownIn(window)
          assert.strictEqual(shown.id, next.id)
          assert.strictEqual(shown.authorizationUrl, next.authorizationUrl)
          assert.deepStrictEqual(shown.expiresAt, next.expiresAt)
          // Nobody has begun it for this caller: it was under way.
          assert.strictEqual((yield* window.start(work, { openBrowser: false }))._tag, "Joined")
        }
        const told = yield* Effect.forkChild(next.outcome, { startImmediately: true })

        assert.strictEqual((yield* get(FakeProvider.consented(next))).status, 200)
        const session = yield* Fiber.join(told)
        assert.strictEqual(session.flowId, next.id)
        for (const each of yield* Fiber.join(waiting)) assert.strictEqual(each, session)
        assert.strictEqual(yield* visits("listen"), 2)
        assert.strictEqual(yield* visits("exchange"), 1)
        assert.strictEqual(yield* RecordedEvents.count("FlowStarted"), 2)
        assert.strictEqual(yield* RecordedEvents.count("LeaseTakenOver"), 1)
        if (how === "closes") {
          assert.deepStrictEqual(yield* Fiber.join(own), new FlowCancelled({ by: "shutdown" }))
        } else assert.isUndefined(own.pollUnsafe())
      }).pipe(Effect.provide(layerMachine)))

    it.effect(`when one window after the other ${how}, the last one goes on`, () =>
      Effect.gen(function*() {
        const [owner, one, other] = yield* threeWindows
        yield* beginIn(owner)
        const waiting = yield* Effect.forEach([one, other], (window) =>
          Effect.flatMap(
            beginIn(window),
            ({ outcome }) => Effect.forkChild(Effect.result(outcome), { startImmediately: true })
          ))
        yield* end(owner)
        yield* RecordedEvents.heard("LeaseTakenOver")
        yield* RecordedEvents.heard("FlowFollowed", 3)
        yield* nextTurns
        const [second, third] = hasTakenOver(one) ? [one, other] : [other, one]
        const taken = yield* shownIn(second)
        yield* end(second)
        yield* RecordedEvents.heard("LeaseTakenOver", 2)
        const last = yield* shownIn(third)
        assert.notStrictEqual(last.id, taken.id)
        yield* get(FakeProvider.consented(last))
        const kept = yield* Fiber.join(yield* Effect.fromNullishOr(waiting[second === one ? 1 : 0]))
        assert.isTrue(kept._tag === "Success" && kept.success.flowId === last.id)
        assert.strictEqual(yield* visits("exchange"), 1)
      }).pipe(Effect.provide(layerMachine)))

    it.effect(`when a window ${how} that nobody follows, the next start begins anew at once`, () =>
      Effect.gen(function*() {
        const [owner, next] = yield* twoWindows
        const flow = yield* beginIn(owner)
        yield* end(owner)
        assert.isTrue(Option.isNone(yield* next.pending(work)))
        const started = yield* next.start(work, { openBrowser: false })
        assert.strictEqual(started._tag, "Began")
        const now = yield* until(flow, ({ ending }) => ending !== undefined)
        assert.isTrue(Option.exists(now, ({ ending }) => ending?._tag === "TakenOver"))
      }).pipe(Effect.provide(layerMachine)))
  }

  it.effect("what a window had stored before it died is found by those who follow it, and nobody is asked again", () =>
    Effect.gen(function*() {
      const [owner, one, other] = yield* threeWindows
      const flow = yield* beginIn(owner)
      const flows = [yield* beginIn(one), yield* beginIn(other)]
      const waiting = yield* Effect.forkChild(
        Effect.forEach(flows, ({ outcome }) => outcome, { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      yield* put("have stored", owner.kill)
      yield* Effect.forkChild(get(FakeProvider.consented(flow)))
      const [first, second] = yield* Fiber.join(waiting)
      assert.strictEqual(first, second)
      assert.strictEqual(first?.flowId, flow.id)
      const state = yield* stored(work)
      assert.isTrue(state._tag === "SignedIn" && state.session === first)
      for (const window of [one, other]) assert.isTrue(Option.isNone(yield* window.pending(work)))
      assert.strictEqual(yield* visits("listen"), 1)
      assert.strictEqual(yield* visits("exchange"), 1)
      assert.strictEqual(yield* visits("store"), 1)
      assert.strictEqual(yield* RecordedEvents.count("LeaseTakenOver"), 0)
      assert.strictEqual(yield* Queue.size(yield* FakeBrowser), 1)
      const now = yield* until(flow, ({ ending }) => ending !== undefined)
      assert.isTrue(Option.exists(now, ({ ending }) => ending?._tag === "SignedIn"))
    }).pipe(Effect.provide(layerMachine)))

  it.effect("a window that is closed while it exchanges a code finishes that, and nobody takes over", () =>
    Effect.gen(function*() {
      const [owner, follower] = yield* twoWindows
      const flow = yield* beginIn(owner)
      const waiter = yield* Effect.forkChild((yield* beginIn(follower)).outcome, { startImmediately: true })
      const exchange = yield* gate("exchange")
      const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
      yield* exchange.reached
      const closing = yield* Effect.forkChild(owner.close, { startImmediately: true })
      assert.isUndefined(closing.pollUnsafe())
      yield* exchange.open
      yield* Fiber.join(closing)
      assert.strictEqual((yield* Fiber.join(waiter)).flowId, flow.id)
      assert.include((yield* Fiber.join(page)).text, "<h1>Signed in</h1>")
      assert.strictEqual(yield* RecordedEvents.count("LeaseTakenOver"), 0)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("who waits in a window that has no part in a flow keeps waiting when somebody goes on with it", () =>
    Effect.gen(function*() {
      const [owner, bystander, follower] = yield* threeWindows
      yield* beginIn(owner)
      const shown = yield* shownIn(bystander)
      const told = yield* Effect.forkChild(Effect.result(shown.outcome), { startImmediately: true })
      yield* beginIn(follower)
      yield* owner.kill
      yield* RecordedEvents.heard("LeaseTakenOver")
      const next = yield* shownIn(follower)
      yield* get(FakeProvider.consented(next))
      const result = yield* Fiber.join(told)
      assert.isTrue(result._tag === "Success" && result.success.flowId === next.id, result._tag)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("who comes when a window has closed, and before another has gone on, is not shown where nobody listens", () =>
    Effect.gen(function*() {
      const [owner, other] = yield* twoWindows
      const flow = yield* beginIn(owner)
      const { expiresAt, lease, opened, purpose } = Option.getOrThrow(yield* until(flow, () => true))
      yield* owner.close
      // Somebody is about to go on, and has got no further.
      yield* Leases.use((leases) => leases.hold(lease))
      const starting = yield* Effect.forkChild(beginIn(other), { startImmediately: true })
      yield* RecordedEvents.heard("FlowFollowed")
      yield* nextTurns
      assert.isUndefined(starting.pollUnsafe())

      const store = yield* FlowStore
      const next = { id: FlowId.make("next"), key: work, purpose, lease, startedAt: flow.startedAt, expiresAt }
      yield* store.begin(next, Option.some(flow.id))
      yield* store.change(next.id, {
        _tag: "Opened",
        opened: { ...Option.getOrThrow(opened), authorizationUrl: Redacted.make("https://provider.test/next") },
        expiresAt
      })
      const joined = yield* Fiber.join(starting)
      assert.strictEqual(joined.id, next.id)
      assert.strictEqual(joined.authorizationUrl, "https://provider.test/next")
    }).pipe(Effect.scoped, Effect.provide(layerMachine)))
})
