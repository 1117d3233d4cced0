/**
 * Whether the variables of the environment can be used: every problem at once.
 */
import { Effect } from "effect"
import { ConfigSeen } from "../../services/doctor/ConfigSeen.ts"
import { ok, problem } from "../../services/doctor/Finding.ts"
import type { Check } from "./Check.ts"

export const make: Effect.Effect<Check, never, ConfigSeen> = Effect.map(ConfigSeen, ({ problems }) => ({
  area: "configuration",
  run: Effect.succeed(
    problems.length === 0
      ? [ok("configuration", "The environment is in order.")]
      : problems.map((each) => problem("configuration", `${each.where}: ${each.problem}`, each.remedy))
  )
}))
