import { assert, describe, it } from "@effect/vitest"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { type ChildProcessByStdio, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import type { Readable, Writable } from "node:stream"
import { fileURLToPath } from "node:url"
import { textOf } from "../../support/mcpInMemory.ts"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const node = [here("../../../node_modules/.bin/node"), process.execPath].find(existsSync) ?? "node"

type Child = ChildProcessByStdio<Writable, Readable, Readable>

/** A server process with a connected client; killed when the Scope closes, if it is still there. */
const started = Effect.gen(function*() {
  const child: Child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(node, [here("../../support/toolServerProcess.ts")], { stdio: ["pipe", "pipe", "pipe"] })),
    (each) => Effect.sync(() => each.kill("SIGKILL"))
  )
  const exited = yield* Deferred.make<{ readonly code: number | null; readonly signal: string | null }>()
  child.once("close", (code, signal) => void Deferred.doneUnsafe(exited, Exit.succeed({ code, signal })))
  child.stdin.on("error", () => {})
  const stdout: Array<string> = []
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk.toString("utf8")))
  const stderr: Array<string> = []
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk.toString("utf8")))

  const client = new Client({ name: "test", version: "0" })
  yield* Effect.promise(() => client.connect(new StdioServerTransport(child.stdout, child.stdin)))
  return {
    child,
    exited: Deferred.await(exited),
    stderr: () => stderr.join(""),
    messages: () => stdout.join("").split("\n").filter((line) => line !== "").map((line) => JSON.parse(line)),
    /** Returns when the process has said so on stderr. */
    logged: (text: string) =>
      Effect.callback<void>((resume) => {
        const look = () => {
          if (!stderr.join("").includes(text)) return
          child.stderr.off("data", look)
          resume(Effect.void)
        }
        child.stderr.on("data", look)
        look()
      }),
    call: (name: string, args: Record<string, unknown> = {}) =>
      Effect.tryPromise((signal) => client.callTool({ name, arguments: args }, undefined, { signal }))
  }
})

type Started = Effect.Success<typeof started>

const ends: ReadonlyArray<{ readonly how: string; readonly end: string; readonly bring: (child: Child) => void }> = [
  { how: "the end of stdin", end: "stdin_end", bring: (child) => child.stdin.end() },
  ...(["SIGTERM", "SIGINT", "SIGHUP"] as const).map((signal) => ({
    how: signal,
    end: "signal",
    bring: (child: Child) => child.kill(signal)
  })),
  {
    how: "the same signal twice",
    end: "signal",
    bring: (child) => [child.kill("SIGINT"), child.kill("SIGINT")]
  },
  {
    how: "the end of stdin and a signal at once",
    end: "",
    bring: (child) => [child.stdin.end(), child.kill("SIGTERM")]
  }
]

/** When a line of the log that matches was written, in milliseconds. */
const loggedAt = (log: string, message: RegExp): number => {
  const line = log.split("\n").find((each) => message.test(each)) ?? ""
  return Date.parse(/timestamp=(\S+)/.exec(line)?.[1] ?? "")
}

/** The process ended by itself, in order and without waiting for nothing, and told nobody but stderr about it. */
const endedInOrder = Effect.fnUntraced(function*({ exited, messages, stderr }: Started, end: string) {
  assert.deepStrictEqual(yield* exited, { code: 0, signal: null }, stderr())
  assert.match(stderr(), new RegExp(`ended by ${end}`))
  assert.isBelow(loggedAt(stderr(), /message=closed/) - loggedAt(stderr(), /ended by/), 900)
  assert.notMatch(stderr(), /Unhandled|Error/)
  for (const message of messages()) assert.strictEqual(message.jsonrpc, "2.0")
})

describe.concurrent("a process that serves tools", { timeout: 60_000 }, () => {
  for (const { bring, end, how } of ends) {
    it.live(`exits with 0 by itself at ${how}, with calls under way answered by the services that close`, () =>
      Effect.gen(function*() {
        const server = yield* started
        const waiting = yield* Effect.forkChild(server.call("wait"))
        yield* server.logged("message=waiting")
        bring(server.child)
        yield* endedInOrder(server, end)
        assert.deepStrictEqual(textOf(yield* Fiber.join(waiting)), { said: "settled by closing" })
        assert.strictEqual(server.messages().length, 2)
      }))
  }

  it.live("exits with 0 by itself when it was never called", () =>
    Effect.gen(function*() {
      const server = yield* started
      server.child.stdin.end()
      yield* endedInOrder(server, "stdin_end")
    }))

  it.live("exits with 0 by itself when it writes to a client that no longer reads", () =>
    Effect.gen(function*() {
      const server = yield* started
      yield* Effect.forkChild(server.call("wait"))
      yield* server.logged("message=waiting")
      server.child.stdout.destroy()
      for (let count = 0; count < 3; count++) {
        server.child.stdin.write(
          `${JSON.stringify({ jsonrpc: "2.0", id: `after-${count}`, method: "tools/call", params: { name: "say" } })}\n`
        )
      }
      yield* endedInOrder(server, "stdout_closed")
    }))

  it.live("gives the whole of a long answer to a slow reader before it exits", () =>
    Effect.gen(function*() {
      const server = yield* started
      server.child.stdout.pause()
      const call = yield* Effect.forkChild(server.call("say", { bytes: 2_000_000 }))
      yield* server.logged("message=saying")
      server.child.stdin.end()
      yield* server.logged("ended by stdin_end")
      server.child.stdout.resume()
      yield* endedInOrder(server, "stdin_end")
      const answer = textOf(yield* Fiber.join(call))
      assert.deepStrictEqual(answer, { said: "x".repeat(2_000_000) })
    }))

  it.live("writes about a defect to stderr and not to stdout", () =>
    Effect.gen(function*() {
      const server = yield* started
      assert.deepInclude(textOf(yield* server.call("break")), { status: "error" })
      server.child.stdin.end()
      assert.deepStrictEqual(yield* server.exited, { code: 0, signal: null })
      assert.match(server.stderr(), /pipe burst/)
      assert.notInclude(JSON.stringify(server.messages()), "pipe burst")
    }))
})
