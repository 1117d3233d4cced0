/**
 * Tests that explore programs: near a stock scheduler's order, and at random; and say how far they went.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Console, Effect, Option } from "effect"
import { inject } from "vitest"
import * as Exploration from "../../src/layers/exploring/Exploration.ts"
import { explored, type Program } from "./explored.ts"

/** How far to go; the vitest projects say it. */
declare module "vitest" {
  interface ProvidedContext {
    /** The first seed of what is random. */
    readonly seed: number
    /** Random schedules for each program. */
    readonly randomSchedules: number
    /** Whether all schedules with one departure are run. */
    readonly isExhaustive: boolean
  }
}

/** What else there is to say of a program. */
interface Extent {
  /** How many of the schedules with one departure are enough; all unless said. */
  readonly limit?: number
  /** How many times as many random schedules as others, because its runs are short. */
  readonly times?: number
}

const minutes = 60_000

const nothingIsFound = ({ violation }: Exploration.Explored) => {
  if (Option.isSome(violation)) assert.fail(Exploration.report(violation.value))
}

/** Explores anything that the explorer can run. */
export const exploreThese = (
  title: string,
  programs: Readonly<Record<string, Effect.Effect<void>>>,
  { limit, times = 1 }: Extent = {}
) =>
  describe(title, () => {
    const told: Array<string> = []
    for (const [name, program] of Object.entries(programs)) {
      it.runIf(inject("isExhaustive"))(`${name}: all schedules with one departure`, () => {
        const found = Exploration.exhaustively(program, { departures: 1, ...limit === undefined ? {} : { limit } })
        nothingIsFound(found)
        told.push(`${name}: ${found.schedules} with one departure${found.complete ? ", all there are" : ", cut there"}`)
      }, 10 * minutes)

      it(`${name}: random schedules`, () => {
        const seed = inject("seed")
        const found = Exploration.atRandom(program, { schedules: inject("randomSchedules") * times, seed })
        nothingIsFound(found)
        told.push(`${name}: ${found.schedules} at random from seed ${seed}`)
      }, 10 * minutes)
    }

    afterAll(() => {
      Effect.runSync(Console.log([`${title}, without a violation:`, ...told.toSorted()].join("\n  ")))
    })
  })

/** Explores programs on the sign-in layers. */
export const explore = (title: string, programs: ReadonlyArray<Program>, extent?: Extent) =>
  exploreThese(title, Object.fromEntries(programs.map((program) => [program.name, explored(program)])), extent)
