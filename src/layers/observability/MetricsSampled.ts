/**
 * `MetricsSampler` that looks now and then of its own accord.
 */
import { type Duration, Effect, Layer, Metric } from "effect"
import * as AuthMetrics from "../../services/observability/AuthMetrics.ts"
import { MetricsSampler } from "../../services/observability/MetricsSampler.ts"
import { ProcessMemory } from "../../services/observability/ProcessMemory.ts"
import { AuthFlows } from "../../services/sign-in/AuthFlows.ts"
import { Sessions } from "../../services/sign-in/Sessions.ts"

/** How it samples. */
export interface Options {
  /** How often it looks, by the `Clock`; ten seconds unless said. */
  readonly every?: Duration.Input
}

/**
 * Provides `MetricsSampler`; needs `AuthFlows`, `Sessions` and `ProcessMemory`. It looks at once and then at its interval, until
 * its Scope closes. Only worth building where somebody exports metrics: without it the gauges are not there, and cost nothing.
 */
export const layer = (
  { every = "10 seconds" }: Options = {}
): Layer.Layer<MetricsSampler, never, AuthFlows | Sessions | ProcessMemory> =>
  Layer.effect(
    MetricsSampler,
    Effect.gen(function*() {
      const flows = yield* AuthFlows
      const sessions = yield* Sessions
      const memory = yield* ProcessMemory

      const sample = Effect.gen(function*() {
        const load = yield* flows.load
        yield* Metric.update(AuthMetrics.flowsPending, load.flows)
        yield* Metric.update(AuthMetrics.waiters, load.waiters)
        yield* Metric.update(AuthMetrics.sessions, yield* sessions.live)
        yield* Metric.update(AuthMetrics.heapBytes, yield* memory.heapBytes)
      })

      yield* sample
      yield* Effect.forkScoped(Effect.forever(Effect.delay(sample, every)))
      return MetricsSampler.of({ sample })
    })
  )
