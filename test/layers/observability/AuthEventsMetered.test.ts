/**
 * Counting as events are published: nothing is lost, nothing is kept but numbers, and nobody is kept waiting.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Metric, Stream } from "effect"
import { PrometheusMetrics } from "effect/observability"
import * as AuthEventsMetered from "../../../src/layers/observability/AuthEventsMetered.ts"
import * as AuthEventsPubSub from "../../../src/layers/sign-in/AuthEventsPubSub.ts"
import * as AuthMetrics from "../../../src/services/observability/AuthMetrics.ts"
import { AccountKey } from "../../../src/services/sign-in/AccountKey.ts"
import { type AuthEvent, AuthEvents } from "../../../src/services/sign-in/AuthEvents.ts"
import { FlowId } from "../../../src/services/sign-in/Session.ts"

const layer = AuthEventsMetered.layer.pipe(Layer.provide(AuthEventsPubSub.layer))

const key = AccountKey.make("work")
const flowId = FlowId.make("flow")

const publish = (event: AuthEvent) => AuthEvents.use((events) => events.publish(event))

type Registry = Map<string, Metric.Metric.Metadata<unknown, unknown>>

const apart = (registry: Registry = new Map()) => <A, E, R>(story: Effect.Effect<A, E, R>) =>
  Effect.provideService(story, Metric.MetricRegistry, registry)

describe("AuthEventsMetered", () => {
  it.effect("counts ten thousand forged callbacks as ten thousand, whoever hears of them how slowly", () =>
    Effect.gen(function*() {
      // One that never takes anything: far behind, it has lost most of them.
      const behind = yield* Effect.flatMap(AuthEvents, ({ subscribe }) => subscribe)
      yield* Effect.repeat(publish({ _tag: "CallbackForged", flowId, reason: "state_mismatch" }), { times: 9_999 })
      yield* publish({ _tag: "BrowserOpened", flowId })
      const seen = yield* Stream.runCollect(Stream.takeUntil(behind, ({ _tag }) => _tag === "BrowserOpened"))
      assert.isBelow(seen.length, 10_000)
      const forged = yield* Effect.fromNullishOr(AuthMetrics.counters.get("auth_callbacks_forged"))
      assert.strictEqual((yield* Metric.value(forged)).count, 10_000)
    }).pipe(Effect.provide(layer), apart()))

  it.effect("keeps nothing of a flow: not of one that never opens, nor of one that settles twice, nor of a thousand", () => {
    const registry: Registry = new Map()
    return Effect.gen(function*() {
      const settled = { _tag: "FlowSettled", key, outcome: "flow_timed_out", whole: Duration.seconds(300) } as const
      const flows = (from: number, count: number) =>
        Effect.forEach(
          Array.from({ length: count }, (_, index) => FlowId.make(`flow-${from + index}`)),
          (id) =>
            Effect.all([
              publish({ _tag: "FlowStarted", key, flowId: id, opening: Duration.millis(5) }),
              publish({ ...settled, flowId: id, person: Duration.seconds(1), exchange: Duration.seconds(1) }),
              publish({ ...settled, flowId: id })
            ])
        )
      yield* publish({ ...settled, flowId })
      yield* flows(0, 1)
      const series = registry.size
      yield* flows(1, 1_000)
      assert.strictEqual(registry.size, series)
    }).pipe(Effect.provide(layer), apart(registry))
  })

  it.effect("has every counter from the beginning, under names and units that Prometheus takes", () =>
    Effect.gen(function*() {
      yield* publish({ _tag: "RefreshPerformed", key, took: Duration.millis(1_500) })
      const text = yield* PrometheusMetrics.format({ metricNameMapper: AuthMetrics.prometheusName })
      assert.include(text, "# TYPE auth_flows_started_total counter\nauth_flows_started_total 0\n")
      assert.include(text, "races_prevented_total{kind=\"joined\"} 0\n")
      assert.include(text, "# TYPE token_refresh_duration_seconds histogram\n")
      assert.include(text, "token_refresh_duration_seconds_bucket{outcome=\"performed\",le=\"1\"} 0\n")
      assert.include(text, "token_refresh_duration_seconds_bucket{outcome=\"performed\",le=\"2.5\"} 1\n")
      assert.include(text, "token_refresh_duration_seconds_sum{outcome=\"performed\"} 1.5\n")
    }).pipe(Effect.provide(layer), apart()))
})
