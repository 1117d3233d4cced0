/**
 * `ServerProcess` over stdio with the Model Context Protocol SDK's own client.
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
import { Clock, Deferred, Effect, Layer, Predicate, Schema, type Scope } from "effect"
import { spawn } from "node:child_process"
import {
  CallFailed,
  type CallResult,
  type ProcessEnd,
  ServerProcess,
  type Started
} from "../../services/tools/ServerProcess.ts"

const JsonObject = Schema.Record(Schema.String, Schema.Unknown)
const parse = Schema.decodeUnknownEffect(Schema.fromJsonString(JsonObject))

const failure = (tool: string) => (error: unknown) =>
  new CallFailed({
    tool,
    reason: error instanceof Error ? error.message : String(error),
    ...(Predicate.hasProperty(error, "code") && typeof error.code === "number" ? { code: error.code } : {})
  })

/** Collects what a stream says. */
const collect = (stream: NodeJS.ReadableStream) => {
  const chunks: Array<string> = []
  stream.on("data", (chunk: Buffer | string) => chunks.push(chunk.toString()))
  return Effect.sync(() => chunks.join(""))
}

/** Provides `ServerProcess`; needs nothing. Processes belong to the Scopes they are started in. */
export const layer: Layer.Layer<ServerProcess> = Layer.succeed(ServerProcess, {
  start: Effect.fn("ServerProcess.start")(function*(
    { args, command, env }: Parameters<ServerProcess["Service"]["start"]>[0]
  ): Effect.fn.Return<Started, CallFailed, Scope.Scope> {
    const before = yield* Clock.monotonicTimeNanos
    const ended = yield* Deferred.make<ProcessEnd>()
    const drained = yield* Deferred.make<void>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const spawned = spawn(command, args, { env: { PATH: "/usr/bin:/bin", ...env }, stdio: "pipe" })
        spawned.once("exit", (code, signal) => Deferred.doneUnsafe(ended, Effect.succeed({ code, signal })))
        spawned.once("error", () => Deferred.doneUnsafe(ended, Effect.succeed({ code: null, signal: null })))
        spawned.once("close", () => Deferred.doneUnsafe(drained, Effect.void))
        // A server that is gone breaks the pipe; `ended` tells.
        spawned.stdin.on("error", () => {})
        return spawned
      }),
      (spawned) => Effect.andThen(Effect.sync(() => spawned.kill("SIGKILL")), Deferred.await(ended))
    )
    const stdout = collect(child.stdout)
    const stderr = collect(child.stderr)
    /** A server that ends answers nothing any more. */
    const gone = (tool: string) =>
      Effect.flatMap(
        Deferred.await(ended),
        ({ code, signal }) =>
          new CallFailed({ tool, reason: `the server has ended (${signal ?? `exit code ${code}`})` })
      )
    /** What it wrote before it ended is still read: its last answers come first. */
    const answered = <A>(tool: string, asking: Effect.Effect<A, CallFailed>) =>
      Effect.raceFirst(asking, Effect.andThen(Deferred.await(drained), gone(tool)))

    const client = new Client({ name: "mcp-gas-client", version: "1" })
    yield* Effect.acquireRelease(
      Effect.tryPromise({
        try: () => client.connect(new StdioServerTransport(child.stdout, child.stdin)),
        catch: failure("initialize")
      }).pipe(Effect.raceFirst(gone("initialize"))),
      () => Effect.promise(() => client.close())
    )
    const after = yield* Clock.monotonicTimeNanos

    const call = (tool: string, given: Readonly<Record<string, unknown>>) =>
      answered(
        tool,
        Effect.tryPromise({
          try: (signal) => client.callTool({ name: tool, arguments: given }, undefined, { signal, timeout: 600_000 }),
          catch: failure(tool)
        })
      ).pipe(
        Effect.flatMap((result): Effect.Effect<CallResult, CallFailed> => {
          const [block] = Array.isArray(result.content) ? result.content : []
          const structured = Schema.decodeUnknownOption(JsonObject)(result.structuredContent)
          return parse(block?.text).pipe(
            Effect.mapError(failure(tool)),
            Effect.map((output) => ({
              isError: result.isError === true,
              output,
              structured: structured._tag === "Some" ? structured.value : undefined
            }))
          )
        })
      )

    return {
      pid: child.pid ?? 0,
      initializeMillis: Number((after - before) / 1_000_000n),
      call,
      tools: answered(
        "tools/list",
        Effect.tryPromise({
          try: () => client.listTools().then(({ tools }) => tools),
          catch: failure("tools/list")
        })
      ),
      endInput: Effect.sync(() => child.stdin.end()),
      closeOutput: Effect.sync(() => child.stdout.destroy()),
      kill: (signal: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGKILL") => Effect.sync(() => child.kill(signal)),
      ended: Deferred.await(ended),
      stdout,
      stderr
    }
  })
})
