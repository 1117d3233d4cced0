/**
 * Whatever is wrong, the caller hears what, and what to do about it. No stack trace, no secret.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Path } from "effect"
import { createServer } from "node:net"
import { Person } from "../../src/services/local-google/Person.ts"
import type { CallResult } from "../../src/services/tools/ServerProcess.ts"
import { auth, codeOf, googleEnv, layer, start, startWithGoogle, text } from "../support/signInProcess.ts"

const canary = "canary-3b1f7c"

/** A failure as a caller sees it: an error result with a code, a cause and a remedy, and nothing that is not theirs. */
const explains = (result: CallResult, code: string, ...words: ReadonlyArray<string>) => {
  assert.isTrue(result.isError)
  assert.isUndefined(result.structured)
  assert.strictEqual(codeOf(result), code)
  assert.strictEqual(text(result, "status"), "error")
  const told = JSON.stringify(result.output)
  for (const word of words) assert.include(told, word)
  assert.notMatch(told, /\bat .+:\d+:\d+/, "a stack trace")
  assert.notInclude(told, canary)
}

/** A port that another program holds. */
const takenPort = Effect.acquireRelease(
  Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
    const server = createServer()
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = address !== null && typeof address === "object" ? address.port : 0
      resume(Effect.succeed({ port, close: () => server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

describe("gas_auth explains", () => {
  it.live("an unknown tool with a protocol error", () =>
    Effect.gen(function*() {
      const server = yield* start()
      const error = yield* Effect.flip(server.call("gas_nothing", {}))
      assert.strictEqual(error.code, -32_602)
      assert.include(error.reason, "Unknown tool: gas_nothing")
    }).pipe(Effect.provide(layer)))

  it.live("a wrong argument: the field, what is allowed, what was given", () =>
    Effect.gen(function*() {
      const server = yield* start()
      explains(yield* auth(server, { mode: "strat" }), "invalid_arguments", "mode", "complete", "strat")
      explains(yield* auth(server, { waitSeconds: 301 }), "invalid_arguments", "waitSeconds", "300", "301")
      explains(yield* auth(server, { account: "two words" }), "invalid_arguments", "account", "two words")
      explains(yield* auth(server, { redirect_url: canary }), "invalid_arguments", "redirect_url", "redirectUrl")
      explains(yield* auth(server, { mode: "complete" }), "invalid_arguments", "redirectUrl")
      explains(yield* auth(server, { mode: "complete", redirectUrl: 7 }), "invalid_arguments", "redirectUrl")
    }).pipe(Effect.provide(layer)))

  it.live("a missing client: which file to get where, and which variable to set", () =>
    Effect.gen(function*() {
      const server = yield* start()
      explains(
        yield* auth(server),
        "client_misconfigured",
        "https://console.cloud.google.com/apis/credentials",
        "Desktop app",
        "MCP_GAS_CLIENT_FILE",
        "client.json"
      )
    }).pipe(Effect.provide(layer)))

  it.live("a missing client only until it is there, without a restart", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const { MCP_GAS_CLIENT_ID: client_id, MCP_GAS_CLIENT_SECRET: client_secret, MCP_GAS_ISSUER } = yield* googleEnv
      const file = path.join(yield* fs.makeTempDirectoryScoped(), "client.json")
      const server = yield* start({ MCP_GAS_ISSUER, MCP_GAS_CLIENT_FILE: file })
      explains(yield* auth(server), "client_misconfigured", file)
      yield* fs.writeFileString(file, JSON.stringify({ installed: { client_id, client_secret } }))
      assert.strictEqual(text(yield* auth(server, { waitForCompletion: false }), "status"), "auth_started")
    }).pipe(Effect.provide(layer)))

  it.live("every problem of the environment at once", () =>
    Effect.gen(function*() {
      const server = yield* start({
        MCP_GAS_ISSUER: "http://example.com",
        MCP_GAS_CALLBACK_PORT: "0",
        MCP_GAS_SIGN_IN_TIMEOUT: "soon",
        MCP_GAS_CLIENT_SECRET: canary
      })
      explains(
        yield* auth(server),
        "client_misconfigured",
        "MCP_GAS_ISSUER",
        "MCP_GAS_CALLBACK_PORT",
        "MCP_GAS_SIGN_IN_TIMEOUT",
        "MCP_GAS_CLIENT_ID"
      )
      assert.notInclude(yield* server.stderr, canary)
    }).pipe(Effect.provide(layer)))

  it.live("an issuer that cannot be reached, and one that is none", () =>
    Effect.gen(function*() {
      const client = { MCP_GAS_CLIENT_ID: "client" }
      const { close, port } = yield* takenPort
      close()
      const refused = yield* start({ ...client, MCP_GAS_ISSUER: `http://127.0.0.1:${port}` })
      explains(yield* auth(refused), "provider_unreachable", "discovery", "ECONNREFUSED")
      const { MCP_GAS_ISSUER } = yield* googleEnv
      const other = yield* start({ ...client, MCP_GAS_ISSUER: `${MCP_GAS_ISSUER}/other` })
      explains(yield* auth(other), "provider_unreachable", "discovery")
    }).pipe(Effect.provide(layer)))

  it.live("a callback port that is taken", () =>
    Effect.gen(function*() {
      const { port } = yield* takenPort
      const server = yield* startWithGoogle({ MCP_GAS_CALLBACK_PORT: String(port) })
      explains(yield* auth(server), "callback_unavailable", String(port), "in use", "MCP_GAS_CALLBACK_PORT")
    }).pipe(Effect.provide(layer)))

  it.live("a browser that could not be opened, and the sign-in goes on", () =>
    Effect.gen(function*() {
      const server = yield* startWithGoogle({ MCP_GAS_BROWSER: "/nonexistent/browser" })
      const told = yield* auth(server, { waitSeconds: 1 })
      assert.strictEqual(text(told, "status"), "auth_pending")
      assert.include(text(told, "message"), "No browser could be opened. Ask the person to open authUrl")
      assert.include(yield* server.stderr, "BrowserFailed")
    }).pipe(Effect.provide(layer)))

  it.live("a home that cannot be written, before anybody is sent to a browser", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const file = path.join(yield* fs.makeTempDirectoryScoped(), "file")
      yield* fs.writeFileString(file, "")
      const server = yield* startWithGoogle({ MCP_GAS_HOME: path.join(file, "home") })
      explains(yield* auth(server), "store_unavailable", file, "MCP_GAS_HOME")
    }).pipe(Effect.provide(layer)))

  it.live("a client that the provider does not accept, with the secret kept out of it", () =>
    Effect.gen(function*() {
      const env = { ...(yield* googleEnv), MCP_GAS_CLIENT_SECRET: canary }
      const server = yield* start(env)
      const begun = yield* auth(server, { waitForCompletion: false })
      const person = yield* Person
      const page = yield* Effect.flatMap(person.consent(text(begun, "authUrl"), { _tag: "Allow" }), person.visit)
      assert.include(page.text, "Sign-in failed")
      assert.notInclude(page.text, canary)
      assert.strictEqual(text(yield* auth(server, { mode: "status" }), "status"), "not_authenticated")
      assert.notInclude(yield* server.stderr, canary)
    }).pipe(Effect.provide(layer)))
})
