import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, type Layer, Queue, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { BrowserUnavailable } from "../../../../src/services/sign-in/Browser.ts"
import { ConsentDenied } from "../../../../src/services/sign-in/FlowFailure.ts"
import type { FlowPage, UrlOpener, UrlOpening } from "../../../../src/services/sign-in/UrlOpener.ts"
import { gate, visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get, nextTurns, refuses } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { flowOf, portOf, stored, work } from "../../../support/signIn.ts"
import { beginIn, layerMachine, shownIn, twoWindows, until, type Window } from "../../../support/windowsInMemory.ts"

/** A caller's opener that answers when the test says what. */
const opener = Effect.gen(function*() {
  const asked = yield* Queue.unbounded<FlowPage>()
  const answer = yield* Deferred.make<UrlOpening, BrowserUnavailable>()
  /** How each time of being asked ended. */
  const closed = yield* Queue.unbounded<string>()
  const open: UrlOpener = (page) =>
    Effect.addFinalizer(() => Queue.offer(closed, page.flowId)).pipe(
      Effect.andThen(Queue.offer(asked, page)),
      Effect.andThen(Deferred.await(answer))
    )
  return { open, asked, answer, closed }
})

const beginWith = (window: Window, open: UrlOpener) =>
  Effect.flatMap(window.start(work, { openBrowser: true, opener: open }), flowOf)

const scenario = <A, E>(story: Effect.Effect<A, E, Layer.Success<typeof layerMachine> | Scope.Scope>) =>
  Effect.provide(story, layerMachine)

describe("A caller's own way of opening the page", () => {
  it.effect("is given the page in place of the browser, and what came of it is shown to everybody in every window", () =>
    scenario(Effect.gen(function*() {
      const [one, other] = yield* twoWindows
      const mine = yield* opener
      const flow = yield* beginWith(one, mine.open)
      assert.deepStrictEqual(yield* Queue.take(mine.asked), {
        flowId: flow.id,
        key: work,
        authorizationUrl: flow.authorizationUrl
      })
      assert.strictEqual(yield* flow.shown, "asked")
      yield* Deferred.succeed(mine.answer, "accepted")
      yield* until(flow, ({ tab }) => tab === "accepted")
      yield* nextTurns
      assert.strictEqual(yield* flow.shown, "accepted")
      assert.strictEqual(yield* (yield* shownIn(other)).shown, "accepted")
      const joined = yield* beginIn(other)
      yield* nextTurns
      assert.strictEqual(yield* joined.shown, "accepted")
      assert.strictEqual(yield* visits("browser"), 0)
    })))

  it.effect("is run once for a flow, whoever brings one, in whichever window", () =>
    scenario(Effect.gen(function*() {
      const windows = yield* twoWindows
      const openers = yield* Effect.all(Array.from({ length: 10 }, () => opener))
      yield* Effect.forEach(
        openers,
        ({ open }, index) => beginWith(windows[index % 2] ?? windows[0], open),
        { concurrency: "unbounded" }
      ).pipe(Effect.forkChild, Effect.tap(() => TestClock.adjust("20 millis")), Effect.flatMap(Fiber.join))
      yield* nextTurns
      const asked = yield* Effect.forEach(openers, ({ asked: pages }) => Queue.size(pages))
      assert.strictEqual(asked.reduce((sum, count) => sum + count, 0), 1)
      assert.strictEqual(yield* visits("browser"), 0)
    })))

  it.effect("that fails leaves the flow as it is, to be opened by hand, and is not run again", () =>
    scenario(Effect.gen(function*() {
      const [one] = yield* twoWindows
      const mine = yield* opener
      yield* Deferred.fail(mine.answer, new BrowserUnavailable({ problem: "Nobody is there." }))
      const flow = yield* beginWith(one, mine.open)
      yield* RecordedEvents.heard("BrowserFailed")
      assert.strictEqual(yield* flow.shown, "failed")
      yield* beginWith(one, mine.open)
      yield* nextTurns
      assert.strictEqual(yield* Queue.size(mine.asked), 1)
      assert.strictEqual((yield* get(FakeProvider.consented(flow))).status, 200)
      assert.strictEqual((yield* flow.outcome).flowId, flow.id)
    })))

  it.effect("is interrupted when the flow ends first, and learns of the end before the page can be reloaded no more", () =>
    scenario(Effect.gen(function*() {
      const [one] = yield* twoWindows
      const mine = yield* opener
      const flow = yield* beginWith(one, mine.open)
      yield* Queue.take(mine.asked)
      const lingering = yield* gate("linger")
      yield* get(FakeProvider.consented(flow))
      yield* flow.outcome
      assert.strictEqual(yield* Queue.take(mine.closed), flow.id)
      yield* lingering.open
    })))

  it.effect("learns of a cancellation", () =>
    scenario(Effect.gen(function*() {
      const [one] = yield* twoWindows
      const mine = yield* opener
      yield* Deferred.succeed(mine.answer, "accepted")
      const flow = yield* beginWith(one, mine.open)
      yield* RecordedEvents.heard("BrowserOpened")
      assert.strictEqual(yield* Queue.size(mine.closed), 0)
      yield* one.cancel(work)
      assert.strictEqual(yield* Queue.take(mine.closed), flow.id)
    })))
})

describe("A window that goes away while its person is asked", () => {
  it.effect("leaves the others with the word that nobody has the page open", () =>
    scenario(Effect.gen(function*() {
      const [owner, follower] = yield* twoWindows
      const flow = yield* beginIn(owner, work, false)
      const mine = yield* opener
      yield* beginWith(follower, mine.open)
      yield* Queue.take(mine.asked)
      yield* follower.close
      yield* until(flow, ({ tab }) => tab === "failed")
      yield* nextTurns
      assert.strictEqual(yield* flow.shown, "failed")
      assert.strictEqual((yield* get(FakeProvider.consented(flow))).status, 200)
      assert.strictEqual((yield* flow.outcome).flowId, flow.id)
    })))
})

describe("The person's no to opening the page", () => {
  it.effect("ends the flow as declined for everybody, and nothing listens any more", () =>
    scenario(Effect.gen(function*() {
      const [one, other] = yield* twoWindows
      const mine = yield* opener
      const flow = yield* beginWith(one, mine.open)
      const elsewhere = yield* beginIn(other, work, false)
      const told = yield* Effect.forkChild(
        Effect.all([Effect.flip(flow.outcome), Effect.flip(elsewhere.outcome)], { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      yield* Deferred.succeed(mine.answer, "declined")
      assert.deepStrictEqual(yield* Fiber.join(told), [new ConsentDenied(), new ConsentDenied()])
      assert.isTrue(yield* refuses(portOf(flow)))
      assert.strictEqual((yield* stored(work))._tag, "Never")
    })))

  it.effect("ends it also where another window's process runs it", () =>
    scenario(Effect.gen(function*() {
      const [owner, follower] = yield* twoWindows
      const flow = yield* beginIn(owner, work, false)
      const mine = yield* opener
      const joined = yield* beginWith(follower, mine.open)
      assert.strictEqual(joined.id, flow.id)
      yield* Deferred.succeed(mine.answer, "declined")
      assert.deepStrictEqual(yield* Effect.flip(flow.outcome), new ConsentDenied())
      assert.deepStrictEqual(yield* Effect.flip(joined.outcome), new ConsentDenied())
      assert.isTrue(yield* refuses(portOf(flow)))
    })))

  it.effect("comes too late once they have consented", () =>
    scenario(Effect.gen(function*() {
      const [one] = yield* twoWindows
      const mine = yield* opener
      const flow = yield* beginWith(one, mine.open)
      const exchanging = yield* gate("exchange")
      const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)), { startImmediately: true })
      yield* exchanging.reached
      yield* Deferred.succeed(mine.answer, "declined")
      yield* nextTurns
      yield* exchanging.open
      assert.strictEqual((yield* flow.outcome).flowId, flow.id)
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(page)))
    })))
})

describe("A flow that stands in for one whose window died", () => {
  it.effect("is shown in the way of the caller who waits for it", () =>
    scenario(Effect.gen(function*() {
      const [owner, follower] = yield* twoWindows
      const flow = yield* beginIn(owner, work, false)
      const mine = yield* opener
      yield* Deferred.succeed(mine.answer, "accepted")
      const joined = yield* beginWith(follower, mine.open)
      yield* Effect.forkChild(joined.outcome, { startImmediately: true })
      assert.strictEqual((yield* Queue.take(mine.asked)).flowId, flow.id)
      yield* RecordedEvents.heard("BrowserOpened")
      yield* owner.kill
      // The page of the dead window's flow leads nowhere any more.
      assert.strictEqual(yield* Queue.take(mine.closed), flow.id)
      yield* RecordedEvents.heard("LeaseTakenOver")
      yield* TestClock.adjust("10 seconds")
      const next = yield* Queue.take(mine.asked)
      assert.strictEqual(next.flowId, (yield* shownIn(follower)).id)
      assert.notStrictEqual(next.flowId, flow.id)
    })))
})
