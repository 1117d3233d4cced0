/**
 * The built server as a host starts it, beside a local Google of its own: what the end-to-end tests share.
 */
import { NodeServices } from "@effect/platform-node"
import { assert } from "@effect/vitest"
import { Effect, FileSystem, Layer, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import process from "node:process"
import { fileURLToPath } from "node:url"
import * as LocalGoogleOidc from "../../src/layers/local-google/LocalGoogleOidc.ts"
import * as PersonHttp from "../../src/layers/local-google/PersonHttp.ts"
import * as ServerProcessMcpStdio from "../../src/layers/tools/ServerProcessMcpStdio.ts"
import { ownVaultKey } from "../../src/programs/ownVaultKey.ts"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { type CallResult, ServerProcess, type Started } from "../../src/services/tools/ServerProcess.ts"

export const binary = fileURLToPath(new URL("../../dist/bin/mcp-gas.js", import.meta.url))

/** A local Google, a person, and the means to start servers; a fresh set for each test. */
export const layer = Layer.mergeAll(
  Layer.fresh(LocalGoogleOidc.layer()),
  PersonHttp.layer.pipe(Layer.provide(FetchHttpClient.layer)),
  ServerProcessMcpStdio.layer,
  NodeServices.layer
)

/** Every line a server has written to stdout is a JSON-RPC message. */
export const speaksProtocolOnly = Effect.fnUntraced(function*(server: Started) {
  const lines = (yield* server.stdout).split("\n").filter((line) => line !== "")
  for (const line of lines) {
    const message: unknown = JSON.parse(line)
    assert.isTrue(typeof message === "object" && message !== null && "jsonrpc" in message && message.jsonrpc === "2.0")
  }
})

/** A home with a vault key of its own, so that nobody's keychain is asked; gone with the Scope. */
export const makeHome = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const home = yield* fs.makeTempDirectoryScoped({ prefix: "mcp-gas-test-" })
  yield* ownVaultKey(home)
  return home
})

/** Starts the built server with a home of its own, if none is given; checks at the end of the test what it has written to stdout. */
export const start = Effect.fnUntraced(function*(
  env: Readonly<Record<string, string>> = {},
  nodeOptions: ReadonlyArray<string> = []
) {
  const { start: spawn } = yield* ServerProcess
  const home = env["MCP_GAS_HOME"] ?? (yield* makeHome)
  const server = yield* spawn({
    command: process.execPath,
    args: [...nodeOptions, binary],
    env: { MCP_GAS_HOME: home, MCP_GAS_BROWSER: "none", ...env }
  })
  yield* Effect.addFinalizer(() => speaksProtocolOnly(server))
  return server
})

/** The environment of a server that signs in with the local Google. */
export const googleEnv = Effect.map(LocalGoogle, (google) => ({
  MCP_GAS_ISSUER: google.issuer,
  MCP_GAS_CLIENT_ID: google.clientId,
  MCP_GAS_CLIENT_SECRET: Redacted.value(google.clientSecret)
}))

/** Starts a server that signs in with the local Google. */
export const startWithGoogle = Effect.fnUntraced(function*(env: Readonly<Record<string, string>> = {}) {
  return yield* start({ ...(yield* googleEnv), ...env })
})

export const auth = (server: Started, args: Readonly<Record<string, unknown>> = {}) => server.call("gas_auth", args)

export const text = (result: CallResult, field: string): string => String(result.output[field])

/** The code of an error result. */
export const codeOf = (result: CallResult): unknown => {
  const { error } = result.output
  return result.isError && typeof error === "object" && error !== null && "code" in error ? error.code : undefined
}

export const portOf = (redirectUri: string): number => Number(new URL(redirectUri).port)

export { refuses } from "./loopbackClient.ts"
