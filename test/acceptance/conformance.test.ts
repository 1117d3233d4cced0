/**
 * The official conformance suite against our own server, which it reaches over a bridge: it speaks HTTP only.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as McpOverHttp from "../support/mcpOverHttp.ts"
import { conformance } from "./clients.ts"
import { resources } from "./conformanceResources.ts"
import { applicable, inapplicable } from "./conformanceScenarios.ts"
import { tools } from "./conformanceTools.ts"
import { folder } from "./house.ts"
import { run } from "./program.ts"
import { tried } from "./tried.ts"

/** A line of the suite's summary. */
const line = /^\S (?<scenario>[\w-]+): (?<passed>\d+) passed, (?<failed>\d+) failed$/gm

tried(conformance, {
  "every server scenario, through a bridge to HTTP": Effect.gen(function*() {
    const url = yield* McpOverHttp.listen({ tools, resources })
    const { stderr, stdout } = yield* run("conformance", yield* folder, ["server", "--url", url, "--suite", "all"])
    const results = [...stdout.matchAll(line)].map(({ groups }) => ({
      scenario: groups?.["scenario"] ?? "",
      passes: groups?.["passed"] !== "0" && groups?.["failed"] === "0"
    }))
    const named = (passes: boolean) =>
      results.filter((each) => each.passes === passes).map(({ scenario }) => scenario).toSorted()
    assert.deepStrictEqual(named(true), applicable, stderr)
    assert.deepStrictEqual(named(false), Object.keys(inapplicable), stderr)
  })
})
