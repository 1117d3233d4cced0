/**
 * Whether what is to open the provider's page is there. It is looked for, and not run.
 */
import { Effect, Option } from "effect"
import { ConfigSeen } from "../../services/doctor/ConfigSeen.ts"
import { type Finding, ok, warning } from "../../services/doctor/Finding.ts"
import { ProgramsSeen, type ProgramState } from "../../services/doctor/ProgramsSeen.ts"
import { type Check, misconfigured } from "./Check.ts"

/** A sign-in goes on without a browser: its address is shown, and the person opens that. */
const judged = (command: string, state: ProgramState): Finding => {
  const named = `MCP_GAS_BROWSER names ${JSON.stringify(command)}`
  switch (state) {
    case "there":
      return ok("browser", `${named}, which is there and can be run.`)
    case "forbidden":
      return warning(
        "browser",
        `${named}, which this user may not execute: a sign-in opens no browser and only shows its address.`,
        "Allow it with chmod +x, or set MCP_GAS_BROWSER to another program, or to none."
      )
    case "missing":
      return warning(
        "browser",
        `${named}, and there is no such program: a sign-in opens no browser and only shows its address.`,
        "Set MCP_GAS_BROWSER to the path of a program, which is run without a shell and without arguments of its own, " +
          "or unset it for the system's browser."
      )
  }
}

export const make: Effect.Effect<Check, never, ConfigSeen | ProgramsSeen> = Effect.gen(function*() {
  const { browser } = yield* ConfigSeen
  const programs = yield* ProgramsSeen
  const run = Effect.gen(function*() {
    if (Option.isNone(browser)) return yield* misconfigured("what says which browser is meant")
    switch (browser.value._tag) {
      case "System":
        return [ok("browser", "The system's browser is asked to open the sign-in.")]
      case "None":
        return [ok("browser", "No browser is opened, as MCP_GAS_BROWSER wants it: a sign-in shows its address.")]
      case "Command": {
        const { command } = browser.value
        return [judged(command, yield* programs.state(command))]
      }
    }
  })
  return { area: "browser", run }
})
