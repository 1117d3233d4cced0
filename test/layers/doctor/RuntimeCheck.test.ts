import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as packageJson from "../../../package.json" with { type: "json" }
import * as RuntimeCheck from "../../../src/layers/doctor/RuntimeCheck.ts"
import { oldestNode } from "../../../src/services/config/SupportedNode.ts"
import { only, run, textOf } from "../../support/doctor.ts"

const of = (node: string) => Effect.map(run(Effect.succeed(RuntimeCheck.make({ version: "1.2.3", node }))), only)

describe("RuntimeCheck", () => {
  it("asks for the Node that the package asks for", () => {
    assert.strictEqual(packageJson.default.engines.node, `>=${oldestNode}`)
  })

  it.effect("tells both versions, and that a Node is too old", () =>
    Effect.gen(function*() {
      for (const node of ["22.19.0", "22.20.1", "24.0.0", "26.1.0"]) {
        assert.strictEqual(textOf(yield* of(node)), `mcp-gas 1.2.3 runs on Node ${node}.`)
      }
      for (const node of ["22.18.9", "20.19.0", "8.0.0"]) {
        const finding = yield* of(node)
        assert.strictEqual(finding.level, "problem")
        assert.include(textOf(finding), "Install Node 22.19")
      }
    }))
})
