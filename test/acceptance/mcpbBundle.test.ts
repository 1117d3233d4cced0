/**
 * The MCPB bundle as a host gets it: in order for the format's own program, and a server that works where it is unpacked.
 */
import { getMcpConfigForManifest, v0_3 } from "@anthropic-ai/mcpb/browser"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import process from "node:process"
import { fileURLToPath } from "node:url"
import * as Bundle from "../../packaging/bundle.ts"
import { reachable } from "../../packaging/imports.ts"
import { fileName as noticesFile } from "../../packaging/notices.ts"
import { ServerProcess } from "../../src/services/tools/ServerProcess.ts"
import { auth, codeOf, layer, makeHome } from "../support/signInProcess.ts"
import { folder as makeFolder } from "./house.ts"
import { run } from "./program.ts"

/** Runs the format's own program; it has to succeed. */
const mcpb = Effect.fnUntraced(function*(...args: ReadonlyArray<string>) {
  const ran = yield* run("mcpb", yield* makeFolder, args)
  assert.strictEqual(ran.code, 0, ran.stdout + ran.stderr)
  return ran.stdout
})

/** A bundle, made and unpacked again. */
const unpacked = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* makeFolder
  const file = yield* Bundle.make(`${folder}/mcp-gas.mcpb`)
  yield* mcpb("unpack", file, `${folder}/unpacked`)
  const directory = `${folder}/unpacked`
  const manifest = v0_3.McpbManifestSchema.parse(JSON.parse(yield* fs.readFileString(`${directory}/manifest.json`)))
  return { file, directory, manifest }
})

/** Starts the server as the format's own program would have it started, with what a person has chosen. */
const start = Effect.fnUntraced(function*(
  { directory, manifest }: Effect.Success<typeof unpacked>,
  environment: Readonly<Record<string, string>>,
  chosen: Readonly<Record<string, string>>
) {
  const config = yield* Effect.promise(() =>
    getMcpConfigForManifest({
      manifest,
      extensionPath: directory,
      systemDirs: {},
      userConfig: { ...chosen },
      pathSeparator: "/"
    })
  )
  if (config === undefined) return assert.fail("the host would wait for a person to choose something")
  assert.strictEqual(config.command, "node")
  const { start: spawn } = yield* ServerProcess
  return yield* spawn({
    command: process.execPath,
    args: config.args ?? [],
    env: { ...environment, ...config.env }
  })
})

const signIn = { mode: "start", openBrowser: false, waitForCompletion: false }

const clientId = "mine.apps.googleusercontent.com"

const clientFile = JSON.stringify({
  installed: {
    client_id: clientId,
    client_secret: "not-much-of-one",
    auth_uri: "https://accounts.google.com/o/oauth2/auth",
    token_uri: "https://oauth2.googleapis.com/token",
    redirect_uris: ["http://localhost"]
  }
})

describe("the bundle", () => {
  it.live("is in order, and holds the command, its manifest and its licence", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { directory, file, manifest } = yield* unpacked
      yield* mcpb("validate", `${directory}/manifest.json`)
      yield* mcpb("info", file)
      const entries = yield* fs.readDirectory(directory, { recursive: true })
      const files = yield* Effect.filter(
        entries,
        (entry) => Effect.map(fs.stat(`${directory}/${entry}`), ({ type }) => type === "File")
      )
      assert.sameMembers(files, [
        "LICENSE",
        "manifest.json",
        "server/package.json",
        `server/${noticesFile}`,
        ...reachable(directory, [manifest.server.entry_point])
      ])
      assert.isBelow(Number((yield* fs.stat(file)).size), 1_000_000)
    }).pipe(Effect.provide(layer)))

  it.live("offers a person to choose the client file, and has a server that takes it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const bundle = yield* unpacked
      assert.deepStrictEqual(
        Object.entries(bundle.manifest.user_config ?? {}).map(([name, { required, type }]) => ({
          name,
          required,
          type
        })),
        [{ name: "client_file", required: false, type: "file" }]
      )
      const client_file = `${yield* makeFolder}/client secret.json`
      yield* fs.writeFileString(client_file, clientFile)
      const home = yield* makeFolder
      const server = yield* start(bundle, { HOME: home }, { client_file })
      const listed = yield* server.tools
      assert.deepStrictEqual<unknown>(
        listed.map(({ description, name }) => ({ name, description })),
        bundle.manifest.tools
      )
      const { output } = yield* auth(server, signIn)
      assert.strictEqual(output["status"], "auth_started")
      assert.strictEqual(new URL(String(output["authUrl"])).searchParams.get("client_id"), clientId)
      // There is no native module to reach a keychain with.
      const kept = yield* fs.readDirectory(home, { recursive: true })
      assert.isTrue(kept.some((file) => file.endsWith("vault.key")), kept.join(", "))
      yield* server.endInput
      assert.deepStrictEqual(yield* server.ended, { code: 0, signal: null })
    }).pipe(Effect.provide(layer)))

  it.live("has a server that takes the client in the data directory, if a person has left the choice blank", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const bundle = yield* unpacked
      const home = yield* makeHome
      const server = yield* start(bundle, { MCP_GAS_HOME: home }, {})
      const refused = yield* auth(server, signIn)
      assert.strictEqual(codeOf(refused), "client_misconfigured")
      assert.include(JSON.stringify(refused.output), "No OAuth client is configured.")
      yield* fs.writeFileString(`${home}/client.json`, clientFile)
      const { output } = yield* auth(server, signIn)
      assert.strictEqual(output["status"], "auth_started")
      assert.strictEqual(new URL(String(output["authUrl"])).searchParams.get("client_id"), clientId)
    }).pipe(Effect.provide(layer)))

  it.live("has a server that says what is wrong with another file", () =>
    Effect.gen(function*() {
      const bundle = yield* unpacked
      const server = yield* start(bundle, { HOME: yield* makeFolder }, { client_file: fileURLToPath(import.meta.url) })
      const refused = yield* auth(server, signIn)
      assert.strictEqual(codeOf(refused), "client_misconfigured")
      assert.include(JSON.stringify(refused.output), "MCP_GAS_CLIENT_FILE")
    }).pipe(Effect.provide(layer)))
})
