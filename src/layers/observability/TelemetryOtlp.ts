/**
 * Spans, metrics and logs to an OpenTelemetry collector, by OTLP over HTTP, as the environment says.
 *
 * The exporters are Effect's. What is settled here is that an endpoint is all they need, that no mistake in a variable is
 * more than a warning, and that nobody waits for a collector that is away or slow.
 */
import {
  Cause,
  ConfigProvider,
  Duration,
  Effect,
  HashSet,
  Layer,
  Option,
  Predicate,
  Ref,
  References,
  Result
} from "effect"
import { SecureRandom } from "effect/crypto"
import { Hex } from "effect/encoding"
import { HttpClient, HttpClientError } from "effect/http"
import { OtlpLogger, OtlpMetrics, OtlpSerialization, OtlpTracer } from "effect/observability"
import { pid } from "node:process"
import * as OtlpVariables from "./OtlpVariables.ts"

/** What the telemetry is about, and how long its end may take. */
export interface Options {
  /** What the telemetry is about, unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` says otherwise. */
  readonly serviceName: string
  /** The version of that program (`service.version`). */
  readonly serviceVersion: string
  /** How long closing waits for the last of it to leave, 300 milliseconds unless said; what has not left by then is lost. */
  readonly lastWords?: Duration.Duration
}

const defaultLastWords = Duration.millis(300)

/** How long a collector may take to answer: telemetry must not pile up here. */
const patience = Duration.seconds(10)

const exporters = {
  TRACES: OtlpTracer.layerFromConfig,
  METRICS: OtlpMetrics.layerFromConfig,
  LOGS: OtlpLogger.layerFromConfig
}

const serializations = {
  "http/json": OtlpSerialization.layerJson,
  "http/protobuf": OtlpSerialization.layerProtobuf
}

/** What the system or the runtime calls it. */
const codeOf = (error: unknown): string | undefined => {
  if (Predicate.hasProperty(error, "code") && typeof error.code === "string") return error.code
  if (Predicate.hasProperty(error, "reason")) return codeOf(error.reason)
  return Predicate.hasProperty(error, "cause") ? codeOf(error.cause) : undefined
}

/** What goes wrong is told here: the exporters' own words would have addresses and headers in them, which may hold secrets. */
const layerImpatient: Layer.Layer<HttpClient.HttpClient, never, HttpClient.HttpClient> = Layer.effect(
  HttpClient.HttpClient,
  Effect.gen(function*() {
    const client = yield* HttpClient.HttpClient
    const level = yield* References.MinimumLogLevel
    const undelivered = (why: string) =>
      Effect.logDebug(`A collector did not take what it was sent: ${why}.`).pipe(
        Effect.provideService(References.MinimumLogLevel, level)
      )
    return HttpClient.transform(client, (sending, request) =>
      Effect.timeoutOrElse(sending, {
        duration: patience,
        orElse: () =>
          Effect.fail(
            new HttpClientError.HttpClientError({
              reason: new HttpClientError.TransportError({ request, description: "no answer in time" })
            })
          )
      }).pipe(
        Effect.tap(({ status }) => status < 300 ? Effect.void : undelivered(`it answered with ${status}`)),
        Effect.tapError((error) => undelivered(codeOf(error) ?? error.reason.description ?? "it could not be reached"))
      ))
  })
)

/** For the exporters, and for nobody else. */
const layerSilent = Layer.succeed(References.MinimumLogLevel, "None")

/** Warns of each problem once, although more than one signal has it. */
const makeWarn = Effect.map(
  Ref.make(HashSet.empty<string>()),
  (told) => (problem: string) =>
    Ref.modify(told, (all) => [HashSet.has(all, problem), HashSet.add(all, problem)]).pipe(
      Effect.flatMap((isTold) =>
        isTold ? Effect.void : Effect.logWarning(`Telemetry is not sent as it was asked for: ${problem}.`)
      )
    )
)

const messageOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return Predicate.hasProperty(error, "message") ? String(error.message) : ""
}

/**
 * Exports the spans, metrics and logs of whatever it is provided to, if `OTEL_EXPORTER_OTLP_ENDPOINT`, or the variable like
 * it for one signal, is set; does nothing otherwise. Logs still go where they went before. Needs an `HttpClient` and
 * `SecureRandom`, and reads the variables from the `ConfigProvider`. What cannot be used is logged as a warning, and
 * nothing fails. Closing its Scope sends what is left, and waits for that as long as `lastWords` says.
 */
export const layer = (
  { lastWords = defaultLastWords, serviceName, serviceVersion }: Options
): Layer.Layer<never, never, HttpClient.HttpClient | SecureRandom.SecureRandom> =>
  Layer.unwrap(Effect.gen(function*() {
    const random = yield* SecureRandom.SecureRandom
    const environment = yield* ConfigProvider.ConfigProvider
    const warn = yield* makeWarn
    const resource = {
      ...((yield* OtlpVariables.hasServiceName) ? {} : { serviceName }),
      serviceVersion,
      attributes: { "process.pid": pid, "service.instance.id": Hex.encode(yield* random.randomBytes(8)) }
    }
    let exporting: Layer.Layer<never, never, HttpClient.HttpClient> = Layer.empty
    for (const signal of OtlpVariables.signals) {
      const protocol = yield* OtlpVariables.protocolOf(signal)
      if (Result.isFailure(protocol)) yield* warn(protocol.failure)
      else if (Option.isSome(protocol.success)) {
        const settled = yield* OtlpVariables.settled(signal, Duration.toMillis(lastWords))
        const exporter = exporters[signal]({ resource }).pipe(
          Layer.provide([
            serializations[protocol.success.value],
            layerImpatient,
            layerSilent,
            ConfigProvider.layer(ConfigProvider.orElse(ConfigProvider.fromEnvRecord(settled), environment))
          ]),
          Layer.catchCause((cause) =>
            Layer.effectDiscard(warn(`${OtlpVariables.namedIn(messageOf(cause))} cannot be used`))
          )
        )
        exporting = Layer.merge(exporting, exporter)
      }
    }
    return exporting
  }))
