/**
 * A race that was prevented counts wherever its safety works, and as what it was.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Metric } from "effect"
import { TestClock } from "effect/testing"
import type { Series } from "../../../src/services/observability/AuthCounts.ts"
import * as AuthMetrics from "../../../src/services/observability/AuthMetrics.ts"
import { ExchangeFailed } from "../../../src/services/provider/AuthorizationServer.ts"
import { FlowCancelled } from "../../../src/services/sign-in/FlowFailure.ts"
import { FlowStore } from "../../../src/services/storage/FlowStore.ts"
import { gate, put } from "../../support/checkpoints.ts"
import * as FakeProvider from "../../support/fakeProvider.ts"
import { get, refuses } from "../../support/loopbackClient.ts"
import { expired, fresh, heldAt } from "../../support/metricCauses.ts"
import { begin, complete, layerSignIn, portOf, scopes, signInElsewhere, work } from "../../support/signIn.ts"
import { beginIn, layerMachine, twoWindows } from "../../support/windowsInMemory.ts"

/** Counts apart from all other tests. */
const apart = <A, E, R>(story: Effect.Effect<A, E, R>) =>
  Effect.provideService(story, Metric.MetricRegistry, new Map<string, Metric.Metric.Metadata<unknown, unknown>>())

/** How much each of them has counted. */
const counted = (...series: ReadonlyArray<Series>) =>
  Effect.forEach(
    series,
    (name) =>
      Effect.flatMap(Effect.fromNullishOr(AuthMetrics.counters.get(name)), (counter) =>
        Effect.map(Metric.value(counter), ({ count }) => count))
  )

describe("A race that was prevented", () => {
  it.effect("the first caller of a window that follows has joined, and their race is the window's", () =>
    Effect.gen(function*() {
      const [owner, other] = yield* twoWindows
      yield* beginIn(owner)
      const flow = yield* beginIn(other)
      assert.deepStrictEqual(
        yield* counted("auth_flows_joined", "races_prevented.followed", "races_prevented.joined"),
        [1, 1, 0]
      )
      const waiting = yield* Effect.forkChild(flow.outcome, { startImmediately: true })
      assert.deepStrictEqual(yield* owner.load, { flows: 1, waiters: 0 })
      assert.deepStrictEqual(yield* other.load, { flows: 0, waiters: 1 })
      yield* Fiber.interrupt(waiting)
    }).pipe(Effect.provide(layerMachine), apart))

  it.effect("a refresh whose tokens come after those of a new sign-in has lost its write", () =>
    Effect.gen(function*() {
      yield* expired
      const storing = yield* gate("store")
      const asking = yield* Effect.forkChild(fresh)
      yield* storing.reached
      yield* put("store", Effect.void)
      yield* signInElsewhere(work, scopes)
      yield* storing.open
      assert.strictEqual((yield* Fiber.join(asking)).flowId, "elsewhere")
      assert.deepStrictEqual(
        yield* counted(
          "races_prevented.write_lost",
          "races_prevented.tokens_dropped",
          "races_prevented.refresh_adopted"
        ),
        [1, 0, 0]
      )
    }).pipe(Effect.provide(layerSignIn()), apart))

  it.effect("a session that is stored during the exchange overtakes the flow", () =>
    Effect.gen(function*() {
      const { end, flow } = yield* heldAt("exchange")
      yield* signInElsewhere(work, scopes)
      yield* end
      assert.strictEqual((yield* flow.outcome).flowId, "elsewhere")
      assert.deepStrictEqual(yield* counted("races_prevented.overtaken"), [1])
    }).pipe(Effect.provide(layerSignIn()), apart))

  it.effect("a time-out that strikes during the exchange has lost", () =>
    Effect.gen(function*() {
      const { end } = yield* heldAt("exchange")
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(yield* counted("races_prevented.ending_lost"), [1])
      yield* end
      assert.deepStrictEqual(yield* counted("auth_flows_succeeded", "auth_flows_timed_out"), [1, 0])
    }).pipe(Effect.provide(layerSignIn()), apart))

  it.effect("a time-out that strikes while the page stays, when all is over, is none", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      yield* TestClock.adjust("299 seconds")
      yield* get(FakeProvider.consented(flow))
      yield* flow.outcome
      yield* TestClock.adjust("1 second")
      assert.isFalse(yield* refuses(portOf(flow)))
      assert.deepStrictEqual(yield* counted("races_prevented.ending_lost"), [0])
    }).pipe(Effect.provide(layerSignIn()), apart))

  for (
    const [what, failure, lost] of [
      ["another end", new ExchangeFailed({ error: "invalid_grant", ambiguous: false }), 1],
      ["that end", undefined, 0]
    ] as const
  ) {
    it.effect(`a flow that was ended over its process's head, and has come to ${what}, counts ${lost}`, () =>
      Effect.gen(function*() {
        const { end, flow } = failure === undefined
          ? { end: Effect.void, flow: yield* begin(work) }
          : yield* heldAt("exchange")
        yield* FakeProvider.behave({ exchangeFailure: failure })
        yield* FlowStore.use((store) =>
          store.change(flow.id, {
            _tag: "Ended",
            ending: { _tag: "Failed", error: new FlowCancelled({ by: "cancel" }) },
            evicts: true
          })
        )
        yield* end
        assert.deepStrictEqual(yield* Effect.flip(flow.outcome), new FlowCancelled({ by: "cancel" }))
        assert.deepStrictEqual(yield* counted("races_prevented.ending_lost", "auth_flows_cancelled"), [lost, 1])
      }).pipe(Effect.provide(layerSignIn()), apart))
  }

  it.effect("a sign-in of one person in one window is no race at all", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      yield* complete(work, FakeProvider.consented(flow))
      yield* TestClock.adjust("2 hours")
      yield* fresh
      const races = Array.from(AuthMetrics.counters.keys()).filter((name) => name.startsWith("races_prevented"))
      assert.deepStrictEqual(yield* counted(...races), races.map(() => 0))
    }).pipe(Effect.provide(layerSignIn()), apart))
})
