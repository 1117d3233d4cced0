/**
 * The built server and its collector: what arrives there, and that nothing else depends on it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import process from "node:process"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { Person } from "../../src/services/local-google/Person.ts"
import { run } from "../support/command.ts"
import * as OtlpReceiver from "../support/otlpReceiver.ts"
import { auth, googleEnv, layer, makeHome, start, startWithGoogle, text } from "../support/signInProcess.ts"
import { tcpSocketsOf } from "../support/tcpSockets.ts"

/** Sent as soon as there is something: the end of a server waits for its collector for a moment only. */
const soon = {
  OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  OTEL_BSP_SCHEDULE_DELAY: "20",
  OTEL_BLRP_SCHEDULE_DELAY: "20",
  OTEL_METRIC_EXPORT_INTERVAL: "20"
}

const named = (all: ReadonlyArray<OtlpReceiver.Delivery>, name: string) =>
  OtlpReceiver.spansOf(all).filter((span) => span.name === name)

describe("a server with a collector", () => {
  it.live("tells it of a sign-in: a trace of the flow, linked with the call, and metrics, and logs", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const receiver = yield* OtlpReceiver.make()
      const server = yield* startWithGoogle({
        ...soon,
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
        MCP_GAS_LOG_LEVEL: "Debug"
      })
      const begun = yield* auth(server, { waitForCompletion: false })
      yield* Effect.flatMap(person.consent(text(begun, "authUrl"), { _tag: "Allow" }), person.visit)
      yield* auth(server)
      const all = yield* receiver.until((sofar) =>
        named(sofar, "AuthFlow").length === 1 && named(sofar, "Tool.call").length === 2 &&
        OtlpReceiver.metricsOf(sofar).has("auth_flows_started") &&
        OtlpReceiver.logsOf(sofar).some(({ body }) => body.stringValue === "FlowSettled")
      )
      const [flow] = named(all, "AuthFlow")
      const [first] = named(all, "AuthFlows.start")
      const [call] = named(all, "Tool.call")
      assert.isDefined(flow)
      assert.isDefined(first)
      assert.isDefined(call)
      assert.notProperty(flow, "parentSpanId")
      assert.notProperty(call, "parentSpanId")
      assert.strictEqual(first.traceId, call.traceId)
      assert.notStrictEqual(flow.traceId, call.traceId)
      assert.deepStrictEqual(first.links.map(({ spanId, traceId }) => [traceId, spanId]), [[flow.traceId, flow.spanId]])
      const { "auth.flow.id": id, ...attributes } = OtlpReceiver.attributes(flow)
      assert.strictEqual(id, text(begun, "flowId"))
      assert.deepStrictEqual(attributes, { "auth.flow.decision": "listener", "auth.flow.outcome": "authenticated" })

      const ofFlow = new Set(
        OtlpReceiver.spansOf(all).flatMap(({ name, traceId }) => traceId === flow.traceId ? [name] : [])
      )
      const steps = [
        "AuthFlows.turn",
        "Leases.tryHold",
        "AuthFlows.open",
        "CallbackServer.open",
        "CallbackServer.respond",
        "AuthFlows.waitForPerson",
        "AuthFlows.commit",
        "AuthorizationServer.exchange",
        "AuthorizationServer.userinfo",
        "Sessions.establish",
        "SessionStore.write",
        "AuthFlows.linger",
        "http.client GET",
        "http.client POST"
      ]
      assert.deepStrictEqual(steps.filter((step) => !ofFlow.has(step)), [])
      // Looking again and again is not told of: the file is looked at ten times a second.
      const looks = named(all, "sqlite").filter(({ parentSpanId }) => parentSpanId === undefined)
      assert.isBelow(looks.length, 5)
      const [post] = named(all, "http.client POST")
      assert.isDefined(post)
      assert.deepStrictEqual(OtlpReceiver.attributes(post), {
        "http.request.method": "POST",
        "server.address": "127.0.0.1",
        "server.port": Number(new URL(yield* LocalGoogle.use(({ issuer }) => Effect.succeed(issuer))).port),
        "url.path": "/token",
        "http.response.status_code": 200
      })
      assert.include(yield* server.stderr, "FlowSettled", "logs go where they always went")
    }).pipe(Effect.provide(layer)))

  it.live("has told it what there was to tell when it is gone, in protobuf unless asked otherwise", () =>
    Effect.gen(function*() {
      const receiver = yield* OtlpReceiver.make()
      const told = Effect.gen(function*() {
        const server = yield* startWithGoogle({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint })
        yield* auth(server, { mode: "status" })
        yield* server.endInput
        assert.strictEqual((yield* server.ended).code, 0)
        return (yield* receiver.received).filter(({ path }) => path === "/v1/traces")
      })
      // It has a third of a second for that, which may be too short on a machine that is busy with other tests.
      const traces = yield* Effect.repeat(Effect.scoped(told), { until: (all) => all.length > 0, times: 4 })
      assert.isAbove(traces.length, 0)
      for (const { body, contentType } of traces) {
        assert.strictEqual(contentType, "application/x-protobuf")
        assert.isTrue(body.includes("Tool.call"))
      }
    }).pipe(Effect.provide(layer)))

  it.live("answers, and is gone in time, although the collector never answers", () =>
    Effect.gen(function*() {
      const receiver = yield* OtlpReceiver.make("hangs")
      const server = yield* startWithGoogle({ ...soon, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint })
      yield* auth(server, { waitForCompletion: false })
      yield* receiver.until((all) => all.length > 0)
      const [took, end] = yield* Effect.timed(Effect.andThen(server.endInput, server.ended))
      assert.strictEqual(end.code, 0)
      assert.isBelow(Duration.toMillis(took), 2_000)
    }).pipe(Effect.provide(layer)))

  it.live("serves without one whose address is no address, and says so once", () =>
    Effect.gen(function*() {
      const server = yield* start({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector" })
      yield* server.tools
      yield* server.endInput
      assert.strictEqual((yield* server.ended).code, 0)
      const lines = (yield* server.stderr).trim().split("\n")
      assert.strictEqual(lines.length, 1, lines.join("\n"))
      assert.include(lines[0], "OTEL_EXPORTER_OTLP_ENDPOINT is no http: or https: URL")
    }).pipe(Effect.provide(layer)))

  it.live.skipIf(process.platform !== "linux")(
    "is only one where it is named: without, no connection is open after a call (told from /proc, so on Linux only)",
    () =>
      Effect.gen(function*() {
        const server = yield* startWithGoogle({ ...soon, OTEL_SERVICE_NAME: "mine" })
        yield* auth(server, { mode: "status" })
        assert.deepStrictEqual(tcpSocketsOf(server.pid), [])
      }).pipe(Effect.provide(layer))
  )
})

describe("the command with a collector", () => {
  it.live("tells it what it did before it ends", () =>
    Effect.gen(function*() {
      const receiver = yield* OtlpReceiver.make()
      const { stderr } = yield* run(["status"], {
        ...(yield* googleEnv),
        MCP_GAS_HOME: yield* makeHome,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint
      })
      assert.notInclude(stderr, "OTEL")
      assert.isAbove(named(yield* receiver.received, "Sessions.slot").length, 0)
      assert.strictEqual((yield* LocalGoogle.use(({ counts }) => counts)).authorizations, 0)
    }).pipe(Effect.provide(layer)))
})
