import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option } from "effect"
import { TestClock } from "effect/testing"
import { FlowCancelled } from "../../../../src/services/sign-in/FlowFailure.ts"
import { gate, visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get, refuses } from "../../../support/loopbackClient.ts"
import { portOf, stored, work } from "../../../support/signIn.ts"
import { beginIn, layerMachine, shownIn, threeWindows, until } from "../../../support/windowsInMemory.ts"

const places = ["follows it", "has no part in it"] as const

/** A flow in three windows: of the owner, of one that follows it, and of one that does not. */
const shared = Effect.gen(function*() {
  const [owner, follower, bystander] = yield* threeWindows
  const flow = yield* beginIn(owner)
  const flows = [flow, yield* beginIn(follower), yield* shownIn(bystander)]
  const waiting = yield* Effect.forkChild(
    Effect.forEach(flows, ({ outcome }) => Effect.exit(outcome), { concurrency: "unbounded" }),
    { startImmediately: true }
  )
  const errors = Effect.forEach(flows, ({ outcome }) => Effect.flip(outcome), { concurrency: "unbounded" })
  return { owner, follower, bystander, flow, waiting, errors }
})

describe("Cancelling across windows", () => {
  for (const place of places) {
    it.effect(`cancel in a window that ${place} ends the flow everywhere, and nobody listens when it returns`, () =>
      Effect.gen(function*() {
        const { bystander, errors, flow, follower, owner, waiting } = yield* shared
        const asking = place === "follows it" ? follower : bystander
        assert.deepStrictEqual(yield* asking.cancel(work), { _tag: "Cancelled", flowId: flow.id })
        assert.isTrue(yield* refuses(portOf(flow)))
        const cancelled = new FlowCancelled({ by: "cancel" })
        yield* Fiber.join(waiting)
        assert.deepStrictEqual(yield* errors, [cancelled, cancelled, cancelled])
        for (const window of [owner, follower, bystander]) {
          assert.isTrue(Option.isNone(yield* window.pending(work)))
          assert.deepStrictEqual(yield* window.cancel(work), { _tag: "NothingPending" })
        }
        const next = yield* asking.start(work, { openBrowser: false })
        assert.strictEqual(next._tag, "Began")
        assert.notStrictEqual((yield* shownIn(owner)).id, flow.id)
      }).pipe(Effect.provide(layerMachine)))

    it.effect(`cancel during the exchange, in a window that ${place}, answers that the person had finished`, () =>
      Effect.gen(function*() {
        const { bystander, flow, follower, waiting } = yield* shared
        const asking = place === "follows it" ? follower : bystander
        const exchange = yield* gate("exchange")
        const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
        yield* exchange.reached
        const cancelling = yield* Effect.forkChild(asking.cancel(work), { startImmediately: true })
        yield* until(flow, ({ answered, asked }) => answered && asked === "cancel")
        // Longer than a window may take that nobody has answered.
        yield* TestClock.adjust("20 seconds")
        assert.isUndefined(cancelling.pollUnsafe())
        yield* exchange.open
        assert.deepStrictEqual(yield* Fiber.join(cancelling), { _tag: "Finished", flowId: flow.id })
        assert.include((yield* Fiber.join(page)).text, "<h1>Signed in</h1>")
        assert.isTrue((yield* Fiber.join(waiting)).every(({ _tag }) => _tag === "Success"))
        assert.strictEqual((yield* stored(work))._tag, "SignedIn")
      }).pipe(Effect.provide(layerMachine)))

    it.effect(`logout in a window that ${place} ends the flow everywhere, and a later start begins anew`, () =>
      Effect.gen(function*() {
        const { bystander, errors, flow, follower, owner, waiting } = yield* shared
        const asking = place === "follows it" ? follower : bystander
        assert.deepStrictEqual(yield* asking.logout(work), {
          was: Option.none(),
          flow: { _tag: "Cancelled", flowId: flow.id },
          revoked: Option.none()
        })
        assert.isTrue(yield* refuses(portOf(flow)))
        const cancelled = new FlowCancelled({ by: "logout" })
        yield* Fiber.join(waiting)
        assert.deepStrictEqual(yield* errors, [cancelled, cancelled, cancelled])
        assert.strictEqual((yield* stored(work))._tag, "SignedOut")
        const next = yield* beginIn(owner)
        assert.notStrictEqual(next.id, flow.id)
        assert.strictEqual((yield* beginIn(follower)).id, next.id)
        yield* get(FakeProvider.consented(next))
        assert.strictEqual((yield* next.outcome).key, work)
      }).pipe(Effect.provide(layerMachine)))

    it.effect(`logout during the exchange, in a window that ${place}: nothing is stored, and what was issued is revoked`, () =>
      Effect.gen(function*() {
        const { bystander, errors, flow, follower, waiting } = yield* shared
        const asking = place === "follows it" ? follower : bystander
        const [exchange, revoke] = [yield* gate("exchange"), yield* gate("revoke")]
        const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
        yield* exchange.reached
        const leaving = yield* Effect.forkChild(asking.logout(work), { startImmediately: true })
        yield* until(flow, ({ asked }) => asked === "logout")
        assert.isUndefined(leaving.pollUnsafe())
        yield* exchange.open
        assert.deepStrictEqual((yield* Fiber.join(leaving)).flow, { _tag: "Cancelled", flowId: flow.id })
        const cancelled = new FlowCancelled({ by: "logout" })
        yield* Fiber.join(waiting)
        assert.deepStrictEqual(yield* errors, [cancelled, cancelled, cancelled])
        assert.include((yield* Fiber.join(page)).text, "Sign-in cancelled")
        assert.strictEqual((yield* stored(work))._tag, "SignedOut")
        yield* revoke.reached
        assert.strictEqual(yield* visits("revoke"), 1)
        yield* revoke.open
      }).pipe(Effect.provide(layerMachine)))
  }

  it.effect("cancels in all windows at once all answer that the flow was cancelled", () =>
    Effect.gen(function*() {
      const { bystander, flow, follower, owner } = yield* shared
      const answers = yield* Effect.forEach([bystander, follower, owner], (window) => window.cancel(work), {
        concurrency: "unbounded"
      })
      const cancelled = { _tag: "Cancelled", flowId: flow.id } as const
      assert.deepStrictEqual(answers, [cancelled, cancelled, cancelled])
      assert.isTrue(yield* refuses(portOf(flow)))
    }).pipe(Effect.provide(layerMachine)))
})
