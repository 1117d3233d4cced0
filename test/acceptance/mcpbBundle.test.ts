/**
 * The MCPB bundle as a host gets it: in order for the format's own program, and a server that works where it is unpacked.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Schema } from "effect"
import process from "node:process"
import { fileURLToPath } from "node:url"
import * as Bundle from "../../packaging/bundle.ts"
import { fileName as noticesFile } from "../../packaging/notices.ts"
import { ServerProcess } from "../../src/services/tools/ServerProcess.ts"
import { auth, codeOf, layer } from "../support/signInProcess.ts"
import { folder as makeFolder } from "./house.ts"
import { reachable } from "./imports.ts"
import { run } from "./program.ts"

const Manifest = Schema.fromJsonString(Schema.Struct({
  manifest_version: Schema.Literal("0.3"),
  tools: Schema.NonEmptyArray(Schema.Struct({ name: Schema.String, description: Schema.String })),
  server: Schema.Struct({
    entry_point: Schema.String,
    mcp_config: Schema.Struct({
      command: Schema.Literal("node"),
      args: Schema.Array(Schema.String),
      env: Schema.Record(Schema.String, Schema.String)
    })
  }),
  user_config: Schema.Record(
    Schema.String,
    Schema.Struct({ type: Schema.String, title: Schema.String, description: Schema.String, required: Schema.Boolean })
  )
}))

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
  const manifest = yield* Schema.decodeEffect(Manifest)(yield* fs.readFileString(`${directory}/manifest.json`))
  return { file, directory, manifest }
})

/** Starts the server as the manifest says, with what a person has chosen. */
const start = Effect.fnUntraced(function*(
  { directory, manifest }: Effect.Success<typeof unpacked>,
  home: string,
  chosen: Readonly<Record<string, string>>
) {
  const filled = (text: string) =>
    text.replaceAll("${__dirname}", directory).replaceAll(
      /\$\{user_config\.(\w+)\}/g,
      (_, name: string) => chosen[name] ?? assert.fail(`nobody is asked for ${name}`)
    )
  const { args, env } = manifest.server.mcp_config
  const { start: spawn } = yield* ServerProcess
  return yield* spawn({
    command: process.execPath,
    args: args.map(filled),
    env: {
      HOME: home,
      ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value)]))
    }
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

  it.live("asks a person for the client file, and has a server that takes it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const bundle = yield* unpacked
      assert.deepStrictEqual(
        Object.entries(bundle.manifest.user_config).map(([name, { required, type }]) => ({ name, required, type })),
        [{ name: "client_file", required: true, type: "file" }]
      )
      const client_file = `${yield* makeFolder}/client secret.json`
      yield* fs.writeFileString(client_file, clientFile)
      const home = yield* makeFolder
      const server = yield* start(bundle, home, { client_file })
      const listed = yield* server.tools
      assert.deepStrictEqual(
        listed.map(({ description, name }) => ({ name, description })),
        [...bundle.manifest.tools]
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

  it.live("has a server that says what is wrong with another file", () =>
    Effect.gen(function*() {
      const bundle = yield* unpacked
      const server = yield* start(bundle, yield* makeFolder, { client_file: fileURLToPath(import.meta.url) })
      const refused = yield* auth(server, signIn)
      assert.strictEqual(codeOf(refused), "client_misconfigured")
      assert.include(JSON.stringify(refused.output), "MCP_GAS_CLIENT_FILE")
    }).pipe(Effect.provide(layer)))
})
