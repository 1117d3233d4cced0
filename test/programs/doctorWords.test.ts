import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { stripVTControlCharacters } from "node:util"
import type { Report } from "../../src/programs/doctor.ts"
import { json, words } from "../../src/programs/doctorWords.ts"
import { ok, problem, warning } from "../../src/services/doctor/Finding.ts"

const of = (...findings: Report["findings"]): Report => ({ version: "1.2.3", node: "24.0.0", findings })

const mixed = of(
  ok("runtime", "It runs."),
  problem("configuration", "It is upside down.", "Turn it."),
  warning("clock", "It is late.", "Set it.")
)

describe("doctorWords", () => {
  it("aligns areas, puts a remedy below what it is for, and sums up", () => {
    assert.strictEqual(
      words(mixed, { colours: false }),
      [
        "mcp-gas 1.2.3 on Node 24.0.0",
        "",
        "✓ runtime        It runs.",
        "✗ configuration  It is upside down.",
        "                 → Turn it.",
        "! clock          It is late.",
        "                 → Set it.",
        "",
        "1 problem, 1 warning."
      ].join("\n")
    )
  })

  it("says so where there is nothing to do", () => {
    assert.include(words(of(ok("clock", "It is right.")), { colours: false }), "\nEverything is in order.")
    assert.include(words(of(warning("clock", "a", "b")), { colours: false }), "0 problems, 1 warning.")
  })

  it("has colours where they are wanted, and says the same in them", () => {
    const coloured = words(mixed, { colours: true })
    assert.include(coloured, "\u001B[31m✗\u001B[39m")
    assert.include(coloured, "\u001B[33m!\u001B[39m")
    assert.strictEqual(stripVTControlCharacters(coloured), words(mixed, { colours: false }))
  })

  it.effect("is the report as JSON on one line", () =>
    Effect.gen(function*() {
      const text = yield* json(mixed)
      assert.notInclude(text, "\n")
      assert.deepStrictEqual(JSON.parse(text), mixed)
    }))
})
