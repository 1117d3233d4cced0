/**
 * docs/observability.md tells of every metric there is.
 */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import * as AuthCounts from "../../src/services/observability/AuthCounts.ts"
import * as AuthMetrics from "../../src/services/observability/AuthMetrics.ts"

const docs = readFileSync(new URL("../../docs/observability.md", import.meta.url), "utf8")

/** The first cells of the tables. */
const rows = new Set(Array.from(docs.matchAll(/^\| `(\w+)` /gmu), ([, name]) => name))

const { flowDuration, flowsPending, heapBytes, refreshDuration, sessions, waiters } = AuthMetrics
const metrics = [
  ...AuthMetrics.counters.values(),
  ...Object.values(flowDuration),
  ...Object.values(refreshDuration),
  flowsPending,
  heapBytes,
  sessions,
  waiters
]

describe("docs/observability.md", () => {
  it("has a row for each metric, and for each kind of race", () => {
    const names = [...metrics.map(({ id }) => id), ...AuthCounts.kinds]
    for (const name of names) assert.isTrue(rows.has(name), name)
  })

  it("names the values of each attribute", () => {
    for (const name of [...Object.keys(flowDuration), ...Object.keys(refreshDuration)]) {
      assert.include(docs, `\`${name}\``)
    }
  })
})
