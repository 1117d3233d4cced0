/**
 * `mcp-gas setup`: shows what a host's config needs for this server, and puts it there if that is wanted.
 */
import { Console, Effect, Option, Path } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { UserDirectories } from "effect/persistence"
import process from "node:process"
import * as HostVariablesEnv from "../../layers/hosts/HostVariablesEnv.ts"
import { type HostId, hostIds, type HostServer } from "../../services/hosts/Host.ts"
import { type HostConfigMalformed, HostConfigs, type HostConfigUnavailable } from "../../services/hosts/HostConfigs.ts"
import { EndsWith, exitCodes } from "./ending.ts"
import * as SetupWords from "./setupWords.ts"
import { styled } from "./terminal.ts"
import { thisProgram } from "./thisProgram.ts"

interface Wishes {
  readonly host: HostId
  readonly write: boolean
  readonly replace: boolean
  readonly file: Option.Option<string>
  readonly clientFile: Option.Option<string>
}

/** What cannot be put there is shown: the words go to stderr, so that stdout is nothing but what belongs there. */
const byHand =
  (host: HostId, server: HostServer) => ({ message, remedy }: HostConfigMalformed | HostConfigUnavailable) =>
    Effect.gen(function*() {
      const { snippet } = yield* HostConfigs
      yield* Console.error(`${message} ${remedy}`)
      yield* Console.log(snippet(host, server))
      return yield* new EndsWith({ code: exitCodes.failed })
    })

const run = Effect.fnUntraced(function*({ clientFile, file, host, replace, write }: Wishes) {
  const configs = yield* HostConfigs
  const path = yield* Path.Path
  const found = yield* Effect.provide(HostVariablesEnv.read(clientFile), UserDirectories.layer)
  const isNamed = Option.isSome(file)
  const server: HostServer = {
    ...thisProgram({ node: process.execPath, script: path.resolve(process.argv[1] ?? ""), isForOthers: isNamed }),
    variables: found.variables
  }
  const circumstances = { ...found, isNamed, isOwnClient: Option.isSome(clientFile) }
  yield* Effect.gen(function*() {
    const plan = yield* configs.plan(host, server, { file })
    if (!write && plan.change._tag !== "Unchanged") return yield* Console.log(SetupWords.shown(plan, circumstances))
    const written = yield* configs.write(plan, { replace })
    const [first = "", ...rest] = SetupWords.done(plan, written, circumstances)
    yield* Console.log([`${styled("green", "✓")} ${first}`, ...rest.map((line) => `  ${line}`)].join("\n"))
  }).pipe(Effect.catchTag(["HostConfigMalformed", "HostConfigUnavailable"], byHand(host, server)))
})

export const setup = Command.make(
  "setup",
  {
    host: Argument.Literals("host", hostIds).pipe(
      Argument.withDescription(`The client to set up: ${hostIds.join(", ")}`)
    ),
    write: Flag.Boolean("write").pipe(
      Flag.withDescription("Change the config, after a backup; unless given, it is shown what belongs there"),
      Flag.withDefault(false)
    ),
    replace: Flag.Boolean("replace").pipe(
      Flag.withDescription("With --write, replace an entry of the name that is another server's, or has more in it"),
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
  run
).pipe(
  Command.withDescription(
    "Set an MCP client up: show what its config needs, or write it, with the MCP_GAS_* variables that are set here"
  ),
  Command.withExamples([
    { command: "mcp-gas setup cursor", description: "Show what Cursor's config has to hold" },
    {
      command: "mcp-gas setup codex --write --client-file client_secret.json",
      description: "Put it into Codex' config"
    }
  ])
)
