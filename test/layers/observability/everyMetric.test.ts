/**
 * Every metric that is promised moves when what it tells of happens, and by as much.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Metric, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as MetricsSampled from "../../../src/layers/observability/MetricsSampled.ts"
import * as ProcessMemoryNode from "../../../src/layers/observability/ProcessMemoryNode.ts"
import { allSeries, type Series } from "../../../src/services/observability/AuthCounts.ts"
import * as AuthMetrics from "../../../src/services/observability/AuthMetrics.ts"
import { MetricsSampler } from "../../../src/services/observability/MetricsSampler.ts"
import { ProviderUnreachable } from "../../../src/services/provider/AuthorizationServer.ts"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import { gate, put } from "../../support/checkpoints.ts"
import * as FakeProvider from "../../support/fakeProvider.ts"
import { get } from "../../support/loopbackClient.ts"
import { causes, expired, failing, fresh, signedIn } from "../../support/metricCauses.ts"
import { begin, cancel, complete, layerSignIn, signIn, work } from "../../support/signIn.ts"

/** Counts apart from all other tests. */
const apart = <A, E, R>(story: Effect.Effect<A, E, R>) =>
  Effect.provideService(story, Metric.MetricRegistry, new Map<string, Metric.Metric.Metadata<unknown, unknown>>())

const inSeconds = (histogram: Metric.Histogram<number>) =>
  Effect.map(Metric.value(histogram), ({ count, sum }) => ({ count, sum }))

const count = (series: Series) =>
  Effect.flatMap(
    Effect.fromNullishOr(AuthMetrics.counters.get(series)),
    (counter) => Effect.map(Metric.value(counter), (state) => state.count)
  )

describe("Every counter", () => {
  for (const series of allSeries) {
    it.effect(`${series} counts one when it happens once`, () =>
      Effect.gen(function*() {
        const counter = yield* Effect.fromNullishOr(AuthMetrics.counters.get(series))
        assert.strictEqual((yield* Metric.value(counter)).count, 0)
        yield* causes[series]
        assert.strictEqual((yield* Metric.value(counter)).count, 1)
      }).pipe(apart))
  }
})

describe("Every duration", () => {
  it.effect("a sign-in's phases, to the nanosecond by the clock, and all of it", () =>
    Effect.gen(function*() {
      const opening = yield* gate("discovery")
      const beginning = yield* Effect.forkChild(begin(work))
      yield* opening.reached
      yield* TestClock.adjust("1 second")
      yield* opening.open
      const flow = yield* Fiber.join(beginning)
      yield* TestClock.adjust("30 seconds")
      const exchange = yield* gate("exchange")
      const ending = yield* Effect.forkChild(complete(work, FakeProvider.consented(flow)))
      yield* exchange.reached
      yield* TestClock.adjust("2 seconds")
      yield* exchange.open
      yield* Fiber.join(ending)
      const { exchange: exchanged, opening: opened, person, whole } = AuthMetrics.flowDuration
      assert.deepStrictEqual(yield* Effect.all([opened, person, exchanged, whole].map(inSeconds)), [
        { count: 1, sum: 1 },
        { count: 1, sum: 30 },
        { count: 1, sum: 2 },
        { count: 1, sum: 33 }
      ])
    }).pipe(Effect.provide(layerSignIn()), apart))

  it.effect("of one that nobody answers, there is nothing of a person and of an exchange", () =>
    Effect.gen(function*() {
      yield* begin(work)
      yield* TestClock.adjust("7 seconds")
      yield* cancel(work)
      const { exchange, person, whole } = AuthMetrics.flowDuration
      assert.deepStrictEqual(yield* Effect.all([person, exchange, whole].map(inSeconds)), [
        { count: 0, sum: 0 },
        { count: 0, sum: 0 },
        { count: 1, sum: 7 }
      ])
    }).pipe(Effect.provide(layerSignIn()), apart))

  it.effect("a refresh, whether or not it brings something", () =>
    Effect.gen(function*() {
      yield* expired
      const refresh = yield* gate("refresh")
      const asking = yield* Effect.forkChild(Sessions.use((sessions) => sessions.fresh(work)))
      yield* refresh.reached
      yield* TestClock.adjust("3 seconds")
      yield* refresh.open
      yield* Fiber.join(asking)
      yield* TestClock.adjust("2 hours")
      yield* failing
      const { failed, performed } = AuthMetrics.refreshDuration
      assert.deepStrictEqual(yield* inSeconds(performed), { count: 1, sum: 3 })
      assert.deepStrictEqual(yield* inSeconds(failed), { count: 1, sum: 0 })
    }).pipe(Effect.provide(layerSignIn()), apart))
})

describe("Whatever comes between", () => {
  it.effect("a refresh whose tokens are stored while the layer closes counts", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const story = Effect.gen(function*() {
        yield* expired
        const held = yield* gate("refresh")
        yield* Effect.forkChild(fresh)
        yield* held.reached
        const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
        yield* held.open
        yield* Fiber.join(closing)
      })
      yield* Effect.provideContext(story, yield* signIn(scope))
      assert.strictEqual(yield* count("token_refreshes_performed"), 1)
    }).pipe(apart))

  it.effect("a refresh for which the provider's metadata cannot be had has failed", () =>
    Effect.gen(function*() {
      yield* expired
      const discoveryFailure = new ProviderUnreachable({
        operation: "discovery",
        problem: "The provider is away.",
        ambiguous: false
      })
      yield* FakeProvider.behave({ discoveryFailure })
      assert.strictEqual(yield* Effect.flip(fresh), discoveryFailure)
      assert.strictEqual(yield* count("token_refreshes_failed"), 1)
    }).pipe(Effect.provide(layerSignIn()), apart))

  it.effect("a sign-in that runs into a bug has failed, once", () =>
    Effect.gen(function*() {
      yield* put("answer", Effect.die("a bug"))
      const flow = yield* begin(work)
      yield* Effect.exit(get(FakeProvider.consented(flow)))
      yield* Effect.exit(flow.outcome)
      assert.deepStrictEqual(yield* Effect.all([count("auth_flows_started"), count("auth_flows_failed")]), [1, 1])
      assert.strictEqual((yield* inSeconds(AuthMetrics.flowDuration.whole)).count, 1)
    }).pipe(Effect.provide(layerSignIn()), apart))
})

describe("Every gauge", () => {
  const { flowsPending, heapBytes, sessions, waiters } = AuthMetrics
  const told = Effect.map(
    Effect.all([sessions, flowsPending, waiters].map((gauge) => Metric.value(gauge))),
    (all) => all.map(({ value }) => value)
  )
  const layer = MetricsSampled.layer().pipe(Layer.provide(ProcessMemoryNode.layer), Layer.provideMerge(layerSignIn()))

  it.effect("tells what is going on, when it is asked for and every ten seconds", () =>
    Effect.gen(function*() {
      const { sample } = yield* MetricsSampler
      assert.deepStrictEqual(yield* told, [0, 0, 0])
      assert.isAbove((yield* Metric.value(heapBytes)).value, 1_000_000)

      const flow = yield* begin(work)
      const waiting = yield* Effect.forkChild(
        Effect.all([flow.outcome, flow.outcome], { concurrency: 2 }),
        { startImmediately: true }
      )
      assert.deepStrictEqual(yield* told, [0, 0, 0])
      yield* sample
      assert.deepStrictEqual(yield* told, [0, 1, 2])

      yield* complete(work, FakeProvider.consented(flow))
      yield* Fiber.join(waiting)
      yield* TestClock.adjust("9999 millis")
      assert.deepStrictEqual(yield* told, [0, 1, 2])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* told, [1, 0, 0])
    }).pipe(Effect.provide(layer), apart))

  it.effect("a sign-in that is over for everybody is not pending, and its page is", () =>
    Effect.gen(function*() {
      const { sample } = yield* MetricsSampler
      yield* signedIn
      yield* sample
      assert.deepStrictEqual(yield* told, [1, 0, 0])
    }).pipe(Effect.provide(layer), apart))
})
