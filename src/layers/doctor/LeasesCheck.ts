/**
 * Which leases are held, by whom, and whether their holders run.
 */
import { Effect, Option } from "effect"
import { type Finding, ok, warning } from "../../services/doctor/Finding.ts"
import { type LeaseHeld, LeasesSeen } from "../../services/doctor/LeasesSeen.ts"
import { ProcessStates } from "../../services/doctor/ProcessStates.ts"
import type { Stored, StoreSeen } from "../../services/doctor/StoreSeen.ts"
import type { Check } from "./Check.ts"
import { listed } from "./FindingWords.ts"
import * as StoredSeen from "./StoredSeen.ts"

/** What leases are for that may be held, by their names. */
const purposes = ({ leases, slots }: Pick<Stored, "leases" | "slots">): ReadonlyMap<string, string> =>
  new Map([
    ...slots.map(({ key }) => [`refresh ${key}`, `the renewal of "${key}"`] as const),
    ...leases.flatMap(({ key, lease }) =>
      [lease, `${lease} instead`].map((name) => [name, `the sign-in of "${key}"`] as const)
    )
  ])

export const make: Effect.Effect<Check, never, LeasesSeen | ProcessStates | StoreSeen> = Effect.gen(function*() {
  const leases = yield* LeasesSeen
  const processes = yield* ProcessStates
  const stored = yield* StoredSeen.stored

  const isStopped = ({ pid }: LeaseHeld) =>
    Option.match(pid, {
      onNone: () => Effect.succeed(false),
      onSome: (it) => Effect.map(processes.state(it), (state) => state === "stopped")
    })

  const run = Effect.gen(function*(): Effect.fn.Return<ReadonlyArray<Finding>> {
    const known = purposes(yield* Effect.orElseSucceed(stored, () => ({ leases: [], slots: [] })))
    const held = yield* leases.held([...known.keys()])
    if (Option.isNone(held)) {
      return [ok("leases", "Which leases are held cannot be seen on this system without taking them.")]
    }
    if (held.value.length === 0) return [ok("leases", "No process holds a lease.")]
    const told = ({ name, pid }: LeaseHeld) => {
      const what = Option.flatMap(name, (it) => Option.fromUndefinedOr(known.get(it)))
      const who = Option.match(pid, { onNone: () => "a process out of sight", onSome: (it) => `process ${it}` })
      return `that of ${
        Option.getOrElse(what, () => "something that is being imported, or is just beginning,")
      } by ${who}`
    }
    const states = yield* Effect.forEach(held.value, isStopped)
    const running = held.value.filter((_, index) => states[index] === false)
    const stopped = held.value.filter((_, index) => states[index] === true)
    return [
      ...(running.length === 0 ? [] : [ok("leases", `Leases are held: ${listed(running.map(told))}.`)]),
      ...stopped.map((each) =>
        warning(
          "leases",
          `A lease is held by a process that is stopped: ${told(each)}.`,
          "Continue that process (kill -CONT) or end it; the others go on without it after a while."
        )
      )
    ]
  })
  return { area: "leases", run }
})
