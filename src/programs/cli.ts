/**
 * The command for people: everything but serving. It has the same layers and the same store as the server, so what is done
 * here is seen in every window.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Duration, Effect, Layer } from "effect"
import { CliConfig, CliError, CliOutput, Command, GlobalFlag } from "effect/cli"
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
import * as Telemetry from "./telemetry.ts"

/** How long a command that is done waits for its telemetry to leave, if there is any. */
const lastWords = Duration.seconds(1)

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
  completions((own) => Command.withSubcommands(bare, [...commands, own]))
])

/** What is wrong with the arguments, and nothing else, on stderr: whoever reads stdout has not asked for help. */
const presenter: CliOutput.Presenter = {
  present: Effect.fnUntraced(function*(event) {
    // For programs, too, which would have to take a name off it.
    if (event._tag === "Version") return yield* Console.log(event.version)
    if (event._tag === "Help" && event.reason === "Requested") return yield* CliOutput.defaultPresenter.present(event)
    const formatter = yield* CliOutput.Formatter
    if (event._tag === "InvalidInvocation") yield* Console.error(formatter.formatErrors(event.errors).trim())
    yield* Console.error(`\nUsage: ${event.helpDoc.usage}\nMore:  ${event.commandPath.join(" ")} --help`)
  })
}

/**
 * Runs the command with these arguments. What it says goes to stdout, what is logged or goes wrong to stderr; fails with
 * `EndsWith` where it has said everything itself.
 */
export const cli = (args: ReadonlyArray<string>) =>
  Command.runWith(root, { version })(args).pipe(
    Effect.catchIf(CliError.isCliError, () => new EndsWith({ code: exitCodes.usage })),
    Effect.provide([
      NodeServices.layer,
      Layer.provideMerge(Telemetry.layer(lastWords), Logging.layerForPeople),
      CliOutput.layerPresenter(presenter),
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
    ])
  )
