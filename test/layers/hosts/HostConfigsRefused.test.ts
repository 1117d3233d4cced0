/**
 * What cannot be changed safely is left alone, and the person is told what to do by hand.
 */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Option } from "effect"
import { type HostId, hosts } from "../../../src/services/hosts/Host.ts"
import { HostConfigs } from "../../../src/services/hosts/HostConfigs.ts"
import { atHome, refusal, server, usersOwn } from "../../support/hostFiles.ts"

const withoutHome = ConfigProvider.layer(ConfigProvider.fromEnvRecord({}))

const unsafe = "The entry is written there in a way that nothing but a person can change safely."

const entry = JSON.stringify(hosts.gemini.entry(server))

const cases: ReadonlyArray<readonly [string, HostId, string, string]> = [
  ["JSON that ends early", "cursor", "{\n\"a\": 1", "It is no valid JSON: close brace expected in line 2."],
  ["two documents", "cursor", "{}\n{}", "It is no valid JSON: end of file expected in line 2."],
  [
    "a comment where the host reads none",
    "claude-desktop",
    "{} // x",
    "It is no valid JSON: invalid comment token in line 1."
  ],
  [
    "a trailing comma where the host reads none",
    "claude-code",
    "{\"a\": 1,}",
    "It is no valid JSON: property name expected in line 1."
  ],
  ["a list", "cursor", "[]", "What it holds is something else than an object."],
  ["a list of servers", "cursor", "{\"mcpServers\": []}", "\"mcpServers\" is something else than an object."],
  ["null in the servers' place", "vscode", "{\"servers\": null}", "\"servers\" is something else than an object."],
  [
    "a text in the entry's place",
    "zed",
    "{\"context_servers\": {\"gas\": \"x\"}}",
    "\"gas\" in \"context_servers\" is something else than an object."
  ],
  ["the servers twice", "cursor", "{\"mcpServers\": {}, \"mcpServers\": {}}", unsafe],
  ["the entry twice", "cursor", "{\"mcpServers\": {\"gas\": {}, \"gas\": {}}}", unsafe],
  [
    "the entry twice, the one that does not count as it should be",
    "gemini",
    `{"mcpServers": {"gas": ${entry}, "gas": {}}}`,
    unsafe
  ],
  ["TOML that does not parse", "codex", "a = 1\nb = 'secret\n", "It is no valid TOML: see line 2."],
  ["a key twice", "codex", "a = 'secret'\na = 'secret'\n", "It is no valid TOML: see line 2."],
  ["servers that are no table", "codex", "mcp_servers = 1\n", "mcp_servers is something else than a table."],
  ["a list of tables", "codex", "[[mcp_servers]]\n", "mcp_servers is something else than a table."],
  [
    "a date in the entry's place",
    "codex",
    "[mcp_servers]\ngas = 1979-05-27\n",
    "mcp_servers.gas is something else than a table."
  ],
  ["entries as a list of tables", "codex", "[[mcp_servers.gas]]\n", "mcp_servers.gas is something else than a table."],
  ["servers in one line", "codex", "mcp_servers = { a = {} }\n", unsafe],
  ["the entry in one line", "codex", "[mcp_servers]\ngas = { command = \"old\" }\n", unsafe],
  ["the entry by its keys", "codex", "mcp_servers.gas.command = \"old\"\n", unsafe]
]

describe("A config that is refused", () => {
  it.effect.each(cases)("%s", ([, host, before, problem]) =>
    Effect.gen(function*() {
      const { error, home } = yield* refusal(host, before)
      if (error._tag !== "HostConfigMalformed") return assert.fail(error._tag)
      assert.strictEqual(error.problem, problem)
      assert.strictEqual(error.message, `${home}/config cannot be changed: ${problem}`)
      assert.notInclude(JSON.stringify(error), "secret")
    }))

  it.effect("no UTF-8", () =>
    Effect.gen(function*() {
      const { error } = yield* refusal("cursor", Uint8Array.of(0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00))
      assert.include(error.message, "It is no UTF-8 text.")
    }))

  it.effect("the person is told where the entry belongs, and what it is", () =>
    Effect.gen(function*() {
      const { error: json } = yield* refusal("vscode", "{")
      const { error: toml } = yield* refusal("codex", "=")
      assert.strictEqual(
        json.remedy,
        "Mend the file and try again, or put the entry into it by hand, at \"gas\" in \"servers\"."
      )
      assert.include(toml.remedy, "at [mcp_servers.gas].")
      if (json._tag !== "HostConfigMalformed" || toml._tag !== "HostConfigMalformed") return assert.fail()
      assert.include(json.snippet, "\"servers\"")
      assert.include(toml.snippet, "[mcp_servers.gas]")
    }))

  it.effect("a directory, a link that leads nowhere, and what is below a file", () =>
    atHome((home, fs) =>
      Effect.gen(function*() {
        const configs = yield* HostConfigs
        yield* fs.makeDirectory(`${home}/directory`)
        yield* fs.symlink(`${home}/missing`, `${home}/link`)
        yield* fs.writeFileString(`${home}/file`, "{}")
        const told = (file: string) =>
          Effect.map(
            Effect.flip(configs.plan("cursor", server, { file: Option.some(`${home}/${file}`) })),
            ({ code, message }) => [code, message]
          )
        const code = "host_config_unavailable"
        assert.deepStrictEqual(yield* told("directory"), [code, `${home}/directory is no file, but a directory.`])
        assert.deepStrictEqual(yield* told("link"), [code, `${home}/link is a link that leads nowhere.`])
        assert.deepStrictEqual(yield* told("file/config"), [
          code,
          `${home}/file/config cannot be looked at: the file system refuses (ENOTDIR).`
        ])
      })
    ))

  it.effect("a directory: whoever has named it is to name a file, and whoever has not is to move it", () =>
    atHome((home, fs) =>
      Effect.gen(function*() {
        const configs = yield* HostConfigs
        yield* fs.makeDirectory(`${home}/.cursor/mcp.json`, { recursive: true })
        const remedy = (file: Option.Option<string>) =>
          Effect.map(Effect.flip(configs.plan("cursor", server, { file })), (error) => error.remedy)
        assert.strictEqual(yield* remedy(Option.some(`${home}/.cursor`)), "Give the path of a file.")
        assert.strictEqual(yield* remedy(Option.none()), "Move it away, or name another file.")
      })
    ))

  it.effect("a config without a home directory to be in", () =>
    atHome(() =>
      Effect.gen(function*() {
        const configs = yield* HostConfigs
        const error = yield* Effect.flip(configs.plan("cursor", server, usersOwn))
        assert.strictEqual(error.code, "host_config_unavailable")
        assert.include(error.remedy, "HOME")
      }).pipe(Effect.provide(withoutHome))
    ))
})
