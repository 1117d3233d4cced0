/**
 * The command `mcp-gas`. Without arguments it serves; whatever else it can do is loaded when it is asked for.
 */
import { Effect } from "effect"
import { Console } from "node:console"
import process from "node:process"
import { isSupported, oldestNode } from "../services/config/SupportedNode.ts"
import { endOf, exitCodes } from "./cli/ending.ts"

/** What a shell takes a program for that was ended by one of these: 128 and the signal's number. */
const stopSignals = [["SIGTERM", 143], ["SIGINT", 130], ["SIGHUP", 129]] as const

/** Runs to the end and exits, with what went wrong on stderr; `interrupted` says with which code, where a signal ended it. */
const run = <A, E>(program: Effect.Effect<A, E>, interrupted: () => number) => {
  const fiber = Effect.runFork(program)
  fiber.addObserver((exit) => {
    const { code, say } = endOf(exit)
    const end = () => process.exit(code === exitCodes.interrupted ? interrupted() : code)
    if (say === "") end()
    else process.stderr.write(`${say}\n`, end)
  })
  return fiber
}

/** A host may stop a server that is still loading; from then on, the server sees to it itself. */
const stopLoading = () => process.exit(exitCodes.ok)

const serving = async () => {
  // stdout is the protocol's: whatever anybody prints goes to stderr.
  globalThis.console = new Console(process.stderr, process.stderr)
  for (const [signal] of stopSignals) process.on(signal, stopLoading)
  if (process.stdin.isTTY && process.stdout.isTTY) {
    process.stderr.write("Serving MCP on stdin and stdout, for a client to talk to. For people: mcp-gas --help\n")
  }
  const { serve } = await import("./serve.ts")
  // To be stopped is an ordinary end of a server.
  run(serve, () => exitCodes.ok)
  for (const [signal] of stopSignals) process.off(signal, stopLoading)
}

const [command, ...rest] = process.argv.slice(2)
if (!isSupported(process.versions.node)) {
  process.stderr.write(
    `mcp-gas needs Node ${oldestNode} or a newer one, and ${process.execPath} is Node ${process.versions.node}.\n`
  )
  process.exitCode = exitCodes.failed
} else if (command === undefined || (command === "serve" && rest.length === 0)) await serving()
else {
  const { cli } = await import("./cli.ts")
  let code: number = exitCodes.interrupted
  const fiber = run(cli([command, ...rest]), () => code)
  for (const [signal, itsCode] of stopSignals) {
    process.on(signal, () => {
      code = itsCode
      fiber.interruptUnsafe()
    })
  }
}
