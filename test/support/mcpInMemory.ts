/**
 * An MCP client of the SDK and the server under test in one process, over two in-memory pipes. The server's layer has a
 * Scope of its own, so that a test decides when it closes.
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
import type { ClientCapabilities } from "@modelcontextprotocol/sdk/types.js"
import { Clock, Context, Duration, Effect, Exit, Fiber, Layer, Logger, Scope } from "effect"
import { EventEmitter } from "node:events"
import { PassThrough } from "node:stream"
import * as ToolServerMcpStdio from "../../src/layers/tools/ToolServerMcpStdio.ts"
import type { Tool, ToolError } from "../../src/services/tools/Tool.ts"
import { type Offer, ToolServer } from "../../src/services/tools/ToolServer.ts"

export const identity = { name: "test-server", title: "Test server", version: "1.2.3", instructions: "Call hello." }

/** Starts serving; the client is connected by `connect` only. */
export const serving = Effect.fnUntraced(function*<R>(
  offer: Offer<R>,
  context: Effect.Effect<Context.Context<R>, ToolError>,
  capabilities: ClientCapabilities = {}
) {
  const stdin = new PassThrough()
  const stdout = new PassThrough()
  const signals = new EventEmitter()
  const written: Array<string> = []
  stdout.on("data", (chunk: Buffer) => written.push(chunk.toString("utf8")))
  const logged: Array<string> = []
  const logger = Logger.make((entry) => void logged.push(Logger.formatLogFmt.log(entry)))

  const scope = yield* Scope.make()
  yield* Effect.addFinalizer((exit) => Scope.close(scope, exit))
  const built = yield* Layer.buildWithScope(ToolServerMcpStdio.layerWith({ stdin, stdout, signals }), scope)
  const served = yield* Context.get(built, ToolServer).serve(identity, offer, context).pipe(
    Effect.provide(Logger.layer([logger])),
    Effect.forkScoped({ startImmediately: true })
  )
  const ended = yield* Effect.forkScoped(Effect.map(Fiber.join(served), ({ end }) => end), { startImmediately: true })
  /** Gives calls under way a second of real time, whatever clock the test lives by. */
  const finish = Effect.flatMap(Fiber.join(served), (each) => each.finish(Duration.seconds(1))).pipe(
    Effect.provideService(Clock.Clock, Clock.Clock.defaultValue())
  )
  const client = new Client({ name: "test", version: "0" }, { capabilities })
  return {
    client,
    stdin,
    stdout,
    signals,
    logged,
    /** The fiber that waits for the end of serving. */
    ended,
    /** Every line that the server has written. */
    lines: () => written.join("").split("\n").filter((line) => line !== ""),
    connect: Effect.promise(() => client.connect(new StdioServerTransport(stdout, stdin))),
    /** Calls a tool; interruption cancels the call. */
    call: (name: string, args: Record<string, unknown> = {}) =>
      Effect.promise((signal) => client.callTool({ name, arguments: args }, undefined, { signal })),
    /** Lets answers leave if serving has ended, and closes the layer's Scope. */
    close: Effect.andThen(
      Effect.suspend(() => served.pollUnsafe() === undefined ? Effect.void : finish),
      Scope.close(scope, Exit.void)
    )
  }
})

/** Starts serving tools that need nothing, to a client that is connected. */
export const connected = Effect.fnUntraced(function*(tools: ReadonlyArray<Tool<never>>) {
  const server = yield* serving({ tools }, Effect.succeed(Context.empty()))
  yield* server.connect
  return server
})

/** What a test wants to know of a call's result. */
export const textOf = (result: { readonly [key: string]: unknown }): unknown => {
  const [block] = Array.isArray(result["content"]) ? result["content"] : []
  return JSON.parse(block.text)
}
