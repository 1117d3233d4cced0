/**
 * What is wrong with a run, if anything is.
 */
import { Cause, Exit } from "effect"
import type { ScheduleRun } from "../../services/exploring/ScheduleRun.ts"

/** A program that fails or dies, does not end, or leaves fibers behind, is wrong. Its assertions are to fail or die. */
export const of = (run: ScheduleRun<unknown, unknown>): string | undefined => {
  const { fibersLeft, outcome } = run
  switch (outcome._tag) {
    case "Deadlock":
      return "deadlock: the program has not ended and nobody can go on"
    case "StepLimit":
      return "no end: the program goes on and on"
    case "Done":
      if (Exit.isFailure(outcome.exit)) return reasonOf(outcome.exit.cause)
      return fibersLeft > 0 ? `${fibersLeft} fiber${fibersLeft > 1 ? "s" : ""} left behind` : undefined
  }
}

const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message || error.name : String(error)
}
