/**
 * What of the environment gets into an entry: what the server would take, and no secret.
 */
import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, FileSystem, Layer, Option } from "effect"
import { UserDirectories } from "effect/persistence"
import { resolve } from "node:path"
import { cwd } from "node:process"
import * as HostVariablesEnv from "../../../src/layers/hosts/HostVariablesEnv.ts"

const client = JSON.stringify({ installed: { client_id: "id", client_secret: "s3cr3t" } })

/** What is read where a home directory has these files, with these variables; `~` in a variable's text is that directory. */
const read = (
  variables: Readonly<Record<string, string>>,
  { clientFile, files = {} }: { readonly clientFile?: string; readonly files?: Readonly<Record<string, string>> } = {}
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const home = yield* fs.makeTempDirectoryScoped({ prefix: "mcp-gas-hosts-" })
    for (const [name, text] of Object.entries(files)) yield* fs.writeFileString(`${home}/${name}`, text)
    const env = { HOME: home, MCP_GAS_HOME: home, ...variables }
    const result = yield* Effect.result(HostVariablesEnv.read(Option.fromUndefinedOr(clientFile))).pipe(
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(env)))
    )
    return { home, result }
  }).pipe(
    Effect.scoped,
    Effect.provide([Layer.merge(NodeFileSystem.layer, NodePath.layer), UserDirectories.layerPlatform("linux")])
  )

const found = (...args: Parameters<typeof read>) =>
  Effect.map(
    read(...args),
    ({ home, result }) => result._tag === "Success" ? { home, ...result.success } : assert.fail(result.failure.message)
  )

const refused = (...args: Parameters<typeof read>) =>
  Effect.map(
    read(...args),
    ({ home, result }) =>
      result._tag === "Failure" ? { home, message: result.failure.message } : assert.fail("It was taken.")
  )

const plain = {
  MCP_GAS_SCOPES: "openid email",
  MCP_GAS_BROWSER: "firefox",
  MCP_GAS_CALLBACK_PORT: "3000",
  MCP_GAS_SIGN_IN_TIMEOUT: "10 minutes",
  MCP_GAS_LOG_LEVEL: "debug",
  MCP_GAS_ISSUER: "https://issuer.example/",
  MCP_GAS_GOOGLE_API: "https://api.example"
}

describe("The variables from the environment", () => {
  it.effect("are those that are set, as they are but for the space around them", () =>
    Effect.gen(function*() {
      const { home, variables } = yield* found({ ...plain, MCP_GAS_BROWSER: " firefox ", PATH: "/bin", MCP_GAS_X: "x" })
      assert.deepStrictEqual<object>(variables, { ...plain, MCP_GAS_HOME: home })
    }))

  it.effect("have a browser command by its place on this machine, unless it is looked for on the PATH", () =>
    Effect.gen(function*() {
      for (
        const [given, meant] of [["./b", resolve("b")], ["tools/b", resolve("tools/b")], ["/bin/b", "/bin/b"]] as const
      ) {
        assert.strictEqual((yield* found({ MCP_GAS_BROWSER: given })).variables.MCP_GAS_BROWSER, meant)
      }
      assert.strictEqual((yield* found({ MCP_GAS_BROWSER: "firefox" })).variables.MCP_GAS_BROWSER, "firefox")
    }))

  it.effect("are not those that are blank", () =>
    Effect.gen(function*() {
      const { variables } = yield* found({ MCP_GAS_HOME: " ", MCP_GAS_CLIENT_FILE: "", MCP_GAS_LOG_LEVEL: "\t" })
      assert.deepStrictEqual(variables, {})
    }))

  it.effect("have absolute paths", () =>
    Effect.gen(function*() {
      const { home, variables } = yield* found(
        { MCP_GAS_HOME: "~/", MCP_GAS_CLIENT_FILE: "~/mine.json" },
        { files: { "mine.json": client } }
      )
      assert.deepStrictEqual(variables, { MCP_GAS_HOME: home, MCP_GAS_CLIENT_FILE: `${home}/mine.json` })
    }))

  it.effect("have the client's id without its secret", () =>
    Effect.gen(function*() {
      const byValue = { MCP_GAS_CLIENT_ID: "id", MCP_GAS_CLIENT_SECRET: "s3cr3t" }
      const all = yield* found(byValue)
      assert.include(all.variables, { MCP_GAS_CLIENT_ID: "id" })
      assert.notInclude(JSON.stringify(all), "s3cr3t")
      assert.deepInclude(all, { hasClient: true, hasSecret: true })
    }))

  it.effect("are refused with all that is wrong with them, as the server would refuse them, and not repeated", () =>
    Effect.gen(function*() {
      const { message } = yield* refused({
        MCP_GAS_CALLBACK_PORT: "80",
        MCP_GAS_ISSUER: "https://ada:s3cr3t@issuer.example",
        MCP_GAS_CLIENT_FILE: client
      })
      for (const name of ["CALLBACK_PORT", "ISSUER", "CLIENT_FILE"]) assert.include(message, `MCP_GAS_${name}:`)
      assert.notInclude(message, "s3cr3t")
    }))
})

describe("The client", () => {
  it.effect("is there in the data directory, and then no variable names it", () =>
    Effect.gen(function*() {
      const { hasClient, home, variables } = yield* found({}, { files: { "client.json": client } })
      assert.isTrue(hasClient)
      assert.deepStrictEqual(variables, { MCP_GAS_HOME: home })
      assert.isFalse((yield* found({})).hasClient)
    }))

  it.effect("is that of the file that is named, whatever the environment says", () =>
    Effect.gen(function*() {
      const all = yield* Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const file = yield* fs.makeTempFileScoped()
        yield* fs.writeFileString(file, client)
        const elsewhere = { MCP_GAS_CLIENT_ID: "another", MCP_GAS_CLIENT_SECRET: "s3cr3t" }
        const { hasClient, hasSecret, variables } = yield* found(elsewhere, { clientFile: file })
        const { MCP_GAS_CLIENT_FILE, MCP_GAS_CLIENT_ID } = variables
        return { hasClient, hasSecret, isNamed: MCP_GAS_CLIENT_FILE === file, MCP_GAS_CLIENT_ID }
      }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))
      assert.deepStrictEqual(all, { hasClient: true, hasSecret: false, isNamed: true, MCP_GAS_CLIENT_ID: undefined })
    }))

  it.effect("is refused where its file is missing, in the words of who has named it", () =>
    Effect.gen(function*() {
      const file = `${cwd()}/nothere.json`
      assert.strictEqual(
        (yield* refused({}, { clientFile: "nothere.json" })).message,
        `--client-file: There is no file at ${JSON.stringify(file)}.`
      )
      assert.strictEqual(
        (yield* refused({ MCP_GAS_CLIENT_FILE: "nothere.json" })).message,
        `MCP_GAS_CLIENT_FILE: There is no file at ${JSON.stringify(file)}.`
      )
    }))

  const wrong = { "no JSON": "s3cr3t", "no client": "{\"installed\":{}}", "a web client": "{\"web\":{}}" }
  it.effect.each(Object.entries(wrong))(
    "is refused where its file is %s, wherever that is",
    ([, text]) =>
      Effect.gen(function*() {
        const inHome = yield* refused({}, { files: { "client.json": text } })
        assert.include(inHome.message, `${inHome.home}/client.json`)
        const named = yield* refused({ MCP_GAS_CLIENT_FILE: "~/mine.json" }, { files: { "mine.json": text } })
        assert.include(named.message, "MCP_GAS_CLIENT_FILE: ")
        assert.notInclude(inHome.message + named.message, "s3cr3t")
      })
  )
})
