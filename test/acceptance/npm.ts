/**
 * Runs the npm of this machine, in a folder and on the Node that the tests run on.
 */
import { Data, Effect } from "effect"
import { execFile } from "node:child_process"
import { delimiter, dirname } from "node:path"
import process from "node:process"

/** npm ended with another code than 0. */
class NpmFailed extends Data.TaggedError("NpmFailed")<{ readonly message: string }> {}

/** Runs npm to its end and answers with what it printed. */
export const npm = (folder: string, args: ReadonlyArray<string>): Effect.Effect<string, NpmFailed> =>
  Effect.callback((resume) => {
    const PATH = [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter)
    const child = execFile("npm", args, { cwd: folder, env: { ...process.env, PATH } }, (error, stdout, stderr) => {
      resume(
        error === null
          ? Effect.succeed(stdout)
          : Effect.fail(new NpmFailed({ message: `npm ${args.join(" ")}: ${error.message}\n${stderr}` }))
      )
    })
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** What an installation in a test leaves out: asking about what is not this package, and what is at hand already. */
export const quickly = ["--no-audit", "--no-fund", "--prefer-offline"]
