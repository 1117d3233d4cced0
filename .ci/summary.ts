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
      duration: Schema.optionalKey(Schema.NullOr(Schema.Finite)),
      meta: Schema.optionalKey(Schema.Struct({
        schedulesAtRandom: Count,
        schedulesWithOneDeparture: Count,
        isCut: Schema.optionalKey(Schema.Boolean)
      }))
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
  const tests = reports.flatMap(({ testResults }) => testResults.flatMap(({ assertionResults }) => assertionResults))
  const random = tests.filter(({ meta }) => meta?.schedulesAtRandom !== undefined)
  const nearby = tests.filter(({ meta }) => meta?.schedulesWithOneDeparture !== undefined)
  const atRandom = random.reduce((all, { meta }) => all + (meta?.schedulesAtRandom ?? 0), 0)
  const cut = nearby.filter(({ meta }) => meta?.isCut === true).length
  const seconds = Math.round(random.reduce((all, { duration }) => all + (duration ?? 0), 0) / 1_000)
  yield* Console.log(
    `${atRandom} random schedules (${seconds} s of one core) and ` +
      `${nearby.reduce((all, { meta }) => all + (meta?.schedulesWithOneDeparture ?? 0), 0)} with one departure ` +
      `(${nearby.length} programs, of ${cut} of which a sample), without a violation`
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
