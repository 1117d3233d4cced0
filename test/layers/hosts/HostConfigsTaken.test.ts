/**
 * An entry of the name that is there already: this server's is brought up to date, any other is kept until somebody says
 * that it may go.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { inspect } from "node:util"
import { type HostId, hosts } from "../../../src/services/hosts/Host.ts"
import { HostConfigs } from "../../../src/services/hosts/HostConfigs.ts"
import { afterOf, atHome, server } from "../../support/hostFiles.ts"

const client = "\"MCP_GAS_CLIENT_FILE\": \"/home/ada/client.json\""
const npx = "\"command\": \"npx\", \"args\": [\"-y\", \"mcp-gas\"]"

const gemini = (entry: string) => `{"mcpServers": {"gas": {${entry}}, "a": {}}}`

const codex = (rest: string, command = "npx") =>
  `[mcp_servers.gas]\ncommand = "${command}"\nargs = ["-y", "mcp-gas"]\nstartup_timeout_sec = 60\n` +
  `tool_timeout_sec = 330\n${rest}\n[mcp_servers.a]\ncommand = "a"\n`

/** Runs with a plan for a config with this text. */
const planned = (host: HostId, text: string) =>
  atHome((home, fs) =>
    Effect.gen(function*() {
      const configs = yield* HostConfigs
      const file = `${home}/config`
      yield* fs.writeFileString(file, text)
      const plan = yield* configs.plan(host, server, { file: Option.some(file) })
      const written = yield* Effect.result(configs.write(plan))
      return { plan, file, did: plan.change._tag, written, text: yield* fs.readFileString(file) }
    })
  )

const ours: ReadonlyArray<readonly [string, HostId, string, object]> = [
  ["without variables", "gemini", gemini(npx), {}],
  ["with less in it", "gemini", gemini("\"command\": \"npx\""), {}],
  ["with another value", "gemini", gemini(`${npx}, "env": {"MCP_GAS_CLIENT_FILE": "/old", "A": "a"}`), { A: "a" }],
  ["with others", "gemini", gemini(`"env": {"MCP_GAS_HOME": "/home", "__proto__": "x"}, ${npx}`), {
    MCP_GAS_HOME: "/home",
    ["__proto__"]: "x"
  }],
  ["with another client", "gemini", gemini(`${npx}, "env": {"MCP_GAS_CLIENT_SECRET": "s", "A": "a"}`), { A: "a" }],
  ["TOML, in a table of their own", "codex", codex("\n[mcp_servers.gas.env]\nA = 'a'\n"), { A: "a" }],
  ["TOML, in one line", "codex", codex("env = { A = 'a', MCP_GAS_CLIENT_FILE = '/old' }\n"), { A: "a" }],
  ["by another name of them", "opencode", "{\"mcp\": {\"gas\": {\"environment\": {\"A\": \"a\"}}}}", { A: "a" }]
]

const others: ReadonlyArray<readonly [string, HostId, string]> = [
  ["another command", "gemini", gemini("\"command\": \"gas\", \"args\": [\"-y\", \"mcp-gas\"]")],
  ["other arguments", "gemini", gemini("\"command\": \"npx\", \"args\": [\"-y\", \"gas\"]")],
  ["more in it", "gemini", gemini(`${npx}, "trust": true, "env": {${client}}`)],
  ["variables that are no texts", "gemini", gemini(`${npx}, "env": {"A": 1}`)],
  ["variables that are a list", "gemini", gemini(`${npx}, "env": []`)],
  ["TOML, another command", "codex", codex("", "gas")],
  ["TOML, more in it", "codex", codex("enabled = false\n")],
  ["TOML, a date for the variables", "codex", codex("env = 1979-05-27\n")],
  ["what another host calls its variables", "opencode", "{\"mcp\": {\"gas\": {\"env\": {\"A\": \"a\"}}}}"]
]

describe("An entry of this server", () => {
  it.effect.each(ours)(
    "%s: is updated, and keeps its other variables",
    ([, host, before, kept]) =>
      Effect.gen(function*() {
        const { did, plan, text, written } = yield* planned(host, before)
        assert.strictEqual(did, "Update")
        assert.strictEqual(written._tag, "Success")
        assert.strictEqual(text, afterOf(plan))
        const variables = { ...kept, MCP_GAS_CLIENT_FILE: "/home/ada/client.json" }
        // The same as if there had been an entry with just these variables.
        const { did: again } = yield* atHome((home, fs) =>
          Effect.gen(function*() {
            const configs = yield* HostConfigs
            yield* fs.writeFileString(`${home}/config`, text)
            const next = yield* configs.plan(host, server, { file: Option.some(`${home}/config`) })
            return { did: next.change._tag }
          })
        )
        assert.strictEqual(again, "Unchanged")
        for (const [name, value] of Object.entries(variables)) {
          assert.match(text, new RegExp(`${name}"?\\s?[:=]\\s?"${value}"`))
        }
        assert.notMatch(text, /SECRET|\/old/u)
      })
  )

  it.effect("with other variables that are as wanted: is left alone", () =>
    Effect.gen(function*() {
      const before = gemini(`${npx}, "env": {"A": "a", ${client}}`)
      assert.deepInclude(yield* planned("gemini", before), { did: "Unchanged", text: before })
    }))

  it.effect("with secrets among its variables: shows none of them", () =>
    Effect.gen(function*() {
      const { did, plan } = yield* planned("gemini", gemini(`${npx}, "env": {"A": "s3cr3t"}`))
      assert.strictEqual(did, "Update")
      assert.include(afterOf(plan), "s3cr3t")
      assert.notInclude(inspect(plan, { depth: null }) + JSON.stringify(plan), "s3cr3t")
    }))
})

describe("Another entry", () => {
  it.effect.each(others)("%s: is left alone, unless it may go", ([, host, before]) =>
    Effect.gen(function*() {
      const { did, file, text, written } = yield* planned(host, before)
      assert.strictEqual(did, "Replace")
      assert.strictEqual(text, before)
      if (written._tag !== "Failure" || written.failure._tag !== "HostEntryTaken") return assert.fail(written._tag)
      assert.strictEqual(written.failure.code, "host_entry_taken")
      assert.include(written.failure.message, file)
      assert.include(written.failure.message, hosts[host].container)
      assert.include(written.failure.remedy, "--replace")
    }))

  it.effect("that may go: goes as a whole", () =>
    atHome((home, fs) =>
      Effect.gen(function*() {
        const configs = yield* HostConfigs
        const file = Option.some(`${home}/config`)
        yield* fs.writeFileString(`${home}/config`, gemini("\"command\": \"gas\", \"env\": {\"A\": \"a\"}"))
        yield* configs.write(yield* configs.plan("gemini", server, { file }), { replace: true })
        assert.deepStrictEqual(JSON.parse(yield* fs.readFileString(`${home}/config`)), {
          mcpServers: { gas: hosts.gemini.entry(server), a: {} }
        })
      })
    ))
})
