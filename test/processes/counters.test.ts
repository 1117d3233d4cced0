/**
 * What two windows have counted, told by the command: to a program, and to Prometheus.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { readdirSync } from "node:fs"
import { Person } from "../../src/services/local-google/Person.ts"
import { run } from "../support/command.ts"
import { auth, googleEnv, layer, makeHome, start, text } from "../support/signInProcess.ts"

const Told = Schema.fromJsonString(Schema.Struct({
  status: Schema.String,
  counters: Schema.StructWithRest(
    Schema.Struct({
      since: Schema.NullOr(Schema.String),
      races_prevented: Schema.Record(Schema.String, Schema.Int)
    }),
    [Schema.Record(Schema.String, Schema.Json)]
  )
}))

describe("mcp-gas status", () => {
  it.live("--json has the counters of this machine, and --prometheus has them and nothing else", () =>
    Effect.gen(function*() {
      const home = yield* makeHome
      const env = { ...(yield* googleEnv), MCP_GAS_HOME: home, MCP_GAS_BROWSER: "none" }
      const status = Effect.flatMap(
        run(["status", "--json"], env),
        ({ code, stdout }) => Effect.map(Schema.decodeUnknownEffect(Told)(stdout), (told) => ({ code, ...told }))
      )
      const files = readdirSync(home)
      const before = yield* status
      assert.deepInclude(before, { code: 3, status: "not_authenticated" })
      assert.isNull(before.counters.since)
      assert.strictEqual(before.counters["auth_flows_started"], 0)
      assert.deepInclude(yield* run(["status", "--prometheus"], env), { code: 0, stderr: "" })
      assert.deepStrictEqual(readdirSync(home), files, "asking makes nothing")

      const [one, other] = yield* Effect.all([start(env), start(env)])
      const began = yield* auth(one, { waitForCompletion: false })
      yield* auth(other, { waitForCompletion: false })
      yield* Person.use((person) =>
        Effect.flatMap(person.consent(text(began, "authUrl"), { _tag: "Allow" }), person.visit)
      )
      for (const server of [one, other]) {
        assert.strictEqual(text(yield* auth(server, { waitSeconds: 20 }), "status"), "already_authenticated")
      }
      for (const server of [one, other]) yield* Effect.andThen(server.endInput, server.ended)

      const { code, counters } = yield* status
      assert.strictEqual(code, 0)
      assert.isString(counters.since)
      assert.deepInclude(counters, { auth_flows_started: 1, auth_flows_succeeded: 1, auth_callbacks_accepted: 1 })
      assert.deepInclude(counters.races_prevented, { followed: 1, lease_taken_over: 0 })

      const prometheus = yield* run(["status", "--prometheus"], env)
      assert.deepInclude(prometheus, { code: 0, stderr: "" })
      const lines = prometheus.stdout.trimEnd().split("\n")
      for (const line of lines) {
        assert.match(line, /^(?:# (?:HELP|TYPE) )?[a-z_]+(?:\{kind="[a-z_]+"\})? (?:counter|\d+|\S.*)$/u)
      }
      assert.include(lines, "auth_flows_started_total 1")
      assert.include(lines, "races_prevented_total{kind=\"followed\"} 1")
    }).pipe(Effect.scoped, Effect.provide(layer)))
})
