/**
 * What is left of a schedule is what matters.
 */
import { assert, describe, it } from "@effect/vitest"
import * as ScheduleShrink from "../../../src/layers/exploring/ScheduleShrink.ts"
import type { Departure } from "../../../src/services/exploring/Chooser.ts"

const found: ReadonlyArray<Departure> = Array.from(
  { length: 60 },
  (_, at) => ({ at, kind: "task", picked: 3, bound: 4 })
)

/** The problem shows where all of these are departed from. */
const needing = (...needed: ReadonlyArray<number>) => (departures: ReadonlyArray<Departure>) =>
  needed.every((at) => departures.some((departure) => departure.at === at)) ? departures : undefined

describe("ScheduleShrink", () => {
  it("leaves out all departures that do not matter, and makes the others small", () => {
    const { departures } = ScheduleShrink.shrink(found, needing(7, 31, 32))
    assert.deepStrictEqual(departures.map(({ at, picked }) => [at, picked]), [[7, 1], [31, 1], [32, 1]])
  })

  it("leaves out everything where the problem shows without", () => {
    assert.deepStrictEqual(ScheduleShrink.shrink(found, (departures) => departures).departures, [])
  })

  it("keeps what was found where nothing shorter shows the problem", () => {
    assert.deepStrictEqual(ScheduleShrink.shrink(found, () => undefined).departures, found)
  })

  it("gives up looking after as many runs as it may have", () => {
    const { departures, runs } = ScheduleShrink.shrink(found, needing(7), 3)
    assert.strictEqual(runs, 3)
    assert.isTrue(departures.some(({ at }) => at === 7))
  })
})
