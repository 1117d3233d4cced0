/**
 * The control group: the explorer finds what is wrong with four patterns that a stock scheduler shows nothing of, and nothing
 * once the pattern is replaced. `docs/races.md` says what is found, in the very words.
 */
import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { readFileSync } from "node:fs"
import * as Exploration from "../../src/layers/exploring/Exploration.ts"
import * as callbackFlags from "./original/callbackFlags.ts"
import * as example from "./original/example.ts"
import * as mutexMap from "./original/mutexMap.ts"
import * as resolverMap from "./original/resolverMap.ts"
import * as whileHasLock from "./original/whileHasLock.ts"

const textOf = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8")

const docs = textOf("../../docs/races.md")

/** What the docs say under this heading. */
const sectionOf = (heading: string) =>
  docs.split("\n## ").find((section) => section.startsWith(`${heading}\n`)) ??
    assert.fail(`there is no section ${heading}`)

/** What comes after the imports. */
const bodyOf = (source: string) => source.slice(source.indexOf("const program")).trimEnd()

const races = [
  {
    heading: "A Map of flows",
    program: mutexMap,
    problem: "2 tabs and 2 exchanges for one account"
  },
  {
    heading: "A Map of resolvers",
    program: resolverMap,
    problem: "deadlock: the program has not ended and nobody can go on"
  },
  {
    heading: "A lock of `while (has) await`",
    program: whileHasLock,
    problem: "the provider does not take refresh-2, which is stored, any more"
  },
  {
    heading: "Flags in the callback",
    program: callbackFlags,
    problem: `the page says "signed in" and nothing is stored`
  }
]

/** Whether a section says this, wherever its lines break. */
const assertSays = (section: string, phrase: string) => assert.include(section.replaceAll(/\s+/g, " "), phrase)

describe("the patterns of the control group", () => {
  for (const { heading, problem, program: { control, original } } of races) {
    describe(heading, () => {
      it("passes under a stock scheduler", () => {
        const { schedules, violation } = Exploration.exhaustively(original, { departures: 0 })
        assert.deepStrictEqual([schedules, violation], [1, Option.none()])
      })

      it("is found wrong at random, as the docs say", () => {
        const found = Option.getOrThrow(Exploration.atRandom(original, { schedules: 1_000 }).violation)
        assert.include(sectionOf(heading), `\`\`\`text\n${Exploration.report(found)}\n\`\`\``)
        assert.deepStrictEqual([found.problem, found.departures.length], [problem, 1])
      })

      it("is found wrong among the schedules with one departure", () => {
        const { schedules, violation } = Exploration.exhaustively(original, { departures: 1 })
        assert.strictEqual(Option.getOrThrow(violation).problem, problem)
        assertSays(sectionOf(heading), `by schedule ${schedules} of those with one departure`)
      })

      it("is not found wrong once the pattern is replaced", () => {
        const near = Exploration.exhaustively(control, { departures: 1 })
        assert.deepStrictEqual([near.complete, near.violation], [true, Option.none()])
        assertSays(sectionOf(heading), `all ${near.schedules} schedules with one departure and 2,000 random ones`)
        const random = Exploration.atRandom(control, { schedules: 2_000 })
        assert.deepStrictEqual([random.schedules, random.violation], [2_000, Option.none()])
      })
    })
  }

  it("fails even under a stock scheduler where whoever has waited does not look again", () => {
    const { violation } = Exploration.exhaustively(mutexMap.serialised, { departures: 0 })
    assert.strictEqual(Option.getOrThrow(violation).problem, "2 tabs and 2 exchanges for one account")
  })

  it("is right where a lock is taken with no await since it was last looked at", () => {
    const { complete, schedules, violation } = Exploration.exhaustively(whileHasLock.atOnce, { departures: 1 })
    assert.deepStrictEqual([complete, violation], [true, Option.none()])
    assertSays(sectionOf("A lock of `while (has) await`"), `all ${schedules} schedules with one departure were run`)
  })
})

it("the example of the docs is what was run, and prints what they say", () => {
  const section = sectionOf("Exploring a program of your own")
  const [, printed = ""] = /```ts\n([^]*?)\n```/.exec(section) ?? []
  const run = textOf("original/example.ts").replace(/export const printed = (.*)/, "console.log($1)")
  assert.strictEqual(bodyOf(printed), bodyOf(run))
  assert.include(section, `\`\`\`text\n${example.printed}\n\`\`\``)
})
