/**
 * mcporter: MCP servers as commands.
 */
import { assert } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Output } from "../../src/programs/tools/authToolSchema.ts"
import { mcporter } from "./clients.ts"
import { authUrl, environment, folder, server } from "./house.ts"
import { flags, printed, run } from "./program.ts"
import { tried } from "./tried.ts"

/** Runs one command against a server that is started for it. */
const port = Effect.fnUntraced(function*(command: string, args: ReadonlyArray<string>) {
  const stdio = [server.command, ...server.args].map((word) => JSON.stringify(word)).join(" ")
  const env = flags("--env", yield* environment)
  return yield* run("mcporter", yield* folder, [command, "--stdio", stdio, ...env, "--name", "gas", ...args])
})

const call = (...args: ReadonlyArray<string>) => port("call", ["gas_auth", ...args, "--output", "json"])

const Listed = Schema.Struct({
  status: Schema.String,
  tools: Schema.Array(Schema.Struct({
    name: Schema.String,
    inputSchema: Schema.Struct({ type: Schema.String, properties: Schema.Record(Schema.String, Schema.Json) })
  }))
})

const Refused = Schema.Struct({
  status: Schema.String,
  error: Schema.Struct({ code: Schema.String, cause: Schema.String, remedy: Schema.String })
})

tried(mcporter, {
  "`list --schema`": Effect.gen(function*() {
    const ran = yield* port("list", ["--schema", "--json"])
    assert.strictEqual(ran.code, 0, ran.stderr)
    const { status, tools } = yield* printed(Listed, ran)
    assert.strictEqual(status, "ok")
    const gasAuth = tools.find(({ name }) => name === "gas_auth")
    assert.strictEqual(gasAuth?.inputSchema.type, "object")
    assert.includeMembers(Object.keys(gasAuth?.inputSchema.properties ?? {}), ["mode", "account", "redirectUrl"])
  }),

  "`call`, mode `status`": Effect.gen(function*() {
    const ran = yield* call("mode=status")
    assert.strictEqual(ran.code, 0, ran.stderr)
    assert.strictEqual((yield* printed(Output, ran)).status, "not_authenticated")
  }),

  "`call`, mode `start` without waiting": Effect.gen(function*() {
    const ran = yield* call("mode=start", "waitForCompletion=false", "openBrowser=false")
    assert.strictEqual(ran.code, 0, ran.stderr)
    const told = yield* printed(Output, ran)
    assert.strictEqual(told.status, "auth_started")
    assert.include(yield* authUrl(told), "redirect_uri=")
  }),

  "`call`, a mode without what it needs": Effect.gen(function*() {
    const ran = yield* call("mode=complete")
    assert.strictEqual(ran.code, 1, ran.stderr)
    const { error, status } = yield* printed(Refused, ran)
    assert.strictEqual(status, "error")
    assert.strictEqual(error.code, "invalid_arguments")
    assert.notStrictEqual(error.remedy, "")
  })
})
