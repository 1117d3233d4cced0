/**
 * `AuthEvents` that are counted and timed as they are published, in the metrics of this process.
 */
import { type Context, Duration, Effect, Layer } from "effect"
import { countsOf } from "../../services/observability/AuthCounts.ts"
import * as AuthMetrics from "../../services/observability/AuthMetrics.ts"
import { type AuthEvent, AuthEvents } from "../../services/sign-in/AuthEvents.ts"

const timed = (event: AuthEvent, context: Context.Context<never>): void => {
  const flow = (phase: AuthMetrics.Phase, took: Duration.Duration | undefined) => {
    if (took !== undefined) AuthMetrics.flowDuration[phase].updateUnsafe(Duration.toSeconds(took), context)
  }
  const refresh = (outcome: AuthMetrics.RefreshOutcome, took: Duration.Duration | undefined) => {
    if (took !== undefined) AuthMetrics.refreshDuration[outcome].updateUnsafe(Duration.toSeconds(took), context)
  }
  switch (event._tag) {
    case "FlowStarted":
      return flow("opening", event.opening)
    case "FlowSettled":
      flow("person", event.person)
      flow("exchange", event.exchange)
      return flow("whole", event.whole)
    case "RefreshPerformed":
      return refresh("performed", event.took)
    case "RefreshFailed":
      return refresh("failed", event.took)
  }
}

/**
 * Provides `AuthEvents` and needs those it is to count; finalizes nothing. What is published counts before it is told to
 * anybody, so that nothing is lost however many there are and however slowly they are heard. Nothing is kept of an event but the
 * numbers. Every counter is there from the beginning, at zero.
 */
export const layer: Layer.Layer<AuthEvents, never, AuthEvents> = Layer.effect(
  AuthEvents,
  Effect.contextWith((context: Context.Context<AuthEvents>) => {
    for (const counter of AuthMetrics.counters.values()) counter.updateUnsafe(0, context)
    return Effect.map(AuthEvents, ({ publish, subscribe }) =>
      AuthEvents.of({
        subscribe,
        publish: (event) =>
          Effect.contextWith((at: Context.Context<never>) => {
            for (const series of countsOf(event)) AuthMetrics.counters.get(series)?.updateUnsafe(1, at)
            timed(event, at)
            return publish(event)
          })
      }))
  })
)
