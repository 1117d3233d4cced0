/**
 * What comes between two windows: a call that is given up half way, a flow that is over there and new here, a tab of a flow
 * that is gone.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Queue } from "effect"
import { TestClock } from "effect/testing"
import { ExchangeFailed } from "../../../../src/services/provider/AuthorizationServer.ts"
import { FlowCancelled } from "../../../../src/services/sign-in/FlowFailure.ts"
import { gate, visits } from "../../../support/checkpoints.ts"
import { FakeBrowser } from "../../../support/fakeBrowser.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { flowOf, stored, work } from "../../../support/signIn.ts"
import { beginIn, layerMachine, twoWindows } from "../../../support/windowsInMemory.ts"

describe("Between windows", () => {
  it.effect("a logout whose caller leaves still ends the other window's flow, and its own window starts at once", () =>
    Effect.gen(function*() {
      const [owner, follower] = yield* twoWindows
      const flow = yield* beginIn(owner)
      yield* beginIn(follower)
      yield* owner.stop
      const leaving = yield* Effect.forkChild(follower.logout(work), { startImmediately: true })
      yield* Fiber.interrupt(leaving)
      yield* owner.wake
      assert.deepStrictEqual(yield* Effect.flip(flow.outcome), new FlowCancelled({ by: "logout" }))
      const next = yield* follower.start(work, { openBrowser: false })
      assert.strictEqual(next._tag, "Began")
      assert.notStrictEqual((yield* flowOf(next)).id, flow.id)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("whoever waits in the window that signs out hears of it at once, whatever the other window does", () =>
    Effect.gen(function*() {
      const [owner, follower] = yield* twoWindows
      yield* beginIn(owner)
      const flow = yield* beginIn(follower)
      yield* owner.stop
      const leaving = yield* Effect.forkChild(follower.logout(work), { startImmediately: true })
      assert.deepStrictEqual(yield* Effect.flip(flow.outcome), new FlowCancelled({ by: "logout" }))
      assert.isUndefined(leaving.pollUnsafe(), "the other window is still given its time")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Fiber.join(leaving)).flow._tag, "Cancelled")
    }).pipe(Effect.provide(layerMachine)))

  it.effect("a logout while another window is beginning a flow ends that flow too", () =>
    Effect.gen(function*() {
      const [owner, other] = yield* twoWindows
      const discovery = yield* gate("discovery")
      const starting = yield* Effect.forkChild(Effect.flip(owner.start(work, { openBrowser: false })))
      yield* discovery.reached
      assert.strictEqual((yield* other.logout(work)).flow._tag, "Cancelled")
      assert.deepStrictEqual(yield* Fiber.join(starting), new FlowCancelled({ by: "logout" }))
      yield* discovery.open
      assert.strictEqual(yield* visits("listen"), 0)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("cancel, and a paste, in a window whose flow has just failed reach the flow that was begun since elsewhere", () =>
    Effect.gen(function*() {
      const [one, other] = yield* twoWindows
      yield* FakeProvider.behave({ exchangeFailure: new ExchangeFailed({ error: "invalid_grant", ambiguous: false }) })
      const failed = yield* beginIn(one)
      yield* get(FakeProvider.consented(failed))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(failed.outcome)), "its page stays for two seconds")
      yield* FakeProvider.behave({ exchangeFailure: undefined })

      const cancelled = yield* beginIn(other)
      assert.deepStrictEqual(yield* one.cancel(work), { _tag: "Cancelled", flowId: cancelled.id })
      const pasted = yield* beginIn(other)
      const session = yield* one.complete(work, FakeProvider.consented(pasted, "code-2"))
      assert.strictEqual(session.flowId, pasted.id)
      assert.strictEqual((yield* stored(work))._tag, "SignedIn")
    }).pipe(Effect.provide(layerMachine)))

  it.effect("what is wanted of a browser goes to the flow that is there now, not to the one of a window that died", () =>
    Effect.gen(function*() {
      const [owner, follower] = yield* twoWindows
      const tabs = yield* FakeBrowser
      const dead = yield* beginIn(owner)
      assert.strictEqual(yield* Queue.take(tabs), dead.authorizationUrl)
      yield* beginIn(follower, work, false)
      // Longer than the account has no second tab.
      yield* TestClock.adjust("11 seconds")
      yield* owner.kill
      yield* RecordedEvents.heard("LeaseTakenOver")
      const live = yield* beginIn(follower)
      assert.notStrictEqual(live.id, dead.id)
      assert.strictEqual(yield* Queue.take(tabs), live.authorizationUrl)
      yield* get(FakeProvider.consented(live))
      assert.strictEqual((yield* live.outcome).flowId, live.id)
      assert.strictEqual(yield* visits("browser"), 2)
    }).pipe(Effect.provide(layerMachine)))
})
