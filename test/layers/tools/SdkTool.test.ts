/**
 * A tool for servers of the SDK that somebody else has made: the low-level one, and the one that tools are registered with.
 */
import { assert, describe, it } from "@effect/vitest"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js"
import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"
import {
  CallToolRequestSchema,
  ElicitationCompleteNotificationSchema,
  ElicitRequestSchema,
  ListToolsRequestSchema
} from "@modelcontextprotocol/sdk/types.js"
import { Context, Deferred, Effect, Fiber, Logger, Option, Queue, Schema, Scope, Struct } from "effect"
import * as SdkTool from "../../../src/layers/tools/SdkTool.ts"
import * as Tool from "../../../src/services/tools/Tool.ts"
import { ToolClient } from "../../../src/services/tools/ToolClient.ts"
import { ToolProgress } from "../../../src/services/tools/ToolProgress.ts"
import { textOf } from "../../support/mcpInMemory.ts"

/** What a call has met: whether it was interrupted, and what its client answered. */
class Seen extends Context.Service<Seen, {
  readonly started: Queue.Queue<void>
  readonly interrupted: Deferred.Deferred<void>
}>()("mcp-gas/test/layers/tools/SdkTool.test/Seen") {
  static readonly make = Effect.gen(function*() {
    return Seen.of({ started: yield* Queue.unbounded<void>(), interrupted: yield* Deferred.make<void>() })
  })
}

const greet = Tool.make({
  name: "greet",
  title: "Greeting",
  description: "Greets, asks to open a page, or waits for ever.",
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: Schema.Struct({
    name: Schema.String.annotate({ description: "Whom." }),
    times: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3 }))),
    way: Schema.optionalKey(Schema.Literals(["aloud", "page", "never", "badly"]))
  }),
  output: Schema.Struct({ greeting: Schema.String }),
  handler: Effect.fnUntraced(function*({ name, way }) {
    const { interrupted, started } = yield* Seen
    yield* Queue.offer(started, undefined)
    yield* ToolProgress.use(({ tell }) => tell(`Greeting ${name}`))
    if (way === "badly") return yield* Effect.die(new Error("a bug, with a secret in it"))
    if (way === "never") return yield* Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined))
    if (way !== "page") return { greeting: `Hello, ${name}.` }
    const { elicitUrl } = yield* ToolClient
    if (Option.isNone(elicitUrl)) return { greeting: "No page can be opened." }
    const ask = elicitUrl.value({ id: "page-1", url: "https://id.example/", message: "Open it?" })
    return { greeting: yield* Effect.orDie(Effect.scoped(ask)) }
  })
})

const makeTool = Effect.gen(function*() {
  const seen = yield* Seen.make
  const tool = SdkTool.make(
    greet,
    (calling, signal) =>
      Effect.runPromiseExit(
        Effect.provide(Effect.provideService(calling, Seen, seen), Logger.layer([])),
        signal === undefined ? {} : { signal }
      ),
    yield* Scope.Scope
  )
  return { seen, tool }
})

const kinds = {
  Server: Effect.fnUntraced(function*(tool: ReturnType<typeof SdkTool.make>) {
    const server = new Server({ name: "host", version: "1" }, { capabilities: { tools: {} } })
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [tool.definition] }))
    server.setRequestHandler(
      CallToolRequestSchema,
      ({ params }, extra) => tool.call(params.arguments, { server, extra })
    )
    return yield* Effect.succeed(server)
  }),
  McpServer: Effect.fnUntraced(function*(tool: ReturnType<typeof SdkTool.make>) {
    const server = new McpServer({ name: "host", version: "1" })
    yield* Effect.promise(() => tool.register(server))
    return server
  })
}

const connected = Effect.fnUntraced(function*(kind: keyof typeof kinds, takesUrls = false) {
  const { seen, tool } = yield* makeTool
  const server = yield* kinds[kind](tool)
  const client = new Client(
    { name: "test", version: "0" },
    { capabilities: takesUrls ? { elicitation: { url: {} } } : {} }
  )
  const [near, far] = InMemoryTransport.createLinkedPair()
  yield* Effect.acquireRelease(
    Effect.promise(() => Promise.all([server.connect(far), client.connect(near)])),
    () => Effect.promise(() => client.close())
  )
  return { seen, client, tool }
})

for (const kind of ["Server", "McpServer"] as const) {
  describe(`SdkTool in a ${kind}`, () => {
    it.live("is listed as it is, and called", () =>
      Effect.gen(function*() {
        const { client, tool } = yield* connected(kind)
        const { tools } = yield* Effect.promise(() => client.listTools())
        const expected = {
          name: "greet",
          title: "Greeting",
          description: "Greets, asks to open a page, or waits for ever.",
          annotations: { title: "Greeting", ...greet.annotations },
          inputSchema: tool.definition.inputSchema,
          outputSchema: { ...tool.definition.outputSchema }
        }
        assert.strictEqual(tools.length, 1)
        assert.deepStrictEqual(
          tools.map(({ name, title, description, annotations, inputSchema, outputSchema = { type: "object" } }) => ({
            name,
            title,
            description,
            annotations,
            inputSchema: Struct.omit(inputSchema, ["$schema"]),
            outputSchema: Struct.omit({ ...outputSchema }, ["$schema"])
          })),
          [expected]
        )
        const answer = yield* Effect.promise(() => client.callTool({ name: "greet", arguments: { name: "Ada" } }))
        assert.deepStrictEqual(answer["structuredContent"], { greeting: "Hello, Ada." })
        assert.deepStrictEqual(textOf(answer), { greeting: "Hello, Ada." })
      }).pipe(Effect.scoped))

    it.live("answers bad arguments and bugs with an error, and tells nothing of the bug", () =>
      Effect.gen(function*() {
        const { client } = yield* connected(kind)
        const call = (args: Record<string, unknown>) =>
          Effect.promise(() => client.callTool({ name: "greet", arguments: args }))
        const bad = yield* call({ name: "Ada", times: 7 })
        assert.isTrue(bad["isError"])
        assert.include(JSON.stringify(bad), "times")
        assert.include(JSON.stringify(bad), "invalid_arguments")
        const bug = yield* call({ name: "Ada", way: "badly" })
        assert.isTrue(bug["isError"])
        assert.notInclude(JSON.stringify(bug), "secret")
      }).pipe(Effect.scoped))

    it.live("is interrupted when its caller cancels", () =>
      Effect.gen(function*() {
        const { client, seen } = yield* connected(kind)
        const cancelling = new AbortController()
        const calling = yield* Effect.forkChild(Effect.exit(Effect.tryPromise(() =>
          client.callTool({ name: "greet", arguments: { name: "Ada", way: "never" } }, undefined, {
            signal: cancelling.signal
          })
        )))
        yield* Queue.take(seen.started)
        cancelling.abort()
        yield* Deferred.await(seen.interrupted)
        yield* Fiber.join(calling)
      }).pipe(Effect.scoped))

    it.live("tells a caller who wants to know how it goes", () =>
      Effect.gen(function*() {
        const { client } = yield* connected(kind)
        const told: Array<string | undefined> = []
        yield* Effect.promise(() =>
          client.callTool({ name: "greet", arguments: { name: "Ada" } }, undefined, {
            onprogress: ({ message }) => told.push(message)
          })
        )
        assert.deepStrictEqual(told, ["Greeting Ada"])
      }).pipe(Effect.scoped))

    it.live("has its client open a page where that can, and tells it when that is over", () =>
      Effect.gen(function*() {
        const { client } = yield* connected(kind, true)
        const over = yield* Deferred.make<string>()
        client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept" as const }))
        client.setNotificationHandler(
          ElicitationCompleteNotificationSchema,
          ({ params }) => void Deferred.doneUnsafe(over, Effect.succeed(params.elicitationId))
        )
        const page = { name: "greet", arguments: { name: "Ada", way: "page" } }
        const answer = yield* Effect.promise(() => client.callTool(page))
        assert.deepStrictEqual(answer["structuredContent"], { greeting: "accept" })
        assert.strictEqual(yield* Deferred.await(over), "page-1")
        const other = yield* connected(kind)
        const unable = yield* Effect.promise(() => other.client.callTool(page))
        assert.deepStrictEqual(unable["structuredContent"], { greeting: "No page can be opened." })
      }).pipe(Effect.scoped))
  })
}

describe("SdkTool without a server", () => {
  it.live("is called all the same, and has nobody to ask", () =>
    Effect.gen(function*() {
      const { tool } = yield* makeTool
      const { call } = tool
      const answer = yield* Effect.promise(() => call({ name: "Ada", way: "page" }))
      assert.deepStrictEqual(answer.structuredContent, { greeting: "No page can be opened." })
      assert.isTrue((yield* Effect.promise(() => call({}))).isError)
    }).pipe(Effect.scoped))
})
