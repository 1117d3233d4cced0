/**
 * `mcp-gas setup`: shows what a host's config needs for this server, and puts it there if that is wanted.
 */
import { Config, Console, Effect, Option, Path } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import process from "node:process"
import { hostIds, hosts, type HostServer } from "../../services/hosts/Host.ts"
import { HostConfigs } from "../../services/hosts/HostConfigs.ts"
import { styled } from "./terminal.ts"

/**
 * This very program, by the paths of Node and of itself: hosts that are started from a desktop know nothing of a shell's PATH. A
 * copy that `npx` has fetched goes away some day, so there it is `npx` again.
 */
const thisProgram = (script: string): Pick<HostServer, "command" | "args"> =>
  /[\\/]_npx[\\/]/.test(script)
    ? { command: "npx", args: ["-y", "mcp-gas"] }
    : { command: process.execPath, args: [script] }

const server = Effect.fnUntraced(function*(clientFile: Option.Option<string>) {
  const path = yield* Path.Path
  const variable = yield* Effect.option(Config.String("MCP_GAS_CLIENT_FILE"))
  const named = Option.orElse(clientFile, () => variable)
  return {
    ...thisProgram(path.resolve(process.argv[1] ?? "")),
    clientFile: Option.map(Option.filter(named, (file) => file.trim() !== ""), (file) => path.resolve(file))
  }
})

export const setup = Command.make(
  "setup",
  {
    host: Argument.Literals("host", hostIds).pipe(Argument.withDescription("The client to set up")),
    write: Flag.Boolean("write").pipe(
      Flag.withDescription("Change the config, after a backup; unless given, it is shown what belongs there"),
      Flag.withDefault(false)
    ),
    file: Flag.String("file").pipe(
      Flag.withDescription("Another config than the user's own, such as one of a project"),
      Flag.optional
    ),
    clientFile: Flag.String("client-file").pipe(
      Flag.withDescription(
        "The OAuth client's JSON; unless given, MCP_GAS_CLIENT_FILE or client.json in the data directory"
      ),
      Flag.optional
    )
  },
  Effect.fnUntraced(function*({ clientFile, file, host, write }) {
    const configs = yield* HostConfigs
    const { title } = hosts[host]
    const plan = yield* configs.plan(host, yield* server(clientFile), { file })
    const isThere = plan.change._tag === "Unchanged"
    if (isThere) return yield* Console.log(`${styled("green", "✓")} ${title} is set up already, in ${plan.path}.`)
    if (!write) {
      return yield* Console.log(
        `For ${title}, ${plan.path} has to hold:\n\n${plan.snippet}\n\nWith --write, it is put there.`
      )
    }
    const { backup } = yield* configs.write(plan)
    yield* Console.log([
      `${styled("green", "✓")} ${title} is set up, in ${plan.path}. Start it anew to have it seen.`,
      ...Option.toArray(Option.map(backup, (kept) => `  What was there is kept as ${kept}.`))
    ].join("\n"))
  })
).pipe(
  Command.withDescription("Set an MCP client up: show what its config needs, or write it"),
  Command.withExamples([
    { command: "mcp-gas setup cursor", description: "Show what Cursor's config has to hold" },
    {
      command: "mcp-gas setup codex --write --client-file client_secret.json",
      description: "Put it into Codex' config"
    }
  ])
)
