/**
 * Which sign-ins wait for their person, and how the processes are that own them.
 */
import { DateTime, Duration, Effect } from "effect"
import { type Finding, ok, warning } from "../../services/doctor/Finding.ts"
import { ProcessStates } from "../../services/doctor/ProcessStates.ts"
import type { FlowSeen, StoreSeen } from "../../services/doctor/StoreSeen.ts"
import type { Check } from "./Check.ts"
import { moment } from "./FindingWords.ts"
import * as StoredSeen from "./StoredSeen.ts"

/** How much later than its deadline a sign-in may end: an exchange that is under way is finished. */
const punctuality = Duration.seconds(30)

export const make: Effect.Effect<Check, never, ProcessStates | StoreSeen> = Effect.gen(function*() {
  const processes = yield* ProcessStates
  const stored = yield* StoredSeen.stored

  const told = Effect.fnUntraced(function*(flow: FlowSeen): Effect.fn.Return<Finding> {
    const { answered, expiresAt, key, pid, startedAt } = flow
    const now = yield* DateTime.now
    const state = yield* processes.state(pid)
    const what = `The sign-in of "${key}" that process ${pid} began at ${moment(startedAt)}`
    if (state === "gone") {
      return warning(
        "pending",
        `${what} has lost its process, which has died.`,
        "Nothing needs to be done: the next sign-in takes its place."
      )
    }
    if (state === "stopped") {
      return warning(
        "pending",
        `${what} gets nowhere: that process is stopped.`,
        `Continue it (kill -CONT ${pid}) or end it; after ${moment(expiresAt)} others go on without it.`
      )
    }
    if (DateTime.isGreaterThan(now, DateTime.addDuration(expiresAt, punctuality))) {
      return warning(
        "pending",
        `${what} should have ended at ${
          moment(expiresAt)
        }: that process does not get to it, or another program has its number by now.`,
        "Nothing needs to be done: the next sign-in takes its place."
      )
    }
    return ok(
      "pending",
      answered
        ? `${what} has been answered, and is being finished.`
        : `${what} waits for its person until ${moment(expiresAt)}.`
    )
  })

  const run = Effect.gen(function*() {
    const { pending } = yield* stored
    if (pending.length === 0) return [ok("pending", "No sign-in is under way.")]
    return yield* Effect.forEach(pending, told, { concurrency: "unbounded" })
  })
  return { area: "pending", run }
})
