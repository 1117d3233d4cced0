import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Queue } from "effect"
import { TestClock } from "effect/testing"
import { FlowCancelled } from "../../../../src/services/sign-in/FlowFailure.ts"
import { gate, visits } from "../../../support/checkpoints.ts"
import { FakeBrowser } from "../../../support/fakeBrowser.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get, nextTurns } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { flowOf, scopes, work } from "../../../support/signIn.ts"
import {
  beginIn,
  fourWindows,
  layerMachine,
  openWindow,
  shownIn,
  threeWindows,
  twoWindows
} from "../../../support/windowsInMemory.ts"

describe("Joining across windows", () => {
  it.effect("of fifteen simultaneous callers in three windows one begins, the others join, and all get the same session", () =>
    Effect.gen(function*() {
      const windows = yield* threeWindows
      const callers = windows.flatMap((window) => Array.from({ length: 5 }, () => window))
      const starting = yield* Effect.forkChild(
        Effect.forEach(callers, (window) => window.start(work, { openBrowser: true }), { concurrency: "unbounded" })
      )
      yield* RecordedEvents.heard("FlowStarted")
      // Who came between the lease and the flow looks again by then.
      yield* TestClock.adjust("20 millis")
      const started = yield* Fiber.join(starting)
      assert.strictEqual(started.filter(({ _tag }) => _tag === "Began").length, 1)
      assert.strictEqual(started.filter(({ _tag }) => _tag === "Joined").length, 14)
      const flows = yield* Effect.forEach(started, flowOf)
      const [first] = flows
      assert.isDefined(first)
      for (const flow of flows) {
        assert.strictEqual(flow.id, first.id)
        assert.strictEqual(flow.authorizationUrl, first.authorizationUrl)
        assert.strictEqual(flow.redirectUri, first.redirectUri)
        assert.deepStrictEqual(flow.startedAt, first.startedAt)
        assert.deepStrictEqual(flow.expiresAt, first.expiresAt)
      }

      const waiting = yield* Effect.forkChild(
        Effect.forEach(flows, ({ outcome }) => outcome, { concurrency: "unbounded" })
      )
      yield* RecordedEvents.heard("BrowserOpened")
      assert.strictEqual((yield* get(FakeProvider.consented(first))).status, 200)
      const sessions = yield* Fiber.join(waiting)
      assert.strictEqual(new Set(sessions).size, 1)
      assert.strictEqual(yield* visits("listen"), 1)
      assert.strictEqual(yield* visits("exchange"), 1)
      assert.strictEqual(yield* Queue.take(yield* FakeBrowser), first.authorizationUrl)
      assert.strictEqual(yield* Queue.size(yield* FakeBrowser), 0)
      assert.strictEqual(yield* RecordedEvents.count("FlowStarted"), 1)
      assert.strictEqual(yield* RecordedEvents.count("FlowJoined"), 14)
      assert.strictEqual(yield* RecordedEvents.count("FlowFollowed"), 2)
      assert.strictEqual(yield* RecordedEvents.count("FlowSettled"), 1)

      for (const window of windows) {
        const again = yield* window.start(work, { openBrowser: true })
        assert.isTrue(again._tag === "AlreadyAuthenticated" && again.session === sessions[0])
      }
      assert.strictEqual(yield* visits("listen"), 1)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("a window that has no part in a flow shows it, and its outcome", () =>
    Effect.gen(function*() {
      const [owner, follower, bystander, late] = yield* fourWindows
      assert.isTrue(Option.isNone(yield* bystander.pending(work)))
      const began = yield* beginIn(owner)
      yield* beginIn(follower)
      const shown = yield* shownIn(bystander)
      for (const field of ["id", "key", "authorizationUrl", "redirectUri", "startedAt", "expiresAt"] as const) {
        assert.deepStrictEqual(shown[field], began[field])
      }
      yield* RecordedEvents.heard("BrowserOpened")
      yield* nextTurns
      assert.strictEqual(yield* (yield* shownIn(bystander)).shown, "opened")

      const told = yield* Effect.forkChild(shown.outcome, { startImmediately: true })
      yield* get(FakeProvider.consented(began))
      assert.strictEqual(yield* Fiber.join(told), yield* began.outcome)
      // Asked after it has ended, it knows too.
      assert.strictEqual(yield* shown.outcome, yield* began.outcome)
      for (const window of [bystander, late]) assert.isTrue(Option.isNone(yield* window.pending(work)))
      assert.strictEqual(yield* RecordedEvents.count("FlowFollowed"), 1)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("a caller in another window waits for a flow that is still opening, and nobody shows it before", () =>
    Effect.gen(function*() {
      const [owner, follower, bystander] = yield* threeWindows
      const discovery = yield* gate("discovery")
      const first = yield* Effect.forkChild(owner.start(work, { openBrowser: true }))
      yield* discovery.reached
      const second = yield* Effect.forkChild(follower.start(work, { openBrowser: true }))
      yield* RecordedEvents.heard("FlowFollowed")
      for (const window of [owner, follower, bystander]) assert.isTrue(Option.isNone(yield* window.pending(work)))
      assert.isUndefined(second.pollUnsafe())
      yield* discovery.open
      const [began, joined] = [yield* Fiber.join(first), yield* Fiber.join(second)]
      assert.strictEqual(began._tag, "Began")
      assert.strictEqual(joined._tag, "Joined")
      assert.strictEqual((yield* flowOf(joined)).id, (yield* flowOf(began)).id)
      assert.deepStrictEqual((yield* flowOf(joined)).expiresAt, (yield* flowOf(began)).expiresAt)
      assert.strictEqual(yield* visits("listen"), 1)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("a flow that is cancelled while it opens is over in all windows that wait for it", () =>
    Effect.gen(function*() {
      const [owner, follower] = yield* twoWindows
      const discovery = yield* gate("discovery")
      const first = yield* Effect.forkChild(Effect.flip(owner.start(work, { openBrowser: true })))
      yield* discovery.reached
      const second = yield* Effect.forkChild(Effect.flip(follower.start(work, { openBrowser: true })))
      yield* RecordedEvents.heard("FlowFollowed")
      assert.strictEqual((yield* owner.cancel(work))._tag, "Cancelled")
      const cancelled = new FlowCancelled({ by: "cancel" })
      assert.deepStrictEqual(yield* Fiber.join(first), cancelled)
      assert.deepStrictEqual(yield* Fiber.join(second), cancelled)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("callers that leave a window leave the flow alone, all of them and with their window too", () =>
    Effect.gen(function*() {
      const [owner, follower, leaver] = yield* threeWindows
      const flow = yield* beginIn(owner)
      const [stays, leaves] = [yield* beginIn(follower), yield* beginIn(leaver)]
      const waiting = yield* Effect.forkChild(Effect.all([flow.outcome, stays.outcome], { concurrency: 2 }), {
        startImmediately: true
      })
      const left = yield* Effect.forkChild(stays.outcome, { startImmediately: true })
      yield* Fiber.interrupt(left)
      const closed = yield* Effect.forkChild(Effect.flip(leaves.outcome), { startImmediately: true })
      yield* leaver.close
      assert.deepStrictEqual(yield* Fiber.join(closed), new FlowCancelled({ by: "shutdown" }))
      for (const window of [owner, follower]) assert.strictEqual((yield* shownIn(window)).id, flow.id)
      assert.strictEqual((yield* get(FakeProvider.consented(flow))).status, 200)
      const [one, two] = yield* Fiber.join(waiting)
      assert.strictEqual(one, two)
      assert.strictEqual(yield* RecordedEvents.count("FlowStarted"), 1)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("a window that asks for other permissions has a flow of its own", () =>
    Effect.gen(function*() {
      const [one, same, other] = [
        yield* openWindow(),
        yield* openWindow({ scopes: scopes.toReversed() }),
        yield* openWindow({ scopes: ["openid"] })
      ]
      const flow = yield* beginIn(one)
      assert.strictEqual((yield* beginIn(same)).id, flow.id)
      assert.isTrue(Option.isNone(yield* other.pending(work)))
      const started = yield* other.start(work, { openBrowser: true })
      assert.strictEqual(started._tag, "Began")
      assert.notStrictEqual((yield* flowOf(started)).id, flow.id)
      assert.strictEqual((yield* shownIn(one)).id, flow.id)
    }).pipe(Effect.provide(layerMachine)))
})
