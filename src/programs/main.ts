/**
 * The command `mcp-gas`. Without arguments it serves; whatever else it can do is loaded when it is asked for.
 */
import { Cause, Effect, Exit } from "effect"
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

const exit = (code: number) => Effect.sync(() => process.exit(code))

/** Runs to the end and exits: 0 if it succeeded, 1 otherwise, with the reason on stderr. */
const run = <A, E>(program: Effect.Effect<A, E>) =>
  Effect.runFork(program).addObserver((ended) => {
    if (Exit.isSuccess(ended) || Cause.hasInterruptsOnly(ended.cause)) process.exit(0)
    process.stderr.write(`${Cause.pretty(ended.cause)}\n`, () => process.exit(1))
  })

const [command, ...rest] = process.argv.slice(2)
switch (command) {
  case undefined: {
    // stdout is the protocol's: whatever anybody prints goes to stderr.
    globalThis.console = new Console(process.stderr, process.stderr)
    const { serve } = await import("./serve.ts")
    run(serve(exit(0)))
    break
  }
  case "demo": {
    const { demo } = await import("./demo.ts")
    run(demo({ browser: rest.includes("--browser") }))
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
