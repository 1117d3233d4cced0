import { assert, describe, it } from "@effect/vitest"
import {
  ConfigProvider,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Metric,
  References,
  Scope
} from "effect"
import { SecureRandom } from "effect/crypto"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import * as TelemetryOtlp from "../../../src/layers/observability/TelemetryOtlp.ts"
import * as OtlpReceiver from "../../support/otlpReceiver.ts"

type Variables = Readonly<Record<string, string>>

const service = { serviceName: "a-server", serviceVersion: "1.2.3" }

/** A busy machine may take longer to send something than anybody waits. */
const unhurried = { ...service, lastWords: Duration.seconds(10) }

/** Telemetry as these variables want it, over a logger that keeps what it is told. */
const telemetry = (variables: Variables, lines: Array<string> = [], options: TelemetryOtlp.Options = unhurried) =>
  TelemetryOtlp.layer(options).pipe(
    Layer.provideMerge(Logger.layer([Logger.map(Logger.formatLogFmt, (line) => void lines.push(line))])),
    Layer.provide([
      FetchHttpClient.layer,
      SecureRandom.layerWebCrypto,
      ConfigProvider.layer(ConfigProvider.fromEnvRecord(variables))
    ])
  )

const counter = Metric.counter("telemetry_test_counter")

/** Something of each kind. */
const work = Effect.logInfo("at work").pipe(
  Effect.andThen(Metric.update(counter, 1)),
  Effect.withSpan("inner", { attributes: { "a.number": 7 } }),
  Effect.withSpan("outer")
)

const paths = (all: ReadonlyArray<OtlpReceiver.Delivery>) => all.map(({ path }) => path).toSorted()

const everything = ["/v1/logs", "/v1/metrics", "/v1/traces"]

const json = (endpoint: string) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: "http/json"
})

describe("Telemetry by OTLP", () => {
  it.live("has every span, metric and log by the time its Scope is closed, and logs go where they went before", () =>
    Effect.gen(function*() {
      const receiver = yield* OtlpReceiver.make()
      const lines: Array<string> = []
      yield* Effect.provide(work, telemetry(json(receiver.endpoint), lines))
      const all = yield* receiver.received
      assert.deepStrictEqual(paths(all), everything)
      const [inner, outer] = OtlpReceiver.spansOf(all)
      assert.deepStrictEqual([inner?.name, outer?.name], ["inner", "outer"])
      assert.strictEqual(inner?.parentSpanId, outer?.spanId)
      assert.isTrue(OtlpReceiver.metricsOf(all).has("telemetry_test_counter"))
      const [log] = OtlpReceiver.logsOf(all)
      assert.strictEqual(log?.body.stringValue, "at work")
      assert.strictEqual(log?.traceId, outer?.traceId)
      assert.strictEqual(lines.length, 1)
      assert.include(lines[0], "at work")
      for (const resource of OtlpReceiver.resourcesOf(all)) {
        assert.strictEqual(resource["service.name"], "a-server")
        assert.strictEqual(resource["service.version"], "1.2.3")
        assert.strictEqual(resource["process.pid"], process.pid)
        assert.match(String(resource["service.instance.id"]), /^[0-9a-f]{16}$/)
      }
    }))

  it.live("is protobuf unless it is to be JSON, with the headers that are asked for", () =>
    Effect.gen(function*() {
      const receiver = yield* OtlpReceiver.make()
      yield* Effect.provide(
        work,
        telemetry({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=a%20b" })
      )
      const all = yield* receiver.received
      assert.deepStrictEqual(paths(all), everything)
      for (const { body, contentType, headers } of all) {
        assert.strictEqual(contentType, "application/x-protobuf")
        assert.strictEqual(headers["x-tenant"], "a b")
        // Field 1, of a length: one resource with what it says.
        assert.strictEqual(body[0], 0x0a)
        assert.isTrue(body.includes("a-server"))
      }
      const traces = all.find(({ path }) => path === "/v1/traces")
      for (const text of ["inner", "outer", "a.number"]) assert.isTrue(traces?.body.includes(text), text)
    }))

  it.live("goes where one signal is to go, under the name that the environment gives", () =>
    Effect.gen(function*() {
      const receiver = yield* OtlpReceiver.make()
      yield* Effect.provide(
        work,
        telemetry({
          OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.endpoint}/elsewhere/v1/traces`,
          OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json",
          OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=here,service.name=mine"
        })
      )
      const all = yield* receiver.received
      assert.deepStrictEqual(paths(all), ["/elsewhere/v1/traces"])
      assert.isTrue(all[0]?.body.includes(`"mine"`))
      assert.isFalse(all[0]?.body.includes("a-server"))
    }))

  const silent: Readonly<Record<string, (endpoint: string) => Variables>> = {
    "no endpoint is named": () => ({ OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" }),
    "the endpoint is empty": () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: " " }),
    "it is disabled": (endpoint) => ({ ...json(endpoint), OTEL_SDK_DISABLED: "true" }),
    "no signal is to be exported": (endpoint) => ({
      ...json(endpoint),
      OTEL_TRACES_EXPORTER: "none",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none"
    })
  }
  for (const [what, variables] of Object.entries(silent)) {
    it.live(`connects to nobody where ${what}, and says nothing`, () =>
      Effect.gen(function*() {
        const receiver = yield* OtlpReceiver.make()
        const lines: Array<string> = []
        yield* Effect.provide(work, telemetry(variables(receiver.endpoint), lines))
        assert.strictEqual(yield* receiver.connections, 0)
        assert.strictEqual(lines.length, 1, lines.join("\n"))
      }))
  }

  const mistakes: Readonly<Record<string, readonly [variables: (endpoint: string) => Variables, named: string]>> = {
    "an endpoint that is no address": [
      () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: "canary" }),
      "OTEL_EXPORTER_OTLP_ENDPOINT"
    ],
    "an endpoint of another kind": [
      () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: "ftp://canary.test" }),
      "OTEL_EXPORTER_OTLP_ENDPOINT"
    ],
    "an endpoint with a password in it": [
      (endpoint) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.replace("//", "//user:canary@") }),
      "OTEL_EXPORTER_OTLP_ENDPOINT"
    ],
    "a protocol that is not spoken": [
      (endpoint) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }),
      "OTEL_EXPORTER_OTLP_PROTOCOL"
    ],
    "headers that cannot be read": [
      (endpoint) => ({ ...json(endpoint), OTEL_EXPORTER_OTLP_HEADERS: "canary=%zz" }),
      "OTEL_EXPORTER_OTLP_HEADERS"
    ],
    "something that is neither true nor false": [
      (endpoint) => ({ ...json(endpoint), OTEL_SDK_DISABLED: "canary" }),
      "OTEL_SDK_DISABLED"
    ]
  }
  for (const [what, [variables, name]] of Object.entries(mistakes)) {
    it.live(`warns once of ${what}, does not repeat it, and goes without`, () =>
      Effect.gen(function*() {
        const receiver = yield* OtlpReceiver.make()
        const lines: Array<string> = []
        yield* Effect.provide(work, telemetry(variables(receiver.endpoint), lines))
        const [warning, log, ...more] = lines
        assert.isDefined(warning)
        assert.include(warning, "level=WARN")
        assert.include(warning, name)
        assert.notInclude(warning, "canary")
        assert.include(log, "at work")
        assert.deepStrictEqual(more, [])
        assert.strictEqual(yield* receiver.connections, 0)
      }))
  }

  const undelivered: Readonly<Record<string, readonly [variables: (endpoint: string) => Variables, why: string]>> = {
    "does not want it": [
      (endpoint) => ({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${endpoint}/refused?api-key=canary` }),
      "it answered with 400"
    ],
    "cannot be sent such headers": [
      (endpoint) => ({
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_HEADERS: "x-key=first%0Acanary"
      }),
      "it could not be reached"
    ]
  }
  for (const [what, [variables, why]] of Object.entries(undelivered)) {
    it.live(`tells whoever debugs that a collector ${what}, and neither address nor headers`, () =>
      Effect.gen(function*() {
        const receiver = yield* OtlpReceiver.make()
        const lines: Array<string> = []
        yield* work.pipe(
          Effect.provide(telemetry(variables(receiver.endpoint), lines)),
          Effect.provideService(References.MinimumLogLevel, "Debug")
        )
        assert.include(lines.join("\n"), `A collector did not take what it was sent: ${why}.`)
        assert.notInclude(lines.join("\n"), "canary")
      }))
  }

  it.effect("keeps nobody longer than 300 milliseconds where the collector does not answer", () =>
    Effect.gen(function*() {
      const receiver = yield* OtlpReceiver.make("hangs")
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(telemetry(json(receiver.endpoint), [], service), scope)
      yield* Effect.provideContext(work, context)
      const closed = yield* Deferred.make<void>()
      const closing = yield* Effect.forkChild(
        Effect.andThen(Scope.close(scope, Exit.void), Deferred.succeed(closed, undefined)),
        { startImmediately: true }
      )
      yield* receiver.until((all) => all.length === 3)
      yield* TestClock.adjust(Duration.millis(299))
      assert.isFalse(Deferred.isDoneUnsafe(closed))
      yield* TestClock.adjust(Duration.millis(1))
      yield* Fiber.join(closing)
    }))
})
