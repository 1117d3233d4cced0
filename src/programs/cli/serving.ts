/**
 * `mcp-gas serve` as the help tells of it. Whoever runs it is served before any of this is loaded.
 */
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { EndsWith, exitCodes } from "./ending.ts"

export const serving = Command.make("serve", {}, () =>
  Console.error("serve takes no arguments and no options.").pipe(
    Effect.andThen(new EndsWith({ code: exitCodes.usage }))
  )).pipe(
    Command.withDescription("Serve on stdin and stdout, as without arguments: what an MCP client runs")
  )
