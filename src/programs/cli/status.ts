/**
 * `mcp-gas status`: how an account stands. For a program, the same object that `gas_auth` answers with, and what was counted on
 * this machine; that alone for Prometheus.
 */
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { MachineCounters } from "../../services/observability/MachineCounters.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { AuthFlows } from "../../services/sign-in/AuthFlows.ts"
import { Sessions, SignInRequired } from "../../services/sign-in/Sessions.ts"
import * as MachineCountersTold from "../machineCounters.ts"
import { standing } from "../tools/authToolAnswers.ts"
import { gasAuthSpeaker } from "../tools/gasAuth.ts"
import { endsWith, exitCodes } from "./ending.ts"
import { account, json, keyOf, loginFor } from "./options.ts"
import { styled } from "./terminal.ts"

/** For a person who is not signed in: why, and what they can do. */
const wanting = Effect.fnUntraced(function*(key: AccountKey) {
  const flow = yield* AuthFlows.use(({ pending }) => pending(key))
  if (Option.isSome(flow)) {
    return `A sign-in of "${key}" is under way. Finish it at:\n\n  ${styled("cyan", flow.value.authorizationUrl)}\n`
  }
  const { message } = SignInRequired.of(yield* Sessions.use(({ slot }) => slot(key)))
  return `${message} Sign in: ${yield* loginFor(key)}`
})

export const status = Command.make(
  "status",
  {
    account,
    json,
    prometheus: Flag.Boolean("prometheus").pipe(
      Flag.withDescription(
        "Print what was counted on this machine, and nothing else, in the text format of Prometheus"
      ),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function*({ account: named, json: wantsJson, prometheus }) {
    const counted = Effect.flatMap(MachineCounters, ({ read }) => read)
    // Its last line ends like the others, and no second time.
    if (prometheus) return yield* Console.log((yield* MachineCountersTold.asPrometheus(yield* counted)).trimEnd())
    const key = yield* keyOf(named)
    const told = yield* standing(gasAuthSpeaker, key)
    const { authenticated, message } = told
    if (wantsJson) {
      const counters = MachineCountersTold.asJson(yield* counted)
      yield* Console.log(JSON.stringify({ ...told, counters }, null, 2))
    } else {
      yield* Console.log(
        authenticated
          ? `${styled("green", "✓")} ${message}`
          : `${styled("yellow", "!")} ${yield* wanting(key)}`
      )
    }
    yield* endsWith(authenticated ? exitCodes.ok : exitCodes.notSignedIn)
  })
).pipe(Command.withDescription("Tell how an account stands; exits with 3 if it is not signed in"))
