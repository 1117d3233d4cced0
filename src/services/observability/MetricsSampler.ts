/**
 * Looking at what goes on, for those metrics that are a state and not a count.
 */
import { Context, type Effect } from "effect"

/** Brings gauges up to date: by itself now and then, and for whoever is about to export them. */
export class MetricsSampler extends Context.Service<MetricsSampler, {
  /** Sets the gauges of `AuthMetrics` to what they are now; asks no store and nobody else. */
  readonly sample: Effect.Effect<void>
}>()("mcp-gas/services/observability/MetricsSampler") {}
