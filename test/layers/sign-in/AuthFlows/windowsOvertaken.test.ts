import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Sessions } from "../../../../src/services/sign-in/Sessions.ts"
import { gate, visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get, refuses } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { flowOf, portOf, scopes, signInElsewhere, stored, work } from "../../../support/signIn.ts"
import {
  beginIn,
  layerMachine,
  layerWithoutLeases,
  shownIn,
  threeWindows,
  twoWindows
} from "../../../support/windowsInMemory.ts"

/** Two windows that have both begun. */
const bothBegin = Effect.gen(function*() {
  const windows = yield* twoWindows
  const [first, second] = windows
  const started = yield* Effect.all([
    first.start(work, { openBrowser: true }),
    second.start(work, { openBrowser: true })
  ])
  assert.deepStrictEqual(started.map(({ _tag }) => _tag), ["Began", "Began"])
  const [one, other] = yield* Effect.all([flowOf(started[0]), flowOf(started[1])])
  assert.notStrictEqual(one.id, other.id)
  assert.strictEqual(yield* visits("listen"), 2)
  const waiting = yield* Effect.forkChild(Effect.all([one.outcome, other.outcome], { concurrency: 2 }), {
    startImmediately: true
  })
  return { windows, flows: [one, other] as const, waiting }
})

describe("Overtaken", () => {
  for (const [which, index] of [["first", 0], ["second", 1]] as const) {
    it.effect(`where leases keep nobody out and two have begun, a consent to the ${which} settles both alike`, () =>
      Effect.gen(function*() {
        const { flows, waiting, windows } = yield* bothBegin
        const consented = flows[index]
        assert.include((yield* get(FakeProvider.consented(consented))).text, "<h1>Signed in</h1>")
        const [one, other] = yield* Fiber.join(waiting)
        assert.strictEqual(one, other)
        assert.strictEqual(one.flowId, consented.id)
        assert.isTrue(yield* refuses(portOf(flows[index === 0 ? 1 : 0])))
        assert.strictEqual(yield* visits("exchange"), 1)
        assert.strictEqual(yield* visits("store"), 1)
        for (const window of windows) {
          const again = yield* window.start(work, { openBrowser: true })
          assert.isTrue(again._tag === "AlreadyAuthenticated" && again.session === one)
        }
      }).pipe(Effect.provide(layerWithoutLeases)))
  }

  it.effect("where a person consents to both at once, both get what was stored first, and nothing is lost", () =>
    Effect.gen(function*() {
      const { flows: [one, other], waiting } = yield* bothBegin
      const exchange = yield* gate("exchange")
      const pages = yield* Effect.forkChild(
        Effect.all([get(FakeProvider.consented(one, "code-1")), get(FakeProvider.consented(other, "code-2"))], {
          concurrency: 2
        })
      )
      yield* RecordedEvents.heard("CallbackAccepted", 2)
      yield* exchange.reached
      yield* exchange.open
      const [first, second] = yield* Fiber.join(waiting)
      assert.strictEqual(first, second)
      for (const { text } of yield* Fiber.join(pages)) assert.include(text, "<h1>Signed in</h1>")
      assert.strictEqual(yield* visits("exchange"), 2)
      const state = yield* stored(work)
      assert.isTrue(state._tag === "SignedIn" && state.session === first)
      // At Google that would end the other one too.
      assert.deepStrictEqual((yield* FakeProvider.FakeProvider).revoked, [])
    }).pipe(Effect.provide(layerWithoutLeases)))

  it.effect("cancelled in both windows, both are over and neither listens", () =>
    Effect.gen(function*() {
      const { flows, windows } = yield* bothBegin
      const [one, other] = flows
      assert.deepStrictEqual(yield* windows[0].cancel(work), { _tag: "Cancelled", flowId: one.id })
      assert.deepStrictEqual(yield* windows[1].cancel(work), { _tag: "Cancelled", flowId: other.id })
      for (const flow of flows) assert.isTrue(yield* refuses(portOf(flow)))
      assert.strictEqual((yield* stored(work))._tag, "Never")
    }).pipe(Effect.provide(layerWithoutLeases)))

  it.effect("a sign-in that somebody else stores is the outcome of a flow, in all windows", () =>
    Effect.gen(function*() {
      const [owner, follower, bystander] = yield* threeWindows
      const flow = yield* beginIn(owner)
      const flows = [flow, yield* beginIn(follower), yield* shownIn(bystander)]
      const waiting = yield* Effect.forkChild(
        Effect.forEach(flows, ({ outcome }) => outcome, { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      yield* Effect.provideService(signInElsewhere(work, scopes), Sessions, bystander.sessions)
      const sessions = yield* Fiber.join(waiting)
      assert.strictEqual(new Set(sessions).size, 1)
      assert.strictEqual(sessions[0]?.flowId, "elsewhere")
      assert.isTrue(yield* refuses(portOf(flow)))
      assert.strictEqual(yield* visits("exchange"), 0)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("one that lacks a permission which is asked for is not, and the flow goes on", () =>
    Effect.gen(function*() {
      const [owner, follower, bystander] = yield* threeWindows
      const flow = yield* beginIn(owner)
      const waiting = yield* Effect.forkChild((yield* beginIn(follower)).outcome, { startImmediately: true })
      yield* Effect.provideService(signInElsewhere(work, ["openid"]), Sessions, bystander.sessions)
      yield* get(FakeProvider.consented(flow))
      assert.strictEqual((yield* Fiber.join(waiting)).flowId, flow.id)
    }).pipe(Effect.provide(layerMachine)))
})
