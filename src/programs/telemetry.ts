/**
 * Telemetry for whoever has a collector. Nothing of it is loaded unless the environment names one.
 */
import { type Duration, Effect, Layer, Option } from "effect"
import * as OtlpVariables from "../layers/observability/OtlpVariables.ts"

/** Sends spans, metrics and logs of what it is provided to. What logs already goes on as it is, if it is provided with that. */
export const layer = (lastWords: Duration.Duration): Layer.Layer<never> =>
  Layer.unwrap(
    Effect.flatMap(
      OtlpVariables.endpoint,
      Option.match({
        onNone: () => Effect.succeed(Layer.empty),
        onSome: () =>
          Effect.map(Effect.promise(() => import("./telemetryOtlp.ts")), (loaded) => loaded.layer(lastWords))
      })
    )
  )
