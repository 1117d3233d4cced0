/**
 * The command `mcp-gas`. Without arguments it serves; whatever else it can do is loaded when it is asked for.
 */
import { Cause, Effect, Exit, Option, Predicate } from "effect"
import { Console } from "node:console"
import process from "node:process"
import { version } from "./identity.ts"

const usage = `mcp-gas ${version}: an MCP server for Google Apps Script

  mcp-gas             serve on stdin and stdout; this is what an MCP host runs
  mcp-gas demo        show a whole sign-in against a Google that runs on this machine
      --browser       let a person click through the consent page
  mcp-gas --version
  mcp-gas --help
`

const stopSignals = ["SIGTERM", "SIGINT", "SIGHUP"] as const

/** What a person is told of a failure: a cause and a remedy; of a bug, everything. */
const told = <E>(cause: Cause.Cause<E>): string =>
  Option.match(Cause.findErrorOption(cause), {
    onNone: () => Cause.pretty(cause),
    onSome: (error) =>
      [
        Predicate.hasProperty(error, "message") ? error.message : error,
        Predicate.hasProperty(error, "remedy") ? error.remedy : ""
      ]
        .filter((text) => text !== "")
        .join(" ")
  })

/** Runs to the end and exits: 0 if it succeeded or was interrupted, 1 otherwise, with the reason on stderr. */
const run = <A, E>(program: Effect.Effect<A, E>) => {
  const fiber = Effect.runFork(program)
  fiber.addObserver((ended) => {
    if (Exit.isSuccess(ended) || Cause.hasInterruptsOnly(ended.cause)) process.exit(0)
    process.stderr.write(`${told(ended.cause)}\n`, () => process.exit(1))
  })
  return fiber
}

/** A host may stop a server that is still loading; from then on, the server sees to it itself. */
const stopLoading = () => process.exit(0)

const [command, ...rest] = process.argv.slice(2)
switch (command) {
  case undefined: {
    // stdout is the protocol's: whatever anybody prints goes to stderr.
    globalThis.console = new Console(process.stderr, process.stderr)
    for (const signal of stopSignals) process.on(signal, stopLoading)
    const { serve } = await import("./serve.ts")
    run(serve)
    for (const signal of stopSignals) process.off(signal, stopLoading)
    break
  }
  case "demo": {
    const { demo } = await import("./demo.ts")
    const fiber = run(demo({ browser: rest.includes("--browser") }))
    for (const signal of stopSignals) process.on(signal, () => fiber.interruptUnsafe())
    break
  }
  case "--version":
    process.stdout.write(`${version}\n`)
    break
  case "--help":
    process.stdout.write(usage)
    break
  default:
    process.stderr.write(`Unknown command: ${command}\n\n${usage}`)
    process.exitCode = 2
}
