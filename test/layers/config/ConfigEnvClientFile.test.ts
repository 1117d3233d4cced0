import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, FileSystem, Layer, Option, PlatformError, Redacted } from "effect"
import { UserDirectories } from "effect/persistence"
import { execFileSync } from "node:child_process"
import { inspect } from "node:util"
import * as ConfigEnv from "../../../src/layers/config/ConfigEnv.ts"
import { Config, type OAuthClient } from "../../../src/services/config/Config.ts"

const secret = "GOCSPX-hush"

/** The file as Google's console offers it. */
const downloaded = (kind: "installed" | "web", clientId = "id.apps.googleusercontent.com") =>
  JSON.stringify({
    [kind]: {
      client_id: clientId,
      project_id: "project",
      auth_uri: "https://accounts.google.com/o/oauth2/auth",
      token_uri: "https://oauth2.googleapis.com/token",
      auth_provider_x509_cert_url: "https://www.googleapis.com/oauth2/v1/certs",
      client_secret: secret,
      redirect_uris: ["http://localhost"]
    }
  })

const layerFor = (
  env: Record<string, string>,
  fileSystem: Layer.Layer<FileSystem.FileSystem> = NodeFileSystem.layer
) =>
  ConfigEnv.layer.pipe(
    Layer.provide([
      fileSystem,
      NodePath.layer,
      UserDirectories.layerPlatform("linux"),
      ConfigProvider.layer(ConfigProvider.fromEnvRecord(env))
    ])
  )

const plain = ({ clientId, clientSecret }: OAuthClient) => ({
  clientId,
  clientSecret: Option.getOrUndefined(Option.map(clientSecret, Redacted.value))
})

const clientOf = (...args: Parameters<typeof layerFor>) =>
  Effect.flatMap(Config, ({ client }) => client).pipe(Effect.provide(layerFor(...args)))

/** The one problem of a client, which must not repeat what the file holds. */
const problemOf = Effect.fnUntraced(function*(...args: Parameters<typeof layerFor>) {
  const error = yield* Effect.flip(clientOf(...args))
  assert.lengthOf(error.problems, 1)
  assert.notInclude([error.message, error.remedy, inspect(error, { depth: 9 })].join(), secret)
  return error.problems[0]
})

const withDirectory = <A, E, R>(use: (fs: FileSystem.FileSystem, directory: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "mcp-gas-config-" })
    return yield* use(fs, directory)
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

describe("the OAuth client", () => {
  it.effect("by value, with or without a secret, reads no file", () =>
    Effect.gen(function*() {
      const noFiles = FileSystem.layerNoop({ stat: () => Effect.die("a file was looked for") })
      const env = { HOME: "/home/ada", MCP_GAS_CLIENT_ID: " id " }
      assert.deepStrictEqual(plain(yield* clientOf(env, noFiles)), { clientId: "id", clientSecret: undefined })
      const both = yield* clientOf({ ...env, MCP_GAS_CLIENT_SECRET: ` ${secret} ` }, noFiles)
      assert.deepStrictEqual(plain(both), { clientId: "id", clientSecret: secret })
      assert.notInclude(inspect(both, { depth: 9 }) + JSON.stringify(both), secret)
    }))

  it.effect("from the file that MCP_GAS_CLIENT_FILE names, before the one in the data directory", () =>
    withDirectory((fs, home) =>
      Effect.gen(function*() {
        yield* fs.writeFileString(`${home}/client.json`, downloaded("installed", "in-home"))
        yield* fs.writeFileString(`${home}/other.json`, downloaded("installed", "other"))
        const client = yield* clientOf({ MCP_GAS_HOME: home, MCP_GAS_CLIENT_FILE: `${home}/other.json` })
        assert.deepStrictEqual(plain(client), { clientId: "other", clientSecret: secret })
        assert.notInclude(inspect(client, { depth: 9 }) + JSON.stringify(client), secret)
        const tilde = yield* clientOf({ HOME: home, MCP_GAS_CLIENT_FILE: "~/other.json" })
        assert.strictEqual(tilde.clientId, "other")
        const byDefault = yield* clientOf({ MCP_GAS_HOME: home })
        assert.strictEqual(byDefault.clientId, "in-home")
        const byValue = yield* clientOf({ MCP_GAS_HOME: home, MCP_GAS_CLIENT_ID: "by-value" })
        assert.strictEqual(byValue.clientId, "by-value")
      })
    ))

  it.effect("may come without a secret, and after a byte order mark", () =>
    withDirectory((fs, home) =>
      Effect.gen(function*() {
        yield* fs.writeFileString(`${home}/client.json`, `\uFEFF{"installed":{"client_id":"public"}}\n`)
        const client = yield* clientOf({ MCP_GAS_HOME: home })
        assert.deepStrictEqual(plain(client), { clientId: "public", clientSecret: undefined })
      })
    ))

  it.effect("is read whenever it is asked for, so that it can be put in place and mended without a restart", () =>
    withDirectory((fs, home) =>
      Effect.gen(function*() {
        const { client } = yield* Config
        const [missing] = (yield* Effect.flip(client)).problems
        assert.include(missing.problem, "No OAuth client is configured")
        yield* fs.writeFileString(`${home}/client.json`, "{")
        assert.include((yield* Effect.flip(client)).message, "not JSON")
        yield* fs.writeFileString(`${home}/client.json`, downloaded("installed", "one"))
        assert.strictEqual((yield* client).clientId, "one")
        yield* fs.writeFileString(`${home}/client.json`, downloaded("installed", "two"))
        assert.strictEqual((yield* client).clientId, "two")
      }).pipe(Effect.provide(layerFor({ MCP_GAS_HOME: home })))
    ))

  it.effect("that is missing everywhere is explained in full, in the words of its provider", () =>
    withDirectory((_, home) =>
      Effect.gen(function*() {
        const google = yield* problemOf({ MCP_GAS_HOME: home })
        for (
          const part of [
            "\"Desktop app\"",
            "https://console.cloud.google.com/apis/credentials",
            "MCP_GAS_CLIENT_FILE",
            `${home}/client.json`
          ]
        ) assert.include(google.remedy, part)
        const other = yield* problemOf({ MCP_GAS_HOME: home, MCP_GAS_ISSUER: "https://id.example" })
        assert.notInclude(other.remedy, "google")
        assert.include(other.remedy, "https://id.example")
      })
    ))

  const refused: ReadonlyArray<readonly [title: string, content: string, problem: RegExp, remedy: RegExp]> = [
    ["for a web application", downloaded("web"), /Web application/u, /"Desktop app"/u],
    ["that is not JSON", `client_secret=${secret}`, /not JSON/u, /again/u],
    ["that is empty", "", /not JSON/u, /again/u],
    ["of another shape", JSON.stringify({ type: "service_account", private_key: secret }), /"installed"/u, /again/u],
    ["that is JSON but no object", JSON.stringify([secret]), /"installed"/u, /again/u],
    ["without a client ID", JSON.stringify({ installed: { client_secret: secret } }), /"client_id"/u, /again/u],
    ["with an ID that is no text", JSON.stringify({ installed: { client_id: [secret] } }), /"client_id"/u, /again/u],
    ["larger than 64 KiB", downloaded("installed") + " ".repeat(65_536), /larger than 64 KiB/u, /again/u]
  ]
  for (const [title, content, problem, remedy] of refused) {
    it.effect(`a file ${title} is refused, naming its place and repeating nothing of it`, () =>
      withDirectory((fs, home) =>
        Effect.gen(function*() {
          const file = `${home}/client.json`
          yield* fs.writeFileString(file, content)
          const places = [[{ MCP_GAS_HOME: home }, file], [
            { MCP_GAS_CLIENT_FILE: file, MCP_GAS_HOME: home },
            "MCP_GAS_CLIENT_FILE"
          ]] as const
          for (const [env, where] of places) {
            const found = yield* problemOf(env)
            assert.strictEqual(found.where, where)
            assert.include(found.problem, file)
            assert.match(found.problem, problem)
            assert.match(found.remedy, remedy)
          }
        })
      ))
  }

  it.effect("a path that leads to no file, to a directory, through a file or to a pipe is refused as such", () =>
    withDirectory((fs, home) =>
      Effect.gen(function*() {
        const found = (name: string) =>
          Effect.map(
            problemOf({ MCP_GAS_HOME: home, MCP_GAS_CLIENT_FILE: `${home}/${name}` }),
            ({ problem }) => problem
          )
        yield* fs.makeDirectory(`${home}/directory`)
        yield* fs.writeFileString(`${home}/file`, "")
        yield* Effect.sync(() => execFileSync("mkfifo", [`${home}/pipe`]))
        assert.include(yield* found("missing"), "There is no file")
        assert.include(yield* found("directory"), "is a directory")
        assert.include(yield* found("file/client.json"), "could not be read")
        assert.include(yield* found("pipe"), "not a regular file")
      })
    ))

  it.effect("a file that may not be read is refused as such", () =>
    Effect.gen(function*() {
      const forbidden = FileSystem.layerNoop({
        stat: () =>
          Effect.fail(
            PlatformError.systemError({ _tag: "PermissionDenied", module: "FileSystem", method: "stat" })
          )
      })
      const found = yield* problemOf({ MCP_GAS_HOME: "/gas", MCP_GAS_CLIENT_FILE: "/gas/client.json" }, forbidden)
      assert.include(found.problem, "may not be read")
    }))

  it.effect("a bad file is reported together with the other problems of the environment", () =>
    withDirectory((fs, home) =>
      Effect.gen(function*() {
        yield* fs.writeFileString(`${home}/client.json`, downloaded("web"))
        const error = yield* Effect.flip(clientOf({ MCP_GAS_HOME: home, MCP_GAS_CALLBACK_PORT: "0" }))
        assert.deepStrictEqual(error.problems.map(({ where }) => where), [
          "MCP_GAS_CALLBACK_PORT",
          `${home}/client.json`
        ])
      })
    ))
})
