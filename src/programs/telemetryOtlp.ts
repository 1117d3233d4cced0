/**
 * This program's telemetry, by OTLP.
 */
import { type Duration, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { FetchHttpClient } from "effect/http"
import * as TelemetryOtlp from "../layers/observability/TelemetryOtlp.ts"
import { identity } from "./identity.ts"

export const layer = (lastWords: Duration.Duration): Layer.Layer<never> =>
  TelemetryOtlp.layer({ serviceName: identity.name, serviceVersion: identity.version, lastWords }).pipe(
    Layer.provide([FetchHttpClient.layer, SecureRandom.layerWebCrypto])
  )
