/**
 * `mcp-gas setup` as a person runs it: what it shows, what it writes, and what it refuses.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, type PlatformError } from "effect"
import process from "node:process"
import { hostIds } from "../../src/services/hosts/Host.ts"
import { run } from "../support/command.ts"
import { binary } from "../support/signInProcess.ts"

const client = JSON.stringify({ installed: { client_id: "id", client_secret: "s3cr3t" } })
const next = "Next: say \"sign me in to Apps Script\" in the client, or `mcp-gas login`."
const noClient = "No OAuth client yet: `mcp-gas import client_secret.json`."

/** Runs in a home directory of its own that has a client, with nothing else set. */
const atHome = <A, E, R>(
  use: (at: {
    readonly home: string
    readonly fs: FileSystem.FileSystem
    readonly setup: (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) => ReturnType<typeof run>
    /** The servers in the config of Gemini. */
    readonly servers: Effect.Effect<Readonly<Record<string, unknown>>, PlatformError.PlatformError>
  }) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const home = yield* Effect.flatMap(fs.makeTempDirectoryScoped({ prefix: "mcp-gas-setup-" }), fs.realPath)
    yield* fs.writeFileString(`${home}/client.json`, client)
    yield* fs.makeDirectory(`${home}/.gemini`)
    return yield* use({
      home,
      fs,
      setup: (args, env = {}) => run(["setup", ...args], { HOME: home, MCP_GAS_HOME: home, ...env }),
      servers: Effect.map(fs.readFileString(`${home}/.gemini/settings.json`), (text) => JSON.parse(text).mcpServers)
    })
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

/** A home directory in which Gemini has this entry under the server's name. */
const taken = (fs: FileSystem.FileSystem, home: string, gas: object) =>
  fs.writeFileString(`${home}/.gemini/settings.json`, JSON.stringify({ mcpServers: { gas } }))

const own = { command: process.execPath, args: [binary] }

describe("mcp-gas setup", () => {
  it.live("--help names every host", () =>
    Effect.gen(function*() {
      const { stdout } = yield* run(["setup", "--help"])
      const argument = stdout.split("\n").find((line) => line.includes("The client to set up:")) ?? ""
      for (const host of hostIds) assert.include(argument, host)
    }))

  it.live("shows what belongs there with what is set, but no secret, and writes nothing", () =>
    atHome(({ fs, home, setup }) =>
      Effect.gen(function*() {
        const { code, stderr, stdout } = yield* setup(["gemini"], {
          MCP_GAS_CLIENT_ID: "id",
          MCP_GAS_CLIENT_SECRET: "s3cr3t",
          MCP_GAS_BROWSER: "none"
        })
        assert.deepStrictEqual([code, stderr], [0, ""])
        for (
          const line of [`"MCP_GAS_HOME": "${home}"`, "\"MCP_GAS_CLIENT_ID\": \"id\"", "\"MCP_GAS_BROWSER\": \"none\""]
        ) {
          assert.include(stdout, line)
        }
        assert.include(stdout, "MCP_GAS_CLIENT_SECRET is a secret and was left out")
        assert.notInclude(stdout, "s3cr3t")
        assert.deepStrictEqual(yield* fs.readDirectory(`${home}/.gemini`), [])
      })
    ))

  it.live("--write puts it there, and says what comes next", () =>
    atHome(({ home, servers, setup }) =>
      Effect.gen(function*() {
        const args = ["gemini", "--write", "--client-file", `${home}/client.json`]
        const { code, stdout } = yield* setup(args, { MCP_GAS_LOG_LEVEL: "Debug" })
        assert.strictEqual(code, 0)
        assert.isTrue(stdout.endsWith(`  ${next}\n`), stdout)
        assert.notInclude(stdout, noClient)
        const env = { MCP_GAS_CLIENT_FILE: `${home}/client.json`, MCP_GAS_HOME: home, MCP_GAS_LOG_LEVEL: "Debug" }
        assert.deepStrictEqual(yield* servers, { gas: { ...own, env } })
        // What was there is no longer set here, and stays.
        assert.include((yield* setup(["gemini", "--write"])).stdout, "is set up already")
      })
    ))

  it.live("is done without an OAuth client, and says how to come by one", () =>
    atHome(({ fs, home, servers, setup }) =>
      Effect.gen(function*() {
        yield* fs.remove(`${home}/client.json`)
        const { code, stdout } = yield* setup(["gemini", "--write"])
        assert.strictEqual(code, 0)
        assert.isTrue(stdout.endsWith(`  ${noClient}\n  ${next}\n`), stdout)
        assert.deepStrictEqual(yield* servers, { gas: { ...own, env: { MCP_GAS_HOME: home } } })
      })
    ))

  it.live("refuses a client file that is none, and writes nothing", () =>
    atHome(({ fs, home, setup }) =>
      Effect.gen(function*() {
        yield* fs.writeFileString(`${home}/wrong.json`, "{}")
        const refusals = { "nothere.json": "There is no file at", "wrong.json": "holds no OAuth client" }
        for (const [file, words] of Object.entries(refusals)) {
          const ended = yield* setup(["gemini", "--write", "--client-file", `${home}/${file}`])
          assert.deepInclude(ended, { code: 1, stdout: "" })
          assert.include(ended.stderr, "--client-file: ")
          assert.include(ended.stderr, words)
        }
        assert.deepStrictEqual(yield* fs.readDirectory(`${home}/.gemini`), [])
      })
    ))

  it.live("replaces another entry only with --replace, and says so before", () =>
    atHome(({ fs, home, servers, setup }) =>
      Effect.gen(function*() {
        const another = { command: "another", env: { A: "s3cr3t" } }
        yield* taken(fs, home, another)
        assert.include((yield* setup(["gemini"])).stdout, "would be replaced as a whole")
        const refused = yield* setup(["gemini", "--write"])
        assert.deepInclude(refused, { code: 1, stdout: "" })
        assert.include(refused.stderr, "--replace")
        assert.deepStrictEqual(yield* servers, { gas: another })
        const { code, stdout } = yield* setup(["gemini", "--write", "--replace"])
        assert.strictEqual(code, 0)
        assert.include(stdout, "was replaced")
        assert.notInclude(stdout, "s3cr3t")
        assert.deepStrictEqual(yield* servers, { gas: { ...own, env: { MCP_GAS_HOME: home } } })
      })
    ))

  it.live("updates its own entry, and keeps what else is set in it", () =>
    atHome(({ fs, home, servers, setup }) =>
      Effect.gen(function*() {
        yield* taken(fs, home, { ...own, env: { HTTPS_PROXY: "s3cr3t", MCP_GAS_HOME: "/old" } })
        const shown = yield* setup(["gemini"])
        assert.include(shown.stdout, "is to be updated")
        assert.notInclude(shown.stdout, "s3cr3t")
        const { code, stdout } = yield* setup(["gemini", "--write"])
        assert.strictEqual(code, 0)
        assert.include(stdout, "was updated")
        assert.deepStrictEqual(yield* servers, { gas: { ...own, env: { HTTPS_PROXY: "s3cr3t", MCP_GAS_HOME: home } } })
      })
    ))

  it.live("prints what belongs there where it cannot put it there", () =>
    atHome(({ fs, home, setup }) =>
      Effect.gen(function*() {
        yield* fs.writeFileString(`${home}/.gemini/settings.json`, "{ s3cr3t")
        const malformed = yield* setup(["gemini", "--write"])
        assert.strictEqual(malformed.code, 1)
        assert.include(malformed.stderr, "by hand")
        assert.notInclude(malformed.stderr, "s3cr3t")
        assert.deepStrictEqual(JSON.parse(malformed.stdout), {
          mcpServers: { gas: { ...own, env: { MCP_GAS_HOME: home } } }
        })
        const directory = yield* setup(["gemini", "--write", "--file", `${home}/.gemini`])
        assert.strictEqual(directory.code, 1)
        assert.include(directory.stderr, "Give the path of a file.")
        assert.include(directory.stdout, "\"mcpServers\"")
      })
    ))

  it.live("writes what starts on every machine into the file of a project", () =>
    atHome(({ fs, home, setup }) =>
      Effect.gen(function*() {
        const { code, stdout } = yield* setup(["claude-code", "--write", "--file", `${home}/.mcp.json`])
        assert.strictEqual(code, 0)
        assert.include(stdout, "It names paths of this machine alone.")
        assert.deepStrictEqual(JSON.parse(yield* fs.readFileString(`${home}/.mcp.json`)), {
          mcpServers: { gas: { type: "stdio", command: "npx", args: ["-y", "mcp-gas"], env: { MCP_GAS_HOME: home } } }
        })
      })
    ))
})
