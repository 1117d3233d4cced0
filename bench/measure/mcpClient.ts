/**
 * A client of a Model Context Protocol server over stdio that costs next to nothing: JSON lines to and from a child process.
 */
import { Data, Deferred, Effect, type Scope } from "effect"
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { performance } from "node:perf_hooks"
import { createInterface } from "node:readline"

export interface Command {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
}

/** The server ended before it answered. */
class ServerGone extends Data.TaggedError("ServerGone")<{ readonly message: string }> {}

export interface Connected {
  /** Milliseconds from spawning to the answer to `initialize`. */
  readonly initializeMillis: number
  /** The tools it lists, as they came over the wire. */
  readonly tools: Effect.Effect<ReadonlyArray<unknown>, ServerGone>
  /** The most memory it has had so far, in bytes; told by Linux. */
  readonly peakBytes: Effect.Effect<number>
  /** Ends its stdin, and waits for it to be gone: milliseconds. */
  readonly closeMillis: Effect.Effect<number>
}

const at = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined

/** Starts a server and says hello to it; it is killed when the Scope closes, if it is still there. */
export const connect = Effect.fnUntraced(function*(
  { args, command, env }: Command
): Effect.fn.Return<Connected, ServerGone, Scope.Scope> {
  const began = performance.now()
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] })),
    (started) => Effect.sync(() => started.kill("SIGKILL"))
  )
  const gone = yield* Deferred.make<never, ServerGone>()
  const closed = yield* Deferred.make<void>()
  const waiting = new Map<number, Deferred.Deferred<unknown>>()
  let complaints = ""
  let asked = 0
  child.stderr.on("data", (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-2_000)))
  child.once("exit", () => {
    Deferred.doneUnsafe(gone, Effect.fail(new ServerGone({ message: `${args.join(" ")} ended: ${complaints}` })))
    Deferred.doneUnsafe(closed, Effect.void)
  })
  child.stdin.on("error", () => {})
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message: unknown = JSON.parse(line)
    const answered = waiting.get(Number(at(message, "id")))
    if (answered !== undefined) Deferred.doneUnsafe(answered, Effect.succeed(at(message, "result")))
  })
  const send = (message: object) => void child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
  const call = (method: string, params: object) =>
    Effect.gen(function*() {
      const id = ++asked
      const answered = yield* Deferred.make<unknown>()
      waiting.set(id, answered)
      send({ id, method, params })
      return yield* Effect.raceFirst(Deferred.await(answered), Deferred.await(gone))
    })

  yield* call("initialize", {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "mcp-gas-bench", version: "0" }
  })
  const initializeMillis = performance.now() - began
  send({ method: "notifications/initialized" })

  return {
    initializeMillis,
    tools: Effect.map(call("tools/list", {}), (result) => {
      const tools = at(result, "tools")
      return Array.isArray(tools) ? tools : []
    }),
    peakBytes: Effect.sync(() => {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8")
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
    }),
    closeMillis: Effect.suspend(() => {
      const asking = performance.now()
      child.stdin.end()
      return Effect.map(Deferred.await(closed), () => performance.now() - asking)
    })
  }
})
