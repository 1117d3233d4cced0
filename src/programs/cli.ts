/**
 * The command for people: everything but serving. It has the same layers and the same store as the server, so what is done
 * here is seen in every window.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer } from "effect"
import { CliConfig, CliError, Command, GlobalFlag } from "effect/cli"
import { UserDirectories } from "effect/persistence"
import process from "node:process"
import * as HostConfigsFileSystem from "../layers/hosts/HostConfigsFileSystem.ts"
import * as ImportsFromFiles from "../layers/importing/ImportsFromFiles.ts"
import { platformOf } from "../services/hosts/Host.ts"
import { accounts } from "./cli/accounts.ts"
import { completions } from "./cli/completions.ts"
import { demo } from "./cli/demo.ts"
import { doctor } from "./cli/doctor.ts"
import { EndsWith, exitCodes } from "./cli/ending.ts"
import { importing } from "./cli/importing.ts"
import { login } from "./cli/login.ts"
import { logout } from "./cli/logout.ts"
import { serving } from "./cli/serving.ts"
import { setup } from "./cli/setup.ts"
import { status } from "./cli/status.ts"
import { version } from "./identity.ts"
import * as Logging from "./logging.ts"
import * as SignIn from "./signIn.ts"

/** Built by the command that is run, and by no other. */
const layerSignIn = Layer.provideMerge(ImportsFromFiles.layer, SignIn.layer)

const layerHosts = HostConfigsFileSystem.layer({ platform: platformOf(process.platform) }).pipe(
  Layer.provide(UserDirectories.layer),
  Layer.provideMerge(NodeServices.layer)
)

const commands = [
  serving,
  Command.provide(login, layerSignIn),
  Command.provide(status, layerSignIn),
  Command.provide(logout, layerSignIn),
  Command.provide(accounts, layerSignIn),
  Command.provide(importing, layerSignIn),
  Command.provide(setup, layerHosts),
  doctor,
  demo
] as const

const bare = Command.make("mcp-gas").pipe(
  Command.withDescription("An MCP server for Google Apps Script. Without arguments it serves on stdin and stdout.")
)

const root = Command.withSubcommands(bare, [
  ...commands,
  completions(Command.withSubcommands(bare, commands))
])

/**
 * Runs the command with these arguments. What it says goes to stdout, what is logged or goes wrong to stderr; fails with
 * `EndsWith` where it has said everything itself.
 */
export const cli = (args: ReadonlyArray<string>) =>
  Command.runWith(root, { version })(args).pipe(
    Effect.catchIf(CliError.isCliError, () => new EndsWith({ code: exitCodes.usage })),
    Effect.provide([
      NodeServices.layer,
      Logging.layer("Warn"),
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.LogLevel] })
    ])
  )
