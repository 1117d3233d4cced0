import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Queue } from "effect"
import { TestClock } from "effect/testing"
import type { AuthFlow } from "../../../../src/services/sign-in/AuthFlows.ts"
import { visits } from "../../../support/checkpoints.ts"
import { FakeBrowser } from "../../../support/fakeBrowser.ts"
import { nextTurns } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { home, work } from "../../../support/signIn.ts"
import { beginIn, layerMachine, shownIn, threeWindows, twoWindows } from "../../../support/windowsInMemory.ts"

/** The tabs that were opened, in order, once those who may open one have had their chance. */
const tabs = Effect.gen(function*() {
  yield* nextTurns
  return yield* Queue.clear(yield* FakeBrowser)
})

/** What became of showing a flow, once those who may show it have had their chance. */
const shown = (flow: AuthFlow) => Effect.andThen(nextTurns, flow.shown)

describe("One tab for an account in ten seconds", () => {
  it.effect("a flow that follows too soon, in whichever window, is not shown by itself until ten seconds are over", () =>
    Effect.gen(function*() {
      const [one, other] = yield* twoWindows
      const first = yield* beginIn(one)
      assert.deepStrictEqual(yield* tabs, [first.authorizationUrl])
      yield* one.cancel(work)
      const second = yield* beginIn(other)
      const joined = yield* beginIn(one)
      assert.strictEqual(joined.id, second.id)
      for (const flow of [second, joined]) assert.strictEqual(yield* shown(flow), "braked")
      yield* TestClock.adjust("9999 millis")
      for (const window of [one, other]) yield* beginIn(window)
      assert.deepStrictEqual(yield* tabs, [])
      assert.strictEqual(yield* shown(second), "braked")
      yield* TestClock.adjust("1 millis")
      yield* beginIn(one)
      assert.deepStrictEqual(yield* tabs, [second.authorizationUrl])
      assert.strictEqual(yield* shown(joined), "opened")
      yield* TestClock.adjust("20 seconds")
      for (const window of [one, other]) yield* beginIn(window)
      assert.deepStrictEqual(yield* tabs, [])
    }).pipe(Effect.provide(layerMachine)))

  it.effect("cancelling and starting over and over opens no second tab", () =>
    Effect.gen(function*() {
      const windows = yield* twoWindows
      for (let second = 0; second < 10; second++) {
        for (const window of windows) {
          yield* beginIn(window)
          yield* nextTurns
          assert.strictEqual((yield* window.cancel(work))._tag, "Cancelled")
        }
        assert.strictEqual(yield* visits("browser"), 1)
        yield* TestClock.adjust("1 second")
      }
      const flow = yield* beginIn(windows[0])
      assert.strictEqual((yield* tabs).at(-1), flow.authorizationUrl)
      assert.strictEqual(yield* visits("browser"), 2)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("another account has a tab of its own", () =>
    Effect.gen(function*() {
      const [one, other] = yield* twoWindows
      const first = yield* beginIn(one)
      const second = yield* beginIn(other, home)
      assert.sameMembers(yield* tabs, [first.authorizationUrl, second.authorizationUrl])
      for (const flow of [first, second]) assert.strictEqual(yield* shown(flow), "opened")
    }).pipe(Effect.provide(layerMachine)))

  it.effect("a tab that nobody wanted at first is opened by the window whose caller is the first to want it", () =>
    Effect.gen(function*() {
      const [owner, ...followers] = yield* threeWindows
      const flow = yield* beginIn(owner, work, false)
      for (const window of followers) yield* beginIn(window, work, false)
      assert.deepStrictEqual(yield* tabs, [])
      assert.strictEqual(yield* shown(flow), "not_asked")
      for (const window of [...followers, owner]) yield* beginIn(window)
      assert.deepStrictEqual(yield* tabs, [flow.authorizationUrl])
      for (const window of [...followers, owner]) {
        assert.strictEqual(yield* shown(yield* shownIn(window)), "opened")
      }
      assert.strictEqual(yield* RecordedEvents.count("BrowserOpened"), 1)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("a flow that was taken over is shown to those who wait as soon as ten seconds are over", () =>
    Effect.gen(function*() {
      const [owner, one, other] = yield* threeWindows
      const flow = yield* beginIn(owner)
      const flows = [yield* beginIn(one), yield* beginIn(other)]
      yield* Effect.forEach(flows, ({ outcome }) => Effect.forkChild(outcome, { startImmediately: true }))
      assert.deepStrictEqual(yield* tabs, [flow.authorizationUrl])
      yield* TestClock.adjust("3 seconds")
      yield* owner.kill
      yield* RecordedEvents.heard("LeaseTakenOver")
      yield* nextTurns
      const next = yield* shownIn(one)
      assert.notStrictEqual(next.id, flow.id)
      assert.strictEqual(yield* shown(next), "braked")
      yield* TestClock.adjust("6999 millis")
      assert.deepStrictEqual(yield* tabs, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* tabs, [next.authorizationUrl])
      for (const window of [one, other]) assert.strictEqual(yield* shown(yield* shownIn(window)), "opened")
      assert.strictEqual(yield* RecordedEvents.count("BrowserOpened"), 2)
    }).pipe(Effect.provide(layerMachine)))

  for (const waits of [0, 1] as const) {
    it.effect(`it is enough that somebody waits in one of the windows that followed it, the ${waits === 0 ? "first" : "second"}`, () =>
      Effect.gen(function*() {
        const [owner, ...followers] = yield* threeWindows
        yield* beginIn(owner)
        const flows = yield* Effect.forEach(followers, (window) => beginIn(window))
        const flow = yield* Effect.fromNullishOr(flows[waits])
        yield* Effect.forkChild(flow.outcome, { startImmediately: true })
        yield* tabs
        yield* owner.kill
        yield* RecordedEvents.heard("LeaseTakenOver")
        yield* nextTurns
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(yield* tabs, [(yield* shownIn(followers[0])).authorizationUrl])
      }).pipe(Effect.provide(layerMachine)))
  }

  it.effect("it is not shown by itself when nobody waits any more, but to whoever wants it next", () =>
    Effect.gen(function*() {
      const [owner, one, other] = yield* threeWindows
      yield* beginIn(owner)
      const flows = [yield* beginIn(one), yield* beginIn(other)]
      const waiting = yield* Effect.forEach(
        flows,
        ({ outcome }) => Effect.forkChild(outcome, { startImmediately: true })
      )
      assert.lengthOf(yield* tabs, 1)
      for (const waiter of waiting) yield* Fiber.interrupt(waiter)
      yield* owner.kill
      yield* RecordedEvents.heard("LeaseTakenOver")
      yield* nextTurns
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(yield* tabs, [])
      const next = yield* beginIn(other)
      assert.deepStrictEqual(yield* tabs, [next.authorizationUrl])
    }).pipe(Effect.provide(layerMachine)))

  it.effect("it is not shown by itself where nobody had wanted a browser", () =>
    Effect.gen(function*() {
      const [owner, follower] = yield* twoWindows
      yield* beginIn(owner, work, false)
      const flow = yield* beginIn(follower, work, false)
      yield* Effect.forkChild(flow.outcome, { startImmediately: true })
      yield* owner.kill
      yield* RecordedEvents.heard("LeaseTakenOver")
      yield* nextTurns
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(yield* tabs, [])
      assert.isTrue(Option.isSome(yield* follower.pending(work)))
    }).pipe(Effect.provide(layerMachine)))
})
