/**
 * `mcp-gas demo`: a whole sign-in against a Google that runs on this machine.
 */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"

export const demo = Command.make(
  "demo",
  {
    browser: Flag.Boolean("browser").pipe(
      Flag.withDescription("Let a person click through the consent page"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function*(options) {
    const program = yield* Effect.promise(() => import("../demo.ts"))
    yield* program.demo(options)
  })
).pipe(Command.withDescription("Show a whole sign-in against a Google that runs on this machine; needs no account"))
