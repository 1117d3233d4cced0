/**
 * What is told of the counters of this machine: everything there is, whether or not it has moved, in the words of the reader.
 */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Metric } from "effect"
import { asJson, asPrometheus } from "../../src/programs/machineCounters.ts"
import * as AuthMetrics from "../../src/services/observability/AuthMetrics.ts"
import { nothing, plus, withOne } from "../../src/services/observability/MachineCounters.ts"

const counted = plus(
  withOne(nothing, ["auth_flows_started"], DateTime.makeUnsafe("2026-03-01T12:00:00Z")),
  withOne(nothing, ["auth_flows_started", "races_prevented.joined"], DateTime.makeUnsafe("2026-02-01T12:00:00Z"))
)

/** A line of the text format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/ */
const line = /^(?:# HELP [a-z_]+ \S.*|# TYPE [a-z_]+ counter|[a-z_]+_total(?:\{kind="[a-z_]+"\})? \d+)$/u

describe("The counters of this machine", () => {
  it("for programs, by their names, races by their kinds", () => {
    const told = asJson(counted)
    assert.strictEqual(told["since"], "2026-02-01T12:00:00.000Z")
    assert.deepInclude(told, { auth_flows_started: 2, auth_flows_failed: 0 })
    assert.deepInclude(Object(told["races_prevented"]), { joined: 1, followed: 0 })
    assert.isNull(asJson(nothing)["since"])
  })

  it.effect("for Prometheus, each with its help and its type, and nothing of this process", () =>
    Effect.gen(function*() {
      yield* Metric.update(AuthMetrics.sessions, 5)
      const text = yield* asPrometheus(counted)
      assert.isTrue(text.endsWith("\n"))
      const lines = text.slice(0, -1).split("\n")
      for (const each of lines) assert.match(each, line)
      assert.strictEqual(lines.filter((each) => each.startsWith("# HELP")).length, 14)
      assert.strictEqual(lines.filter((each) => each.startsWith("# TYPE")).length, 14)
      assert.include(lines, "auth_flows_started_total 2")
      assert.include(lines, "races_prevented_total{kind=\"joined\"} 1")
      assert.include(lines, "races_prevented_total{kind=\"tab_braked\"} 0")
    }))
})
