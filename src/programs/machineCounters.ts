/**
 * The counters of this machine as they are told: to programs as JSON, and to Prometheus in its text format.
 */
import { Context, DateTime, Effect, Metric, Option } from "effect"
import { PrometheusMetrics } from "effect/observability"
import * as AuthCounts from "../services/observability/AuthCounts.ts"
import * as AuthMetrics from "../services/observability/AuthMetrics.ts"
import type { Tally } from "../services/observability/MachineCounters.ts"

const countIn = ({ counts }: Tally, series: AuthCounts.Series): number => counts.get(series) ?? 0

/** Every counter by its name, `races_prevented` by kind; `since` is null where nothing was counted yet. */
export const asJson = (
  tally: Tally
): Readonly<Record<string, string | number | null | Readonly<Record<string, number>>>> => ({
  since: Option.getOrNull(Option.map(tally.since, DateTime.formatIso)),
  ...Object.fromEntries(AuthCounts.counterNames.map((name) => [name, countIn(tally, name)])),
  races_prevented: Object.fromEntries(
    AuthCounts.kinds.map((kind) => [kind, countIn(tally, AuthCounts.seriesOf(kind))])
  )
})

/** Every counter in the text format of Prometheus (version 0.0.4), by names as Prometheus wants them. */
export const asPrometheus = (tally: Tally): Effect.Effect<string> =>
  Effect.sync(() => {
    // A registry of its own: what this process has counted is no business of this.
    const registry = Context.make(Metric.MetricRegistry, new Map())
    for (const [series, counter] of AuthMetrics.counters) counter.updateUnsafe(countIn(tally, series), registry)
    return PrometheusMetrics.formatUnsafe(registry, { metricNameMapper: AuthMetrics.prometheusName })
  })
