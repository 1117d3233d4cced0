import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option } from "effect"
import { NotThisSignIn } from "../../../../src/services/sign-in/AuthFlows.ts"
import { ConsentDenied, FlowCancelled } from "../../../../src/services/sign-in/FlowFailure.ts"
import { gate, visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get, refuses } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { home, portOf, stored, work } from "../../../support/signIn.ts"
import {
  beginIn,
  layerMachine,
  layerUnheard,
  shownIn,
  threeWindows,
  twoWindows,
  until
} from "../../../support/windowsInMemory.ts"

const places = ["follows the flow", "has no part in the flow"] as const

/** A flow in three windows, and the one that an address is pasted in. */
const shared = Effect.fnUntraced(function*(place: typeof places[number]) {
  const [owner, follower, bystander] = yield* threeWindows
  const flow = yield* beginIn(owner)
  const flows = [flow, yield* beginIn(follower), yield* shownIn(bystander)]
  const waiting = yield* Effect.forkChild(
    Effect.forEach(flows, ({ outcome }) => Effect.result(outcome), { concurrency: "unbounded" }),
    { startImmediately: true }
  )
  return { owner, follower, bystander, flow, waiting, asking: place === "follows the flow" ? follower : bystander }
})

/** A window that has signed in and lingers for reloads, another one, and the address that the browser brought. */
const signedInAndShown = Effect.gen(function*() {
  const [owner, other] = yield* twoWindows
  const flow = yield* beginIn(owner)
  const address = FakeProvider.consented(flow)
  const browser = yield* Effect.forkChild(get(address), { startImmediately: true })
  yield* flow.outcome
  assert.include((yield* Fiber.join(browser)).text, "Signed in")
  return { address, flow, other, owner }
})

describe("Pasting the address back in another window", () => {
  for (const place of places) {
    it.effect(`one that ${place}: it completes for everybody with one exchange, and nobody listens when it returns`, () =>
      Effect.gen(function*() {
        const { asking, bystander, flow, follower, owner, waiting } = yield* shared(place)
        const session = yield* asking.complete(work, FakeProvider.consented(flow))
        assert.isTrue(yield* refuses(portOf(flow)))
        for (const result of yield* Fiber.join(waiting)) {
          assert.isTrue(result._tag === "Success" && result.success === session)
        }
        assert.strictEqual(session.flowId, flow.id)
        assert.strictEqual(yield* visits("exchange"), 1)
        for (const window of [owner, follower, bystander]) {
          assert.isTrue(Option.isNone(yield* window.pending(work)))
          assert.strictEqual((yield* window.start(work, { openBrowser: true }))._tag, "AlreadyAuthenticated")
        }
      }).pipe(Effect.provide(layerMachine)))

    it.effect(`one that ${place}: a person's no can be pasted too`, () =>
      Effect.gen(function*() {
        const { asking, flow, waiting } = yield* shared(place)
        const denied = new ConsentDenied()
        assert.deepStrictEqual(yield* Effect.flip(asking.complete(work, FakeProvider.denied(flow))), denied)
        for (const result of yield* Fiber.join(waiting)) {
          assert.deepStrictEqual(result._tag === "Failure" && result.failure, denied)
        }
        assert.strictEqual(yield* visits("exchange"), 0)
      }).pipe(Effect.provide(layerMachine)))

    const foreign = {
      "is no address": [() => "code=1", "not_a_redirect", 0],
      "has another port": [(url: string) => url.replace(/:\d+\//, ":1/"), "not_a_redirect", 0],
      "has another state": [(url: string) => url.replace("state=", "state=x"), "other_sign_in", 1],
      "has no code": [(url: string) => url.replace("code=", "cod="), "other_sign_in", 1],
      "names another issuer": [(url: string) => url.replace("provider.test", "evil.test"), "other_sign_in", 1]
    } as const
    for (const [what, [alter, reason, forgeries]] of Object.entries(foreign)) {
      it.effect(`one that ${place}: an address that ${what} is not this sign-in, and the flow lives`, () =>
        Effect.gen(function*() {
          const { asking, flow, owner, waiting } = yield* shared(place)
          const error = yield* Effect.flip(asking.complete(work, alter(FakeProvider.consented(flow))))
          assert.deepStrictEqual(error, new NotThisSignIn({ reason }))
          assert.lengthOf(yield* RecordedEvents.forgeries, forgeries)
          // Only the first address that is passed on counts, so this one was not.
          const now = yield* until(flow, () => true)
          assert.isTrue(Option.exists(now, ({ delivered }) => Option.isNone(delivered)))
          for (const window of [owner, asking]) assert.strictEqual((yield* shownIn(window)).id, flow.id)
          assert.isUndefined(waiting.pollUnsafe())
          assert.strictEqual(yield* visits("exchange"), 0)
          assert.strictEqual((yield* asking.complete(work, FakeProvider.consented(flow))).key, work)
          assert.strictEqual(yield* visits("exchange"), 1)
        }).pipe(Effect.provide(layerMachine)))
    }

    it.effect(`one that ${place}: with nothing pending for an account there is nothing to complete`, () =>
      Effect.gen(function*() {
        const { asking, flow, owner, waiting } = yield* shared(place)
        const url = FakeProvider.consented(flow)
        const nothing = new NotThisSignIn({ reason: "no_pending_flow" })
        assert.deepStrictEqual(yield* Effect.flip(asking.complete(home, url)), nothing)
        yield* owner.cancel(work)
        yield* Fiber.join(waiting)
        assert.deepStrictEqual(yield* Effect.flip(asking.complete(work, url)), nothing)
        assert.strictEqual(yield* visits("exchange"), 0)
      }).pipe(Effect.provide(layerMachine)))

    it.effect(`one that ${place}: what the listener has received already makes no second exchange`, () =>
      Effect.gen(function*() {
        const { asking, flow, waiting } = yield* shared(place)
        const exchange = yield* gate("exchange")
        const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
        yield* exchange.reached
        const pasting = yield* Effect.forkChild(asking.complete(work, FakeProvider.consented(flow)))
        yield* until(flow, ({ delivered }) => Option.isSome(delivered))
        yield* exchange.open
        const session = yield* Fiber.join(pasting)
        assert.include((yield* Fiber.join(page)).text, "<h1>Signed in</h1>")
        for (const result of yield* Fiber.join(waiting)) {
          assert.isTrue(result._tag === "Success" && result.success === session)
        }
        assert.strictEqual(yield* visits("exchange"), 1)
      }).pipe(Effect.provide(layerMachine)))

    it.effect(`one that ${place}: a caller that leaves while its code is exchanged does not undo the sign-in`, () =>
      Effect.gen(function*() {
        const { asking, flow } = yield* shared(place)
        const exchange = yield* gate("exchange")
        const pasting = yield* Effect.forkChild(asking.complete(work, FakeProvider.consented(flow)))
        yield* exchange.reached
        yield* Fiber.interrupt(pasting)
        yield* exchange.open
        assert.strictEqual((yield* flow.outcome).key, work)
        assert.strictEqual((yield* stored(work))._tag, "SignedIn")
      }).pipe(Effect.provide(layerMachine)))
  }

  it.effect("in all windows at once it is exchanged once, and all get the same session", () =>
    Effect.gen(function*() {
      const { bystander, flow, follower, owner } = yield* shared("follows the flow")
      const sessions = yield* Effect.forEach(
        [bystander, follower, owner],
        (window) => window.complete(work, FakeProvider.consented(flow)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(new Set(sessions).size, 1)
      assert.strictEqual(yield* visits("exchange"), 1)
    }).pipe(Effect.provide(layerMachine)))

  it.effect("one that has signed in, and where another one has signed out since: the address and the page say so", () =>
    Effect.gen(function*() {
      const { address, flow, other, owner } = yield* signedInAndShown
      // Still there for a reload, and for whoever pastes the same again.
      assert.strictEqual((yield* owner.complete(work, address)).flowId, flow.id)
      yield* other.logout(work)
      const pasted = yield* Effect.flip(owner.complete(work, address))
      assert.include(["FlowCancelled", "NotThisSignIn"], pasted._tag)
      assert.isTrue(yield* refuses(portOf(flow)))
      assert.strictEqual((yield* stored(work))._tag, "SignedOut")
    }).pipe(Effect.provide(layerMachine)))

  it.effect("one that has not heard of a sign-out yet asks before it says that an address pasted again has signed in", () =>
    Effect.gen(function*() {
      const { address, other, owner } = yield* signedInAndShown
      yield* other.logout(work)
      const pasted = yield* Effect.flip(owner.complete(work, address))
      assert.deepStrictEqual(pasted, new FlowCancelled({ by: "logout" }))
    }).pipe(Effect.provide(layerUnheard)))
})
