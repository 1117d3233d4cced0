import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, FileSystem, Option, PlatformError, Redacted, Schema, type Scope, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { execFile } from "node:child_process"
import { createServer } from "node:net"
import process from "node:process"
import { promisify } from "node:util"
import * as KeychainSystem from "../../../src/layers/storage/KeychainSystem.ts"
import { Request, script } from "../../../src/layers/storage/KeychainSystemScript.ts"
import { Keychain } from "../../../src/services/storage/Keychain.ts"
import { skip } from "../../support/privateFiles.ts"
import { printed, temporary } from "../../support/vaultKeys.ts"

/**
 * Runs with a stand-in for the package, so that nobody's own keychain is touched. The stand-in keeps its secrets in a file
 * beside it; `behaviour` is what its constructor does first, and `method` what its methods do first.
 */
const withPackage = <A, E>(
  { behaviour = "", method = "", top = "" }: {
    readonly behaviour?: string
    readonly method?: string
    readonly top?: string
  },
  use: (
    directory: string
  ) => Effect.Effect<A, E, Keychain | FileSystem.FileSystem | ChildProcessSpawner.ChildProcessSpawner | Scope.Scope>
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* temporary
    const file = `${directory}/keyring.cjs`
    yield* fs.writeFileString(
      file,
      `
      const fs = require("node:fs")
      const note = (name, text) => {
        fs.writeFileSync(__dirname + "/" + name + ".part", text)
        fs.renameSync(__dirname + "/" + name + ".part", __dirname + "/" + name)
      }
      const kept = () => fs.existsSync(__dirname + "/kept.json") ? JSON.parse(fs.readFileSync(__dirname + "/kept.json")) : {}
      ${top}
      exports.AsyncEntry = class {
        constructor(service, account, options) {
          this.name = service + ":" + account
          note("seen.json", JSON.stringify({ options, argv: process.argv, execArgv: process.execArgv, env: process.env }))
          ${behaviour}
        }
        async getPassword() { ${method}; return kept()[this.name] ?? null }
        async setPassword(secret) { ${method}; note("kept.json", JSON.stringify({ ...kept(), [this.name]: secret })) }
      }`
    )
    return yield* Effect.provide(use(directory), KeychainSystem.layerWith(() => file))
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const get = Effect.flatMap(Keychain, (keychain) => keychain.get("/home/ada"))
const set = Effect.flatMap(Keychain, (keychain) => keychain.set("/home/ada", Redacted.make("canary")))

/** Both calls fail with these words, and without the secret. */
const bothFail = Effect.fnUntraced(function*(words: RegExp) {
  for (const exit of [yield* Effect.exit(Effect.asVoid(get)), yield* Effect.exit(set)]) {
    const error = yield* Effect.flip(exit)
    assert.strictEqual(error._tag, "KeychainUnavailable")
    assert.match(error.why, words)
    for (const text of printed(exit)) assert.notInclude(text, "canary")
  }
})

/** What the stand-in was started and built with. */
const Seen = Schema.fromJsonString(Schema.Struct({
  options: Schema.Unknown,
  argv: Schema.Array(Schema.String),
  execArgv: Schema.Array(Schema.String),
  env: Schema.Record(Schema.String, Schema.String)
}))

const seenIn = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* Schema.decodeEffect(Seen)(yield* fs.readFileString(`${directory}/seen.json`))
})

const isGone = (pid: number) => {
  try {
    return !process.kill(pid, 0)
  } catch {
    return true
  }
}

const forEver = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"

describe("KeychainSystem", () => {
  it.live("keeps a secret and gives it back, for one account", () =>
    withPackage({}, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* get, Option.none())
        yield* set
        const kept = yield* get
        assert.deepStrictEqual(Option.map(kept, Redacted.value), Option.some("canary"))
        for (const text of printed(Exit.succeed(kept))) assert.notInclude(text, "canary")
        assert.deepStrictEqual(
          yield* Effect.flatMap(Keychain, (keychain) => keychain.get("/home/grace")),
          Option.none()
        )
      })))

  it.live("asks for the Secret Service by name; the secret is no argument and no variable of the process that asks", () =>
    withPackage({}, (directory) =>
      Effect.gen(function*() {
        yield* set
        const seen = yield* seenIn(directory)
        assert.deepStrictEqual(seen.options, { linux: { store: "secret-service" } })
        assert.notInclude(JSON.stringify(seen), "canary")
        assert.strictEqual(seen.env["NODE_OPTIONS"], "")
      })))

  it.live("without the package there is no keychain, and nothing is started", () =>
    bothFail(/not installed/u).pipe(
      Effect.provide(KeychainSystem.layerWith(() => undefined)),
      Effect.provideService(
        ChildProcessSpawner.ChildProcessSpawner,
        ChildProcessSpawner.make(() => Effect.die("started"))
      )
    ))

  const failures: ReadonlyArray<readonly [name: string, parts: Parameters<typeof withPackage>[0], words: RegExp]> = [
    [
      "a package without its binary",
      { top: "throw new Error('Cannot find native binding.\\nmore')" },
      /^Cannot find native binding\.$/u
    ],
    ["a package that has another form", { top: "return" }, /AsyncEntry is not a constructor/u],
    [
      "no message bus",
      { behaviour: "throw new Error('Platform failure: DBus error')" },
      /^Platform failure: DBus error$/u
    ],
    ["a locked keychain", { method: "throw new Error('locked')" }, /^locked$/u],
    ["an error that is none", { method: "throw undefined" }, /^undefined$/u],
    [
      "an error with the secret in it",
      { method: "throw new Error('given ' + arguments[0])" },
      /^given (?:undefined|<secret>)$/u
    ],
    ["a process that dies", { method: "process.abort()" }, /died/u],
    ["a process that ends early", { method: "process.exit(0)" }, /died/u],
    [
      "a process that says something else",
      { method: "require('node:fs').writeSync(1, JSON.stringify({ kept: ['canary'] })); process.exit(0)" },
      /died/u
    ]
  ]
  for (const [name, parts, words] of failures) {
    it.live(`is out of use with ${name}`, () => withPackage(parts, () => bothFail(words)))
  }

  it.live("is out of use where the process cannot be started", () =>
    bothFail(/cannot be started/u).pipe(
      Effect.provide(KeychainSystem.layerWith(() => "/keyring.cjs")),
      Effect.provideService(
        ChildProcessSpawner.ChildProcessSpawner,
        ChildProcessSpawner.make(() =>
          Effect.fail(PlatformError.systemError({ _tag: "NotFound", module: "ChildProcess", method: "spawn" }))
        )
      )
    ))

  const silences: ReadonlyArray<readonly [name: string, parts: (meet: string) => Parameters<typeof withPackage>[0]]> = [
    ["its thread blocked while it connects", (meet) => ({ behaviour: `${meet}; ${forEver}` })],
    [
      "a call that never ends",
      (meet) => ({ method: `${meet}; setInterval(() => {}, 1000); await new Promise(() => {});` })
    ],
    ["its signals ignored", (meet) => ({ behaviour: `process.on("SIGTERM", () => {}); ${meet}; ${forEver}` })]
  ]
  for (const [name, parts] of silences) {
    it.live(`a call can be given up with ${name}, and its process is gone`, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const pipe = `${yield* temporary}/meet`
        yield* Effect.tryPromise(() => promisify(execFile)("mkfifo", [pipe]))
        // Returns when the test reads it.
        const meet = `fs.writeFileSync(${JSON.stringify(pipe)}, String(process.pid))`
        yield* withPackage(parts(meet), () =>
          Effect.gen(function*() {
            const fiber = yield* Effect.forkChild(get)
            const pid = Number(yield* fs.readFileString(pipe))
            assert.isFalse(isGone(pid))
            yield* Fiber.interrupt(fiber)
            assert.isTrue(isGone(pid))
          }))
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
  }

  it.live("finds the message bus of the session where no variable names it", (context) =>
    process.platform === "linux"
      ? withPackage({}, (directory) =>
        Effect.gen(function*() {
          const server = createServer()
          yield* Effect.callback<void>((resume) => void server.listen(`${directory}/bus`, () => resume(Effect.void)))
          yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
          const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
          const request = yield* Schema.encodeEffect(Request)({
            module: `${directory}/keyring.cjs`,
            service: "mcp-gas",
            account: "/home/ada"
          })
          const bus = Effect.fnUntraced(function*(env: Readonly<Record<string, string>>) {
            yield* spawner.string(ChildProcess.make(process.execPath, ["--eval", script], {
              env,
              extendEnv: false,
              stdin: Stream.make(new TextEncoder().encode(request))
            }))
            return (yield* seenIn(directory)).env["DBUS_SESSION_BUS_ADDRESS"]
          })
          assert.strictEqual(yield* bus({ XDG_RUNTIME_DIR: directory }), `unix:path=${directory}/bus`)
          const address = "unix:path=/its/own"
          const named = { DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: directory }
          assert.strictEqual(yield* bus(named), address)
          assert.isUndefined(yield* bus({ XDG_RUNTIME_DIR: `${directory}/elsewhere` }))
        }))
      : skip(context, "only Linux has such a bus"))
})
