/**
 * `ServerProcess` over stdio with the Model Context Protocol SDK's own client.
 */
import { Clock, Deferred, Effect, Layer, Option, Predicate, PubSub, Schema, type Scope, Stream } from "effect"
import { spawn } from "node:child_process"
import {
  CallFailed,
  type CallResult,
  type ProcessEnd,
  ServerProcess,
  type Started
} from "../../services/tools/ServerProcess.ts"

const JsonObject = Schema.Record(Schema.String, Schema.Unknown)
const JsonText = Schema.fromJsonString(JsonObject)
const parse = Schema.decodeUnknownEffect(JsonText)

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

/** Loaded with the first server: those who test without one do not need it. */
const sdk = Effect.promise(async () => ({
  ...await import("@modelcontextprotocol/sdk/client/index.js"),
  ...await import("@modelcontextprotocol/sdk/server/stdio.js"),
  ...await import("@modelcontextprotocol/sdk/types.js")
}))

/** Provides `ServerProcess`; needs nothing. Processes belong to the Scopes they are started in. */
export const layer: Layer.Layer<ServerProcess> = Layer.succeed(ServerProcess, {
  start: Effect.fn("ServerProcess.start")(function*(
    { args, command, env }: Parameters<ServerProcess["Service"]["start"]>[0]
  ): Effect.fn.Return<Started, CallFailed, Scope.Scope> {
    const { Client, ResourceUpdatedNotificationSchema, StdioServerTransport } = yield* sdk
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
    const updated = yield* Effect.acquireRelease(PubSub.unbounded<string>(), PubSub.shutdown)
    client.setNotificationHandler(
      ResourceUpdatedNotificationSchema,
      ({ params }) => void PubSub.publishUnsafe(updated, params.uri)
    )
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
        Effect.map((result): CallResult => {
          const [block] = Array.isArray(result.content) ? result.content : []
          const text = typeof block?.text === "string" ? block.text : ""
          return {
            isError: result.isError === true,
            text,
            output: Option.getOrElse(Schema.decodeUnknownOption(JsonText)(text), () => ({})),
            structured: Option.getOrUndefined(Schema.decodeUnknownOption(JsonObject)(result.structuredContent))
          }
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
      read: (uri: string) =>
        answered(
          "resources/read",
          Effect.tryPromise({
            try: (signal) => client.readResource({ uri }, { signal }),
            catch: failure("resources/read")
          })
        ).pipe(
          Effect.flatMap(({ contents: [content] }) =>
            Effect.mapError(
              parse(content !== undefined && "text" in content ? content.text : undefined),
              failure("resources/read")
            )
          )
        ),
      subscribe: Effect.fnUntraced(function*(uri: string) {
        const updates = yield* PubSub.subscribe(updated)
        yield* answered(
          "resources/subscribe",
          Effect.tryPromise({
            try: () => client.subscribeResource({ uri }),
            catch: failure("resources/subscribe")
          })
        )
        return Stream.fromSubscription(updates).pipe(
          Stream.filter((each) => each === uri),
          Stream.map(() => undefined)
        )
      }),
      endInput: Effect.sync(() => child.stdin.end()),
      closeOutput: Effect.sync(() => child.stdout.destroy()),
      kill: (signal: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGKILL") => Effect.sync(() => child.kill(signal)),
      ended: Deferred.await(ended),
      stdout,
      stderr
    }
  })
})
