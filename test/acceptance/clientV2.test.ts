/**
 * The client of the MCP TypeScript SDK's second major version.
 */
import { assert } from "@effect/vitest"
import { Client, SdkError, SdkErrorCode, type VersionNegotiationMode } from "@modelcontextprotocol/client"
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import { Effect, FileSystem, Option, Schedule } from "effect"
import process from "node:process"
import { clientV2 } from "./clients.ts"
import { authUrl, consent, environment, folder, output, path, server } from "./house.ts"
import { tried } from "./tried.ts"

/** A server whose every start is noted, and whose data directory is not there yet. */
const noted = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const own = yield* folder
  const starts = `${own}/starts`
  const home = `${own}/home`
  const env = { ...(yield* environment), MCP_GAS_HOME: home, PATH: path }
  const args = ["-c", `echo $$ >> "$0" && exec "$1" "$2"`, starts, server.command, ...server.args]
  return {
    parameters: { command: "sh", args, env, stderr: "ignore" as const },
    /** The process of each start so far. */
    starts: Effect.map(fs.readFileString(starts), (text) => text.trim().split("\n").map(Number)),
    /** Whether any of them has made the data directory. */
    isHomeThere: fs.exists(home)
  }
})

const make = (mode: VersionNegotiationMode) =>
  new Client({ name: "client", version: "2" }, { versionNegotiation: { mode } })

const connect = Effect.fnUntraced(function*(mode: VersionNegotiationMode) {
  const { isHomeThere, parameters, starts } = yield* noted
  const client = make(mode)
  yield* Effect.acquireRelease(
    Effect.promise(() => client.connect(new StdioClientTransport(parameters))),
    () => Effect.promise(() => client.close())
  )
  return { client, starts, isHomeThere }
})

const signsIn = Effect.fnUntraced(function*(client: Client) {
  const { tools } = yield* Effect.promise(() => client.listTools())
  assert.include(tools.map(({ name }) => name), "gas_auth")
  const call = (args: Record<string, unknown>) =>
    Effect.flatMap(
      Effect.promise(() => client.callTool({ name: "gas_auth", arguments: args })),
      ({ structuredContent }) => output(structuredContent)
    )
  const begun = yield* call({ waitForCompletion: false })
  assert.strictEqual(begun.status, "auth_started")
  yield* consent(yield* authUrl(begun))
  assert.strictEqual((yield* call({ mode: "status", waitSeconds: 20 })).status, "authenticated")
})

const isAlive = (pid: number) => Option.isSome(Option.liftThrowable(() => process.kill(pid, 0))())

/** Waits for a process that somebody else has started and ends. */
const gone = (pid: number) =>
  Effect.repeat(Effect.sync(() => isAlive(pid)), { while: (alive) => alive, schedule: Schedule.spaced("20 millis") })

tried(clientV2, {
  "mode `legacy`": Effect.gen(function*() {
    const { client, starts } = yield* connect("legacy")
    assert.strictEqual(client.getNegotiatedProtocolVersion(), "2025-11-25")
    yield* signsIn(client)
    assert.strictEqual((yield* starts).length, 1)
  }),

  "mode `auto`": Effect.gen(function*() {
    const { client, isHomeThere, starts } = yield* connect("auto")
    assert.strictEqual(client.getNegotiatedProtocolVersion(), "2025-11-25")
    yield* Effect.promise(() => client.listTools())
    assert.isFalse(yield* isHomeThere)
    const [probe, own, ...more] = yield* starts
    assert.deepStrictEqual(more, [])
    yield* gone(probe ?? 0)
    assert.isTrue(isAlive(own ?? 0))
    yield* signsIn(client)
  }),

  "pinned to 2026-07-28": Effect.gen(function*() {
    const { isHomeThere, parameters, starts } = yield* noted
    const refused = yield* Effect.flip(
      Effect.tryPromise(() => make({ pin: "2026-07-28" }).connect(new StdioClientTransport(parameters)))
    )
    assert.instanceOf(refused.cause, SdkError)
    assert.strictEqual(refused.cause.code, SdkErrorCode.EraNegotiationFailed)
    yield* Effect.forEach(yield* starts, gone)
    assert.isFalse(yield* isHomeThere)
  })
})
