/**
 * The MCP Inspector's command line: one process a call.
 */
import { assert } from "@effect/vitest"
import { Array, Effect, FileSystem, Schema } from "effect"
import { identity } from "../../src/programs/identity.ts"
import { AuthStatus } from "../../src/programs/resources/authStatus.ts"
import { Output } from "../../src/programs/tools/authToolSchema.ts"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { inspector } from "./clients.ts"
import { environment, folder, output, server } from "./house.ts"
import { flags, printed, run } from "./program.ts"
import { tried } from "./tried.ts"

/** Runs one method against a server that is started for it. */
const inspect = Effect.fnUntraced(function*(
  args: ReadonlyArray<string>,
  command: ReadonlyArray<string> = [server.command, ...server.args]
) {
  const env = flags("-e", yield* environment)
  return yield* run("mcp-inspector", yield* folder, ["--cli", ...command, ...env, "--format", "json", ...args])
})

const call = ["--method", "tools/call", "--tool-name", "gas_auth"]

const reply = <S extends Schema.Codec<unknown, unknown>>(result: S) => Schema.Struct({ result })

const Initialized = reply(Schema.Struct({
  protocolVersion: Schema.String,
  serverInfo: Schema.Struct({ name: Schema.String, title: Schema.String, version: Schema.String }),
  instructions: Schema.String
}))

const Listed = reply(Schema.Struct({ tools: Schema.Array(Schema.Struct({ name: Schema.String })) }))

const Text = Schema.Tuple([Schema.Struct({ type: Schema.Literal("text"), text: Schema.fromJsonString(Schema.Json) })])

const Answered = Schema.Struct({ content: Text, structuredContent: Schema.Json })

const Refused = reply(Schema.Struct({
  isError: Schema.Literal(true),
  content: Schema.Tuple([Schema.Struct({
    text: Schema.fromJsonString(Schema.Struct({
      error: Schema.Struct({ code: Schema.String, cause: Schema.String, remedy: Schema.String })
    }))
  })])
}))

const Load = reply(Schema.Struct({
  concurrency: Schema.Int,
  requests: Schema.Int,
  ok: Schema.Int,
  toolErrors: Schema.Int,
  errors: Schema.Int
}))

const Resources = reply(Schema.Struct({ resources: Schema.Array(Schema.Struct({ uri: Schema.String })) }))

const Read = reply(Schema.Struct({
  contents: Schema.Tuple([Schema.Struct({
    mimeType: Schema.Literal("application/json"),
    text: Schema.fromJsonString(AuthStatus)
  })])
}))

/** A line that the server wrote in answer to a call. */
const Line = Schema.fromJsonString(Schema.Struct({
  result: Schema.Struct({ structuredContent: Output })
}))

tried(inspector, {
  "`initialize`": Effect.gen(function*() {
    const ran = yield* inspect(["--method", "initialize"])
    const { result } = yield* printed(Initialized, ran)
    const { instructions, ...serverInfo } = identity
    assert.deepStrictEqual(result, { protocolVersion: "2025-11-25", serverInfo, instructions })
    assert.strictEqual(ran.code, 0)
  }),

  "`tools/list --strict`": Effect.gen(function*() {
    const ran = yield* inspect(["--method", "tools/list", "--strict"])
    assert.strictEqual(ran.code, 0, ran.stderr)
    // What it only warns of, it says here.
    assert.strictEqual(ran.stderr, "")
    const { result } = yield* printed(Listed, ran)
    assert.include(result.tools.map(({ name }) => name), "gas_auth")
  }),

  "`tools/call`, mode `status`": Effect.gen(function*() {
    const ran = yield* inspect([...call, "--tool-arg", "mode=status"])
    assert.strictEqual(ran.code, 0, ran.stderr)
    const { content: [block], structuredContent } = (yield* printed(reply(Answered), ran)).result
    assert.deepStrictEqual(block.text, structuredContent)
    assert.strictEqual((yield* output(structuredContent)).status, "not_authenticated")
  }),

  "`tools/call`, a mode without what it needs": Effect.gen(function*() {
    const ran = yield* inspect([...call, "--tool-arg", "mode=complete"])
    assert.strictEqual(ran.code, 5, ran.stderr)
    const { content: [{ text: { error } }] } = (yield* printed(Refused, ran)).result
    assert.strictEqual(error.code, "invalid_arguments")
    assert.notStrictEqual(error.remedy, "")
  }),

  "`resources/list`": Effect.gen(function*() {
    const ran = yield* inspect(["--method", "resources/list"])
    assert.strictEqual(ran.code, 0, ran.stderr)
    assert.strictEqual(ran.stderr, "")
    const { result } = yield* printed(Resources, ran)
    assert.deepStrictEqual(result.resources.map(({ uri }) => uri), ["gas://auth/status"])
  }),

  "`resources/read`": Effect.gen(function*() {
    const ran = yield* inspect(["--method", "resources/read", "--uri", "gas://auth/status"])
    assert.strictEqual(ran.code, 0, ran.stderr)
    const { contents: [{ text }] } = (yield* printed(Read, ran)).result
    assert.deepStrictEqual(text.accounts.map(({ key, state }) => `${key} ${state}`), ["default never"])
  }),

  "`tools/call --load`, 30 calls, 10 at a time": Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const google = yield* LocalGoogle
    // The summary has no results: what the server wrote is read on its way.
    const wire = `${yield* folder}/wire`
    const ran = yield* inspect(
      [
        ...call,
        "--tool-args-json",
        JSON.stringify({ waitForCompletion: false, openBrowser: false }),
        "--load",
        "--load-concurrency",
        "10",
        "--load-requests",
        "30"
      ],
      ["sh", "-c", `"$0" "$1" | tee "$2"`, server.command, ...server.args, wire]
    )
    assert.strictEqual(ran.code, 0, ran.stderr)
    const { result } = yield* printed(Load, ran)
    assert.deepStrictEqual(result, { concurrency: 10, requests: 30, ok: 30, toolErrors: 0, errors: 0 })

    const lines = (yield* fs.readFileString(wire)).split("\n").filter((line) => line.includes("structuredContent"))
    const answers = yield* Effect.forEach(lines, (line) => Schema.decodeUnknownEffect(Line)(line))
    const told = answers.map((each) => each.result.structuredContent)
    assert.strictEqual(told.length, 30)
    assert.strictEqual(told.filter(({ status }) => status === "auth_started").length, 1)
    assert.strictEqual(told.filter(({ status }) => status === "auth_pending").length, 29)
    assert.strictEqual(Array.dedupe(told.map(({ authUrl, flowId }) => `${flowId} ${authUrl}`)).length, 1)
    // Nobody has opened the address.
    assert.strictEqual((yield* google.counts).authorizations, 0)
  })
})
