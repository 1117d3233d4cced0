/**
 * What a run of the interleavings has explored, by its JSON report.
 */
import { Schema } from "effect"

/** What was explored of one program. */
export interface Explored {
  /** The name of the test file, without its endings. */
  readonly file: string
  readonly program: string
  /** Schedules with one departure. */
  readonly nearby: number
  /** Whether there are more of these. */
  readonly isCut: boolean
  readonly atRandom: number
}

const Meta = Schema.Struct({
  schedulesAtRandom: Schema.optionalKey(Schema.Int),
  schedulesWithOneDeparture: Schema.optionalKey(Schema.Int),
  isCut: Schema.optionalKey(Schema.Boolean)
})

const Report = Schema.fromJsonString(Schema.Struct({
  testResults: Schema.Array(Schema.Struct({
    name: Schema.String,
    assertionResults: Schema.Array(Schema.Struct({ title: Schema.String, meta: Schema.optionalKey(Meta) }))
  }))
}))

/** Program by program. */
export const exploredBy = (json: string): ReadonlyArray<Explored> =>
  Schema.decodeSync(Report)(json).testResults.flatMap(({ assertionResults, name }) => {
    const file = name.replace(/^.*\//, "").replace(".test.ts", "")
    const programs = Map.groupBy(
      assertionResults.filter(({ meta }) => meta?.schedulesAtRandom ?? meta?.schedulesWithOneDeparture),
      ({ title }) => title.replace(/: (all|random) schedules.*$/, "")
    )
    return Array.from(programs, ([program, tests]): Explored => ({
      file,
      program,
      nearby: tests.reduce((sum, { meta }) => sum + (meta?.schedulesWithOneDeparture ?? 0), 0),
      isCut: tests.some(({ meta }) => meta?.isCut === true),
      atRandom: tests.reduce((sum, { meta }) => sum + (meta?.schedulesAtRandom ?? 0), 0)
    }))
  })
