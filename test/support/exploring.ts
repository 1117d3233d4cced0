/**
 * Tests that explore programs: near a stock scheduler's order, and at random; and say how far they went.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Console, Effect, Option } from "effect"
import { inject } from "vitest"
import * as Exploration from "../../src/layers/exploring/Exploration.ts"
import { explored, type Extent, type Program } from "./explored.ts"

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
  /** What a test has explored, for whoever sums up a whole run. */
  interface TaskMeta {
    schedulesAtRandom?: number
    schedulesWithOneDeparture?: number
    /** Whether there are more of these. */
    isCut?: boolean
  }
}

const minutes = 60_000

const nothingIsFound = ({ violation }: Exploration.Explored) => {
  if (Option.isSome(violation)) assert.fail(Exploration.report(violation.value))
}

/** Something to explore. */
export interface Explorable {
  readonly name: string
  readonly program: Effect.Effect<void>
  readonly extent?: Extent
}

/** Explores anything that the explorer can run. */
export const exploreThese = (title: string, programs: ReadonlyArray<Explorable>) =>
  describe(title, () => {
    const told: Array<string> = []

    for (const { extent: { limit, times = 1 } = {}, name, program } of programs) {
      if (inject("isExhaustive")) {
        it(`${name}: all schedules with one departure`, ({ task }) => {
          const found = Exploration.exhaustively(program, { departures: 1, ...limit === undefined ? {} : { limit } })
          nothingIsFound(found)
          task.meta.schedulesWithOneDeparture = found.schedules
          task.meta.isCut = !found.complete
          told.push(
            `${name}: ${found.schedules} with one departure${found.complete ? ", all there are" : ", cut there"}`
          )
        }, 10 * minutes)
      }

      it(`${name}: random schedules`, ({ task }) => {
        const seed = inject("seed")
        const schedules = Math.ceil(inject("randomSchedules") * times)
        nothingIsFound(Exploration.atRandom(program, { schedules, seed }))
        task.meta.schedulesAtRandom = schedules
        told.push(`${name}: ${schedules} at random from seed ${seed}`)
      }, 10 * minutes)
    }

    afterAll(() => {
      Effect.runSync(Console.log([`${title}, without a violation:`, ...told.toSorted()].join("\n  ")))
    })
  })

/** Explores programs on the sign-in layers. */
export const explore = (title: string, programs: ReadonlyArray<Program>) =>
  exploreThese(title, programs.map((program) => ({ ...program, program: explored(program) })))
