import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, FileSystem, Layer, Option } from "effect"
import { UserDirectories } from "effect/persistence"
import { inspect } from "node:util"
import * as ConfigEnv from "../../../src/layers/config/ConfigEnv.ts"
import { type ClientMisconfigured, Config, defaultScopes } from "../../../src/services/config/Config.ts"

/** Nothing may be asked of the file system: every use of it is a defect. */
const untouchable = Layer.sync(FileSystem.FileSystem, () =>
  new Proxy(FileSystem.makeNoop({}), {
    get: (_, operation) => () => Effect.die(new Error(`FileSystem.${String(operation)} was used`))
  }))

const layerFor = (env: Record<string, string>, fileSystem: Layer.Layer<FileSystem.FileSystem>) =>
  ConfigEnv.layer.pipe(
    Layer.provide([
      fileSystem,
      NodePath.layer,
      UserDirectories.layerPlatform("linux"),
      ConfigProvider.layer(ConfigProvider.fromEnvRecord({ HOME: "/home/ada", ...env }))
    ])
  )

/** The settings, from an environment that is in order. */
const settingsOf = (env: Record<string, string>) =>
  Effect.map(Config, ({ settings }) => settings).pipe(Effect.provide(layerFor(env, untouchable)))

/** What is wrong with an environment. */
const problemsOf = (
  env: Record<string, string>,
  fileSystem: Layer.Layer<FileSystem.FileSystem> = NodeFileSystem.layer
): Effect.Effect<ClientMisconfigured> =>
  Effect.orDie(Effect.flip(Layer.build(layerFor(env, fileSystem)))).pipe(Effect.scoped)

/** What is wrong with an environment that has a client. */
const misconfigured = (env: Record<string, string>) => problemsOf({ MCP_GAS_CLIENT_ID: "id", ...env }, untouchable)

const whereOf = (error: ClientMisconfigured) => error.problems.map(({ where }) => where)

describe("ConfigEnv", () => {
  it.effect("an empty environment has the documented defaults, and building it touches no file", () =>
    Effect.gen(function*() {
      const settings = yield* settingsOf({})
      assert.deepStrictEqual(settings, {
        home: "/home/ada/.local/share/mcp-gas",
        provider: { _tag: "Google" },
        scopes: defaultScopes,
        browser: { _tag: "System" },
        callbackPort: Option.none(),
        signInTimeout: Duration.minutes(5),
        logLevel: "Info",
        googleApi: Option.none()
      })
      assert.deepStrictEqual(defaultScopes, [
        "openid",
        "email",
        "profile",
        "https://www.googleapis.com/auth/script.projects",
        "https://www.googleapis.com/auth/script.deployments",
        "https://www.googleapis.com/auth/drive.metadata.readonly"
      ])
    }))

  it.effect("every variable is decoded, white space around it dropped", () =>
    Effect.gen(function*() {
      const settings = yield* settingsOf({
        MCP_GAS_HOME: " /data/gas/ ",
        MCP_GAS_ISSUER: "https://id.example/tenant/",
        MCP_GAS_SCOPES: "openid  a.b\topenid\nhttps://x.example/y",
        MCP_GAS_BROWSER: "/opt/My Browser/run",
        MCP_GAS_CALLBACK_PORT: " 8123 ",
        MCP_GAS_SIGN_IN_TIMEOUT: "90 seconds",
        MCP_GAS_LOG_LEVEL: "dEBUG",
        MCP_GAS_GOOGLE_API: "http://127.0.0.1:4000/"
      })
      assert.deepStrictEqual(settings, {
        home: "/data/gas",
        provider: { _tag: "Issuer", issuer: "https://id.example/tenant/" },
        scopes: ["openid", "a.b", "https://x.example/y"],
        browser: { _tag: "Command", command: "/opt/My Browser/run" },
        callbackPort: Option.some(8123),
        signInTimeout: Duration.seconds(90),
        logLevel: "Debug",
        googleApi: Option.some("http://127.0.0.1:4000")
      })
    }))

  it.effect("an empty or blank value, and a place-holder that nobody has filled in, counts as unset", () =>
    Effect.gen(function*() {
      const names = ["CLIENT_FILE", "CLIENT_ID", "CLIENT_SECRET", "HOME", "SCOPES", "BROWSER", "CALLBACK_PORT"]
        .concat(["SIGN_IN_TIMEOUT", "LOG_LEVEL", "ISSUER", "GOOGLE_API"]).map((name) => `MCP_GAS_${name}`)
      const defaults = yield* settingsOf({})
      for (const blank of ["", " \t\n", "${user_config.client_file}"]) {
        const settings = yield* settingsOf(Object.fromEntries(names.map((name) => [name, blank])))
        assert.deepStrictEqual(settings, defaults)
      }
    }))

  it.effect("a home below ~ is the user's, and XDG_DATA_HOME moves the default", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* settingsOf({ MCP_GAS_HOME: "~/gas" })).home, "/home/ada/gas")
      assert.strictEqual((yield* settingsOf({ MCP_GAS_HOME: "~" })).home, "/home/ada")
      assert.strictEqual((yield* settingsOf({ XDG_DATA_HOME: "/xdg" })).home, "/xdg/mcp-gas")
    }))

  it.effect("a home that cannot be determined is a problem of MCP_GAS_HOME alone", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(whereOf(yield* misconfigured({ HOME: "" })), ["MCP_GAS_HOME"])
      assert.deepStrictEqual(whereOf(yield* misconfigured({ HOME: "", MCP_GAS_HOME: "~/gas" })), ["MCP_GAS_HOME"])
      assert.strictEqual((yield* settingsOf({ HOME: "", MCP_GAS_HOME: "/gas" })).home, "/gas")
    }))

  it.effect("the issuer is kept as given but for the lone slash of an origin", () =>
    Effect.gen(function*() {
      const issuers = [
        ["https://id.example", "https://id.example"],
        ["https://id.example/", "https://id.example"],
        ["https://id.example/a/", "https://id.example/a/"],
        ["https://ID.example:443/A", "https://ID.example:443/A"],
        ["http://localhost:9000", "http://localhost:9000"],
        ["http://[::1]:9000/", "http://[::1]:9000"]
      ] as const
      for (const [given, issuer] of issuers) {
        assert.deepStrictEqual((yield* settingsOf({ MCP_GAS_ISSUER: given })).provider, { _tag: "Issuer", issuer })
      }
    }))

  it.effect("the browser is none in any case, and otherwise a command", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* settingsOf({ MCP_GAS_BROWSER: "None" })).browser, { _tag: "None" })
      assert.deepStrictEqual((yield* settingsOf({ MCP_GAS_BROWSER: "nonesuch" })).browser, {
        _tag: "Command",
        command: "nonesuch"
      })
    }))

  const unusable: ReadonlyArray<readonly [name: string, values: ReadonlyArray<string>]> = [
    ["MCP_GAS_HOME", ["gas", "./gas", "~ada/gas"]],
    ["MCP_GAS_CALLBACK_PORT", ["0", "80", "1023", "6000", "65536", "-1", "8080.5", "8e3", "0x50", "http", "99999999"]],
    ["MCP_GAS_SIGN_IN_TIMEOUT", ["0 seconds", "-1 minutes", "61 minutes", "Infinity", "300", "5 fortnights"]],
    ["MCP_GAS_LOG_LEVEL", ["Verbose", "warning"]],
    ["MCP_GAS_SCOPES", ["\"openid email\"", "caf\u00e9", "a\\b"]],
    ["MCP_GAS_ISSUER", [
      "id.example",
      "http://id.example",
      "http://127.0.0.1.id.example",
      "ftp://id.example",
      "https://id.example?a=b",
      "https://id.example?",
      "https://id.example/#",
      "https://ada@id.example",
      "https://"
    ]],
    ["MCP_GAS_GOOGLE_API", ["http://10.0.0.1", "https://api.example/v1", "https://api.example?x"]]
  ]
  for (const [name, values] of unusable) {
    it.effect(`an unusable ${name} is refused with what is allowed`, () =>
      Effect.gen(function*() {
        for (const value of values) {
          const error = yield* misconfigured({ [name]: value })
          assert.deepStrictEqual(whereOf(error), [name], value)
          const [{ problem, remedy }] = error.problems
          assert.match(problem, /^It .*(?:but|not|refuse) .*\.$/u)
          assert.include(remedy, name)
          if (!/[@?#"\\]/u.test(value)) assert.include(problem, value)
        }
      }))
  }

  it.effect("the bounds themselves are allowed", () =>
    Effect.gen(function*() {
      for (const port of [1024, 65_535]) {
        const { callbackPort } = yield* settingsOf({ MCP_GAS_CALLBACK_PORT: String(port) })
        assert.deepStrictEqual(callbackPort, Option.some(port))
      }
      const { signInTimeout } = yield* settingsOf({ MCP_GAS_SIGN_IN_TIMEOUT: "1 hour" })
      assert.deepStrictEqual(signInTimeout, Duration.hours(1))
    }))

  const everythingWrong = {
    MCP_GAS_CALLBACK_PORT: "0",
    MCP_GAS_SIGN_IN_TIMEOUT: "soon",
    MCP_GAS_LOG_LEVEL: "loud",
    MCP_GAS_SCOPES: "\"",
    MCP_GAS_ISSUER: "id.example",
    MCP_GAS_GOOGLE_API: "api.example"
  }

  it.effect("all problems are reported at once, a missing client among them", () =>
    Effect.gen(function*() {
      const error = yield* problemsOf({ ...everythingWrong, MCP_GAS_HOME: "/nowhere/at/all" })
      assert.deepStrictEqual(
        whereOf(error).toSorted(),
        ["MCP_GAS_CLIENT_FILE", ...Object.keys(everythingWrong)].toSorted()
      )
      for (const { problem, remedy, where } of error.problems) {
        assert.include(error.message, `${where}: ${problem}`)
        assert.include(error.remedy, remedy)
      }
    }))

  it.effect("a missing client is reported along with a home that is unusable", () =>
    Effect.gen(function*() {
      const error = yield* problemsOf({ MCP_GAS_HOME: "relative" })
      assert.deepStrictEqual(whereOf(error), ["MCP_GAS_HOME", "MCP_GAS_CLIENT_FILE"])
    }))

  it.effect("a client given twice, or in part, is reported along with the rest", () =>
    Effect.gen(function*() {
      const file = { MCP_GAS_CLIENT_FILE: "/client.json" }
      const secret = { MCP_GAS_CLIENT_SECRET: "hush" }
      const cases = [
        [{ ...file, MCP_GAS_CLIENT_ID: "id" }, "MCP_GAS_CLIENT_FILE"],
        [{ ...file, ...secret }, "MCP_GAS_CLIENT_FILE"],
        [{ ...file, ...secret, MCP_GAS_CLIENT_ID: "id" }, "MCP_GAS_CLIENT_FILE"],
        [secret, "MCP_GAS_CLIENT_SECRET"]
      ] as const
      for (const [env, where] of cases) {
        assert.deepStrictEqual(whereOf(yield* problemsOf(env, untouchable)), [where])
        const together = yield* problemsOf({ ...env, ...everythingWrong }, untouchable)
        assert.deepStrictEqual(whereOf(together).toSorted(), [where, ...Object.keys(everythingWrong)].toSorted())
      }
    }))

  it.effect("no text repeats a secret, wherever it was put", () =>
    Effect.gen(function*() {
      const secret = "GOCSPX-hush"
      const misplaced: ReadonlyArray<Record<string, string>> = [
        { MCP_GAS_CLIENT_SECRET: secret },
        { MCP_GAS_CLIENT_SECRET: secret, MCP_GAS_CLIENT_FILE: "/client.json" },
        { MCP_GAS_CLIENT_FILE: `{"installed":{"client_secret":"${secret}"}}` },
        { MCP_GAS_ISSUER: `https://ada:${secret}@id.example` },
        { MCP_GAS_ISSUER: `id.example?client_secret=${secret}` },
        { MCP_GAS_GOOGLE_API: `https://api.example/?client_secret=${secret}` }
      ]
      for (const env of misplaced) {
        const error = yield* problemsOf(env)
        for (const text of [error.message, error.remedy, String(error), JSON.stringify(error), inspect(error)]) {
          assert.notInclude(text, secret)
        }
      }
    }))
})
