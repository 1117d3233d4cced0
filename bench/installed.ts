/**
 * What is on the disk after `npm install` of a package into an empty folder; of this one, of its packed tarball.
 */
import { Data, Effect } from "effect"
import { execFile } from "node:child_process"
import { readdirSync, statSync, writeFileSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { exactly } from "./measure/spread.ts"
import * as packageJson from "./package.json" with { type: "json" }
import { compare, type RowResult } from "./result.ts"
import * as Ours from "./subjects/ours.ts"
import * as Servers from "./subjects/servers.ts"

class NpmFailed extends Data.TaggedError("NpmFailed")<{ readonly message: string }> {}

const npm = (folder: string, args: ReadonlyArray<string>): Effect.Effect<string, NpmFailed> =>
  Effect.callback((resume) => {
    const PATH = [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter)
    const child = execFile("npm", args, { cwd: folder, env: { ...process.env, PATH } }, (error, stdout, stderr) => {
      const failed = () => new NpmFailed({ message: `npm ${args.join(" ")}: ${error?.message}\n${stderr}` })
      resume(error === null ? Effect.succeed(stdout) : Effect.fail(failed()))
    })
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** Bytes of all files in a folder. */
const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
    (sum, entry) => entry.isFile() ? sum + statSync(join(entry.parentPath, entry.name)).size : sum,
    0
  )

/** Packages in a folder, as npm has noted them. */
const install = Effect.fnUntraced(function*(what: string) {
  const folder = yield* Ours.folder
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "empty", private: true }))
  yield* npm(folder, ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", what])
  return bytesIn(join(folder, "node_modules")) / 1e6
}, Effect.scoped)

/** The tarball of this package, as it stands built. */
const packed = Effect.gen(function*() {
  const folder = yield* Ours.folder
  const root = fileURLToPath(new URL("..", import.meta.url))
  const printed = yield* npm(root, ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder])
  return join(folder, printed.trim())
})

export const run = Effect.fnUntraced(function*(_isQuick: boolean) {
  const versions: Readonly<Record<string, string>> = packageJson.default.dependencies
  const ours = yield* Effect.flatMap(packed, install)
  const others = Servers.names.filter((name) => name !== "mcp-gas")
  const comparisons = yield* Effect.forEach(
    others,
    (name) =>
      Effect.map(install(`${name}@${versions[name]}`), (size) =>
        compare({
          id: `installed-${name}`,
          what: "installed size",
          unit: "MB",
          better: "less",
          ours: exactly(ours),
          against: { who: `\`${name}\``, spread: exactly(size) },
          goal: { text: "ahead", ratio: 1 }
        }))
  )
  const result: RowResult = { comparisons, curves: [] }
  return result
}, Effect.scoped)
