/**
 * One thing to look at, and what becomes of a look that fails, hangs or breaks.
 */
import { Duration, Effect, Schema } from "effect"
import { type Area, type Finding, problem, warning } from "../../services/doctor/Finding.ts"

/** Something else is amiss, of which another finding tells, and keeps this from being looked at. */
export class NotExamined extends Schema.TaggedError<NotExamined>()("NotExamined", {
  /** What stands in the way, as the end of a sentence. */
  why: Schema.String,
  /** What else is told of what stands in the way. */
  see: Schema.String
}) {}

export interface Check {
  readonly area: Area
  readonly run: Effect.Effect<ReadonlyArray<Finding>, NotExamined>
}

/** What a variable that cannot be used keeps from being looked at. */
export const misconfigured = (what: string): NotExamined =>
  new NotExamined({ why: `${what} cannot be used`, see: "configuration" })

/** Longer than anything takes that works. */
const limit = Duration.seconds(5)

/** Runs a check: it ends within five seconds, and with findings, whatever happens. */
export const examined = ({ area, run }: Check): Effect.Effect<ReadonlyArray<Finding>> =>
  run.pipe(
    Effect.timeoutOrElse({
      duration: limit,
      orElse: () =>
        Effect.succeed([
          problem(
            area,
            `This could not be examined within ${Duration.toSeconds(limit)} seconds.`,
            "Look for what hangs: a network drive, a keychain that waits for an answer, a machine under load; then try again."
          )
        ])
    }),
    Effect.catchTag("NotExamined", ({ see, why }) =>
      Effect.succeed([
        warning(area, `This could not be examined, since ${why}.`, `See what is said of ${see}, and try again.`)
      ])),
    // Nothing of the defect is told: nobody knows what it holds.
    Effect.catchDefect(() =>
      Effect.succeed([
        problem(
          area,
          "This could not be examined: the examination itself is at fault.",
          "Report this as a bug of mcp-gas."
        )
      ])
    )
  )
