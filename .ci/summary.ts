/**
 * Sums up the runs of the tests, by their JSON reports: what passed, and how many schedules were explored.
 */
import { Console, Effect, Schema } from "effect"
import { readFileSync } from "node:fs"
import process from "node:process"

const Count = Schema.Int.pipe(Schema.optionalKey)

const Report = Schema.fromJsonString(Schema.Struct({
  numPassedTests: Schema.Int,
  numFailedTests: Schema.Int,
  numPendingTests: Schema.Int,
  testResults: Schema.Array(Schema.Struct({
    assertionResults: Schema.Array(Schema.Struct({
      status: Schema.String,
      meta: Schema.optionalKey(Schema.Struct({ schedulesAtRandom: Count, schedulesWithOneDeparture: Count }))
    }))
  }))
}))

/** How many random schedules a run has to explore. */
const enough = 100_000

const program = Effect.gen(function*() {
  const reports = yield* Effect.forEach(
    process.argv.slice(2),
    (path) => Schema.decodeEffect(Report)(readFileSync(path, "utf8"))
  )
  const sum = (of: (report: typeof Report.Type) => number) => reports.reduce((all, report) => all + of(report), 0)
  const explored = (of: "schedulesAtRandom" | "schedulesWithOneDeparture") =>
    sum(({ testResults }) =>
      testResults.flatMap(({ assertionResults }) => assertionResults).reduce(
        (all, { meta }) => all + (meta?.[of] ?? 0),
        0
      )
    )
  const atRandom = explored("schedulesAtRandom")
  yield* Console.log(
    `${atRandom} random schedules and ${explored("schedulesWithOneDeparture")} with one departure, without a violation`
  )
  yield* Console.log(
    `${sum((report) => report.numPassedTests)} passed, ${sum((report) => report.numFailedTests)} failed, ` +
      `${sum((report) => report.numPendingTests)} skipped`
  )
  if (atRandom >= enough) return 0
  yield* Console.error(`Fewer than ${enough} random schedules were explored.`)
  return 1
})

process.exitCode = Effect.runSync(program)
