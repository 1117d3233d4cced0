import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Data, Effect, FileSystem, Queue } from "effect"
import { execFile } from "node:child_process"
import { createServer, type Socket } from "node:net"
import { pathToFileURL } from "node:url"
import { inspect, promisify } from "node:util"
import * as BrowserCommand from "../../../src/layers/sign-in/BrowserCommand.ts"
import { Browser } from "../../../src/services/sign-in/Browser.ts"

class ProgramGone extends Data.TaggedError("ProgramGone") {}

/** A program that was started as a browser: it says how, and answers for as long as it lives. */
interface Visitor {
  readonly pid: number
  readonly argv: ReadonlyArray<string>
  /** Whether all of its standard streams are /dev/null. */
  readonly silent: boolean
  /** Fails if it is gone. */
  readonly ping: Effect.Effect<void, ProgramGone>
}

/** What the program runs: it calls on a port of the test, echoes what it hears there, and ends when the test hangs up. */
const program = (port: number) =>
  `#!${process.execPath}
  const fs = require("node:fs")
  const nothing = fs.statSync("/dev/null").rdev
  const silent = [0, 1, 2].every((fd) => fs.fstatSync(fd).rdev === nothing)
  const socket = require("node:net").connect(${port}, "127.0.0.1")
  socket.write(JSON.stringify({ pid: process.pid, argv: process.argv.slice(2), silent }) + "\\n")
  socket.on("data", (data) => socket.write(data))
  socket.on("error", () => process.exit(1))
  socket.on("close", () => process.exit(0))
`

const pinging = (socket: Socket) =>
  Effect.callback<void, ProgramGone>((resume) => {
    socket.once("data", () => resume(Effect.void))
    socket.once("close", () => resume(Effect.fail(new ProgramGone())))
    socket.write("ping")
  })

/** Where programs report, until the Scope closes: that ends them. */
const reception = Effect.gen(function*() {
  const visitors = yield* Queue.unbounded<Visitor>()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once("data", (data) => {
      Queue.offerUnsafe(visitors, { ...JSON.parse(String(data)), ping: pinging(socket) })
    })
  })
  const port = yield* Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resume(Effect.void))
      })
  )
  return { port, visitors }
})

/** A browser command whose path would not survive a shell. */
const workingCommand = Effect.gen(function*() {
  const { port, visitors } = yield* reception
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "mcp-gas-browser-" })
  const path = `${directory}/my browser; $(exit) &`
  yield* fs.writeFileString(path, program(port), { mode: 0o755 })
  return { path, visitors }
})

const openWith = (command: string, text: string) =>
  Effect.flatMap(Browser, (browser) => browser.open(text)).pipe(Effect.provide(BrowserCommand.layer(command)))

const url = "https://id.example/authorize?state=hush"

describe("BrowserCommand", () => {
  it.live("the URL is the only argument, whatever a shell would make of it", () =>
    Effect.gen(function*() {
      const { path, visitors } = yield* workingCommand
      const urls = [
        url,
        "https://id.example/?a=1&b=2;c=3",
        "https://id.example/?a=$(touch${IFS}/tmp/x)&b=`id`",
        "https://id.example/?a='b'\"c\"|d>e<f*g?h!i~j\\k#l%22"
      ]
      for (const each of urls) {
        yield* openWith(path, each)
        assert.deepStrictEqual((yield* Queue.take(visitors)).argv, [each])
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("the program outlives the layer, in a process group of its own and with no streams of ours", () =>
    Effect.gen(function*() {
      const { path, visitors } = yield* workingCommand
      yield* openWith(path, url)
      const visitor = yield* Queue.take(visitors)
      yield* visitor.ping
      assert.isTrue(visitor.silent)
      assert.isTrue(process.kill(-visitor.pid, 0))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("the program does not keep this process alive, and outlives it", () =>
    Effect.gen(function*() {
      const { path, visitors } = yield* workingCommand
      const root = pathToFileURL(`${process.cwd()}/`).href
      const main = `
        import { NodeServices } from "@effect/platform-node"
        import { Effect, Layer } from "effect"
        import * as BrowserCommand from "${root}src/layers/sign-in/BrowserCommand.ts"
        import { Browser } from "${root}src/services/sign-in/Browser.ts"
        const layer = BrowserCommand.layer(${JSON.stringify(path)}).pipe(Layer.provide(NodeServices.layer))
        const open = Effect.flatMap(Browser, (browser) => browser.open(${JSON.stringify(url)}))
        await Effect.runPromise(Effect.provide(open, layer))
      `
      yield* Effect.tryPromise(() => promisify(execFile)(process.execPath, ["--input-type=module", "--eval", main]))
      yield* (yield* Queue.take(visitors)).ping
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("a command that cannot be started is BrowserUnavailable, naming it and not the URL", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "mcp-gas-browser-" })
      yield* fs.writeFileString(`${directory}/plain`, "", { mode: 0o644 })
      const cases = [["missing", "not found"], ["plain", "may not be executed"]] as const
      for (const [name, why] of cases) {
        const error = yield* Effect.flip(openWith(`${directory}/${name}`, url))
        assert.strictEqual(error.code, "browser_unavailable")
        assert.include(error.message, `${directory}/${name}`)
        assert.include(error.message, why)
        assert.notInclude(inspect(error, { depth: 9 }), "hush")
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("what is not safe to open starts nothing", () =>
    Effect.gen(function*() {
      const { path, visitors } = yield* workingCommand
      for (const bad of ["http://id.example/", "file:///etc/passwd", "--help"]) {
        const error = yield* Effect.flip(openWith(path, bad))
        assert.include(error.message, "not opened")
      }
      yield* openWith(path, url)
      assert.deepStrictEqual((yield* Queue.take(visitors)).argv, [url])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})
