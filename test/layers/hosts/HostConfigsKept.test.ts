/**
 * What a person has made of a config stays as they have made it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { HostId } from "../../../src/services/hosts/Host.ts"
import { changed } from "../../support/hostFiles.ts"

const entry =
  "\"command\":\"npx\",\"args\":[\"-y\",\"mcp-gas\"],\"env\":{\"MCP_GAS_CLIENT_FILE\":\"/home/ada/client.json\"}"

/** The entry over several lines, as Gemini has it. */
const lines = (indent: string, unit = "  ", lineEnd = "\n") =>
  JSON.stringify({ gas: JSON.parse(`{${entry}}`) }, null, unit).split("\n").slice(1, -1).map((line) =>
    indent + line.slice(unit.length)
  ).join(lineEnd)

interface Case {
  readonly before: string
  readonly after: string
  readonly did?: "Replace"
}

const json: Readonly<Record<string, Case>> = {
  "CRLF, and tabs": {
    before: "{\r\n\t\"mcpServers\": {\r\n\t\t\"a\": {}\r\n\t}\r\n}\r\n",
    after: `{\r\n\t"mcpServers": {\r\n\t\t"a": {},\r\n${lines("\t\t", "\t", "\r\n")}\r\n\t}\r\n}\r\n`
  },
  "a byte order mark": {
    before: "\uFEFF{\n  \"mcpServers\": {\n    \"a\": {}\n  }\n}\n",
    after: `\uFEFF{\n  "mcpServers": {\n    "a": {},\n${lines("    ")}\n  }\n}\n`
  },
  "no line end at the end": {
    before: "{\n  \"mcpServers\": {\n    \"a\": {}\n  }\n}",
    after: `{\n  "mcpServers": {\n    "a": {},\n${lines("    ")}\n  }\n}`
  },
  "a text in one line": {
    before: "{\"mcpServers\":{\"a\":{}},\"b\":1}",
    after: `{"mcpServers":{"a":{},"gas":{${entry}}},"b":1}`
  },
  "a text in one line, without entries": {
    before: "{\"b\":1,\"mcpServers\":{/* none */}}",
    after: `{"b":1,"mcpServers":{/* none */"gas":{${entry}}}}`
  },
  "entries in one line": {
    before: "{\n  \"mcpServers\": { \"a\": {} },\n  \"b\": 1\n}\n",
    after: `{\n  "mcpServers": { "a": {},"gas":{${entry}} },\n  "b": 1\n}\n`
  },
  "comments in an object without anything else": {
    before: "{\n  \"mcpServers\": {\n    // none yet\n  }\n}\n",
    after: `{\n  "mcpServers": {\n    // none yet\n${lines("    ")}\n  }\n}\n`
  },
  "a trailing comma, and the comment behind it": {
    before: "{\n  \"mcpServers\": {\n    \"a\": {} /* x */, // y\n    // z\n  },\n}\n",
    after: `{\n  "mcpServers": {\n    "a": {} /* x */, // y\n${lines("    ")},\n    // z\n  },\n}\n`
  },
  "a comment that says it is a comma": {
    before: "{\n  \"mcpServers\": {\n    \"a\": {} // , , }\n  }\n}\n",
    after: `{\n  "mcpServers": {\n    "a": {}, // , , }\n${lines("    ")}\n  }\n}\n`
  },
  "a comment over several lines": {
    before: "{\n  \"mcpServers\": {\n    \"a\": {} /* x\n  y */\n  }\n}\n",
    after: `{\n  "mcpServers": {\n    "a": {}, /* x\n  y */\n${lines("    ")}\n  }\n}\n`
  },
  "a brace behind the last entry": {
    before: "{ \"mcpServers\": {\n  \"a\": {}}}\n",
    after: `{ "mcpServers": {\n  "a": {},\n${lines("  ")}}}\n`
  },
  "nothing but comments": {
    before: "// my settings\n",
    after: `// my settings\n{\n  "mcpServers": {\n${lines("    ")}\n  }\n}\n`
  },
  "an empty object": {
    before: "{}",
    after: `{\n  "mcpServers": {\n${lines("    ")}\n  }\n}`
  },
  "keys that mean something to JavaScript": {
    before:
      "{\n  \"__proto__\": {\"x\": 1},\n  \"constructor\": 2,\n  \"mcpServers\": {\n    \"__proto__\": {}\n  }\n}\n",
    after: "{\n  \"__proto__\": {\"x\": 1},\n  \"constructor\": 2,\n  \"mcpServers\": {\n    \"__proto__\": {},\n" +
      `${lines("    ")}\n  }\n}\n`
  },
  "the place of an entry that is replaced": {
    did: "Replace",
    before: "{\n  \"mcpServers\": {\n    /* it */ \"gas\": {\"command\": \"old\"} /* was */,\n    \"a\": {}\n  }\n}\n",
    after: `{\n  "mcpServers": {\n    /* it */ ${lines("    ").trimStart()} /* was */,\n    "a": {}\n  }\n}\n`
  },
  "the line of an entry that is replaced": {
    did: "Replace",
    before: "{\"mcpServers\":{\"gas\":{\"command\":\"old\"},\"a\":{}}}",
    after: `{"mcpServers":{"gas":{${entry}},"a":{}}}`
  }
}

const table = [
  "[mcp_servers.gas]",
  "command = \"npx\"",
  "args = [ \"-y\", \"mcp-gas\" ]",
  "startup_timeout_sec = 60",
  "tool_timeout_sec = 330",
  "",
  "[mcp_servers.gas.env]",
  "MCP_GAS_CLIENT_FILE = \"/home/ada/client.json\""
].join("\n")

const toml: Readonly<Record<string, Case>> = {
  "CRLF, and a byte order mark": {
    before: "\uFEFFmodel = \"x\"\r\n",
    after: `\uFEFF${`model = "x"\n\n${table}\n`.replaceAll("\n", "\r\n")}`
  },
  "no line end at the end": { before: "model = \"x\"", after: `model = "x"\n\n${table}\n` },
  "an empty line at the end": { before: "model = \"x\"\n\n", after: `model = "x"\n\n${table}\n` },
  "tables around the one that is replaced, and comments about them": {
    did: "Replace",
    before: `# mine
[a]
x = 1.0 # one

# the server
[mcp_servers.gas]  # old
command = "old"    # it was
args = [
  # [mcp_servers.a]
  "x]",
]

# about b
[mcp_servers.b]
command = "b"

[mcp_servers.gas.env]
OLD = '''
[mcp_servers.c]
'''
# about d
[d]
when = 1979-05-27T07:32:00Z
big = 9007199254740993
`,
    after: `# mine
[a]
x = 1.0 # one

# the server
${table}

# about b
[mcp_servers.b]
command = "b"
# about d
[d]
when = 1979-05-27T07:32:00Z
big = 9007199254740993
`
  },
  "the last table, replaced, with a name in quotes": {
    did: "Replace",
    before: "[ mcp_servers . \"gas\" ]\ncommand = \"\"\"\n[mcp_servers.gas]\"\"\"\n# the end",
    after: `${table}\n# the end`
  },
  "arrays of tables, and a table in one line": {
    before: "[[x]]\ny = { z = [1, [2]] }\n[[x]]\n[mcp_servers.gas2]\ncommand = \"a\"\n",
    after: `[[x]]\ny = { z = [1, [2]] }\n[[x]]\n[mcp_servers.gas2]\ncommand = "a"\n\n${table}\n`
  }
}

const kept = (host: HostId, cases: Readonly<Record<string, Case>>) => {
  it.effect.each(Object.entries(cases))("%s", ([, { after, before, did = "Add" }]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* changed(host, before), { did, again: "Unchanged", text: after })
    }))
}

describe("What is kept of a JSON config", () => kept("gemini", json))
describe("What is kept of a TOML config", () => kept("codex", toml))

describe("An entry that says what it should, written in another way", () => {
  const ways: ReadonlyArray<readonly [HostId, string]> = [
    [
      "gemini",
      `{ "mcpServers": { "gas": { "env": { "MCP_GAS_CLIENT_FILE": "/home/ada/client.json" }, // mine
      "args": ["-y", "mcp-gas",], "command": "\\u006Epx" } } }`
    ],
    [
      "codex",
      `mcp_servers.gas = { command = 'npx', args = ["-y", "mcp-gas"], startup_timeout_sec = 6_0,
      env.MCP_GAS_CLIENT_FILE = "/home/ada/client.json", tool_timeout_sec = 330 }`.replace("\n", "")
    ]
  ]
  it.effect.each(ways)("%s: is left as it is", ([host, text]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* changed(host, text), { did: "Unchanged", again: "Unchanged", text })
    }))
})
