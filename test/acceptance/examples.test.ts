/**
 * The examples, as whoever copies one finds it: in a folder of its own, with the package from its tarball, and nothing of this
 * repository in reach.
 */
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer, Redacted, Schema } from "effect"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { ServerProcess } from "../../src/services/tools/ServerProcess.ts"
import { layer as layerProcesses, makeHome, speaksProtocolOnly } from "../support/signInProcess.ts"
import { authUrl, consent, folder as makeFolder, output } from "./house.ts"
import { npm, quickly } from "./npm.ts"
import { Packed } from "./packed.ts"
import { compile } from "./program.ts"

const examples = fileURLToPath(new URL("../../examples", import.meta.url))

const Package = Schema.fromJsonString(Schema.Struct({
  dependencies: Schema.Record(Schema.String, Schema.String)
}))

/** A copy of an example, with what it needs installed, the package from its tarball. */
const copied = Effect.fnUntraced(function*(example: string) {
  const fs = yield* FileSystem.FileSystem
  const { tarball } = yield* Packed
  const folder = `${yield* makeFolder}/${example}`
  yield* fs.copy(`${examples}/${example}`, folder)
  const { dependencies } = yield* Schema.decodeEffect(Package)(yield* fs.readFileString(`${folder}/package.json`))
  assert.property(dependencies, "mcp-gas")
  yield* npm(folder, ["install", ...quickly, tarball])
  return folder
})

/**
 * Starts an example's server, has a person sign in with its tool, and then calls the tool that needs a token. Without a client, the
 * tool tells what is `missing`.
 */
const tried = Effect.fnUntraced(function*(example: string, missing: string) {
  const folder = yield* copied(example)
  const compiled = yield* compile(folder, "server.ts")
  assert.strictEqual(compiled.code, 0, compiled.stdout)
  const google = yield* LocalGoogle
  const { start } = yield* ServerProcess
  const server = yield* start({
    command: process.execPath,
    args: [`${folder}/server.ts`],
    env: {
      ACME_ISSUER: google.issuer,
      ACME_CLIENT_ID: google.clientId,
      ACME_CLIENT_SECRET: Redacted.value(google.clientSecret),
      ACME_HOME: yield* makeHome
    }
  })
  assert.sameMembers((yield* server.tools).map((tool) => tool["name"]), ["acme_auth", "acme_whoami"])
  const before = yield* server.call("acme_whoami", {})
  assert.isTrue(before.isError)
  assert.match(before.text, /Nobody has signed in as .*default.* yet\. Sign in to account/)

  const options = { mode: "start", openBrowser: false, waitForCompletion: false }
  const started = yield* output((yield* server.call("acme_auth", options)).output)
  assert.strictEqual(started.status, "auth_started")
  yield* consent(yield* authUrl(started))
  const status = yield* output((yield* server.call("acme_auth", { mode: "status", waitSeconds: 40 })).output)
  assert.isTrue(status.authenticated)
  assert.match((yield* server.call("acme_whoami", {})).text, /ada@example\.com/)

  yield* server.endInput
  assert.deepStrictEqual(yield* server.ended, { code: 0, signal: null })
  yield* speaksProtocolOnly(server)

  const unset = yield* start({
    command: process.execPath,
    args: [`${folder}/server.ts`],
    env: { ACME_ISSUER: google.issuer, ACME_HOME: yield* makeHome }
  })
  const told = yield* unset.call("acme_auth", options)
  assert.isTrue(told.isError)
  assert.include(told.text, missing)
  yield* unset.endInput
  assert.deepStrictEqual(yield* unset.ended, { code: 0, signal: null })
})

layer(Packed.layer.pipe(Layer.provideMerge(layerProcesses)), { excludeTestServices: true, timeout: 120_000 })(
  "the examples",
  (it) => {
    it.effect("a server by Promises signs people in", () => tried("promise-server", "clientId: expected a value"))
    it.effect("a server in Effect signs people in", () => tried("effect-server", "Set ACME_CLIENT_ID to"))
    it.effect("a server's own tests pass", () =>
      Effect.gen(function*() {
        const folder = yield* copied("own-tests")
        const compiled = yield* compile(folder, "whoami.test.ts")
        assert.strictEqual(compiled.code, 0, compiled.stdout)
        assert.match(yield* npm(folder, ["test", "--", "--no-color"]), /Tests +4 passed/)
      }))
  }
)
