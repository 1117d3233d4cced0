/**
 * Every schedule of a kind, each once.
 */
import { assert, describe, it } from "@effect/vitest"
import * as ChooserExhaustive from "../../../src/layers/exploring/ChooserExhaustive.ts"
import type { ChoiceKind } from "../../../src/services/exploring/Chooser.ts"

const decisions: ReadonlyArray<readonly [number, ChoiceKind]> = [
  [2, "yield"],
  [3, "task"],
  [2, "yield"],
  [2, "time"]
]

/** What every chooser decides. */
const decided = (options: ChooserExhaustive.Options) => {
  const all: Array<string> = []
  for (const { choose } of ChooserExhaustive.all(options)) {
    all.push(decisions.map(([bound, kind]) => choose(bound, kind)).join(""))
  }
  return all
}

describe("ChooserExhaustive", () => {
  it("is the stock scheduler's one without departures", () => {
    assert.deepStrictEqual(decided({ departures: 0 }), ["0000"])
  })

  it("has each schedule with one departure, whatever kind that is", () => {
    assert.deepStrictEqual(decided({ departures: 1 }).toSorted(), ["0000", "0001", "0010", "0100", "0200", "1000"])
  })

  it("has all orders of tasks with each forced yield or early timer, where tasks are not counted", () => {
    const expected = ["000", "001", "010", "100"].flatMap((rest) =>
      ["0", "1", "2"].map((task) => `${rest[0]}${task}${rest.slice(1)}`)
    )
    assert.deepStrictEqual(decided({ departures: 1, uncounted: ["task"] }).toSorted(), expected.toSorted())
  })

  it("has everything there is with enough departures, each once", () => {
    const all = decided({ departures: 4 })
    assert.strictEqual(all.length, 24)
    assert.strictEqual(new Set(all).size, 24)
  })
})
