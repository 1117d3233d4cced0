/**
 * The MCPB bundle: the built command, the manifest and the licence in one file that a host installs with a click.
 *
 * The bundle has no native module in it, so that one file fits every platform. The key that sessions are sealed with is
 * therefore a file that only its user can read, and never in the system's keychain.
 */
import { Effect, FileSystem, Schema } from "effect"
import { ChildProcess } from "effect/process"
import { dirname } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import * as packageJson from "../package.json" with { type: "json" }
import { ServerProcess } from "../src/services/tools/ServerProcess.ts"
import { reachable } from "./imports.ts"
import { entryPoint, type ListedTool, manifestOf, serverDirectory } from "./manifest.ts"
import { fileName as noticesFile } from "./notices.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const built = `${root}dist/bin`
const packer = `${root}test/acceptance/node_modules/@anthropic-ai/mcpb/dist/cli/cli.js`

/** Where the bundle is put unless told otherwise. */
export const usualPlace = `${root}dist/${packageJson.default.name}-${packageJson.default.version}.mcpb`

/** The bundle was not made. */
export class NotBundled extends Schema.TaggedError<NotBundled>()("NotBundled", {
  problem: Schema.String,
  remedy: Schema.String
}) {
  override get message(): string {
    return `${this.problem} ${this.remedy}`
  }
}

const demand = Effect.fnUntraced(function*(path: string, remedy: string) {
  const fs = yield* FileSystem.FileSystem
  if (yield* fs.exists(path)) return
  return yield* new NotBundled({ problem: `${path} is not there.`, remedy })
})

const Listed = Schema.Array(Schema.Struct({ name: Schema.String, description: Schema.String }))

/** The tools of the command that goes into the bundle, in its own words. */
const toolsOf = Effect.fnUntraced(function*(command: string) {
  const { start } = yield* ServerProcess
  const server = yield* start({ command: process.execPath, args: [command], env: {} })
  const listed: ReadonlyArray<ListedTool> = yield* Schema.decodeUnknownEffect(Listed)(yield* server.tools)
  return listed
}, Effect.scoped)

/** Makes the bundle at `place` from the command as it is built. Whatever was at `place` is replaced. */
export const make = Effect.fn("bundle.make")(function*(place: string) {
  const fs = yield* FileSystem.FileSystem
  yield* demand(`${built}/mcp-gas.js`, "Run npm run build:bin first.")
  yield* demand(packer, "Run npm ci --prefix test/acceptance --ignore-scripts first.")
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "mcp-gas-mcpb-" })
  const { license, name, version } = packageJson.default
  // The door for those who have no Effect is built beside the command, and is of no use in here.
  for (const file of [...reachable(built, ["mcp-gas.js"]), noticesFile]) {
    const target = `${directory}/${serverDirectory}/${file}`
    yield* fs.makeDirectory(dirname(target), { recursive: true })
    yield* fs.copyFile(`${built}/${file}`, target)
  }
  yield* fs.copyFile(`${root}LICENSE`, `${directory}/LICENSE`)
  // Without it, what is above the host's directory for extensions would decide which kind of module the command is.
  const marker = { name, version, license, private: true, type: "module" }
  yield* fs.writeFileString(`${directory}/${serverDirectory}/package.json`, `${JSON.stringify(marker, null, 2)}\n`)
  const manifest = manifestOf(yield* toolsOf(`${directory}/${entryPoint}`))
  yield* fs.writeFileString(`${directory}/manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`)
  const packing = yield* ChildProcess.make(process.execPath, [packer, "pack", directory, place], {
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit"
  })
  if ((yield* packing.exitCode) !== 0) {
    return yield* new NotBundled({ problem: "mcpb refused to pack.", remedy: "See what it says above." })
  }
  return place
}, Effect.scoped)
