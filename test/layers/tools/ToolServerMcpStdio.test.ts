import { assert, describe, it } from "@effect/vitest"
import { LATEST_PROTOCOL_VERSION, McpError } from "@modelcontextprotocol/sdk/types.js"
import { Context, Deferred, Effect, Exit, Fiber, Queue, Ref, Schema } from "effect"
import { setImmediate } from "node:timers/promises"
import * as Tool from "../../../src/services/tools/Tool.ts"
import { connected, identity, serving, textOf } from "../../support/mcpInMemory.ts"

const annotations = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false }

const toolOf = <R = never>(
  name: string,
  handler: (who: string) => Effect.Effect<{ readonly greeting: string }, Tool.ToolError, R>
) =>
  Tool.make({
    name,
    title: `Title of ${name}`,
    description: `Description of ${name}.`,
    annotations,
    input: Schema.Struct({ who: Schema.optionalKey(Schema.String.annotate({ description: "Whom to greet." })) }),
    output: Schema.Struct({ greeting: Schema.String }),
    handler: ({ who }) => handler(who ?? "world")
  })

const hello = toolOf("hello", (who) => Effect.succeed({ greeting: `Hello, ${who}!` }))

const sad = { _tag: "Sad", code: "sad", message: "It is sad.", remedy: "Cheer it up." }

/** A tool whose calls wait until they are let go, and tell when they begin and when they are interrupted. */
const patient = Effect.gen(function*() {
  const begun = yield* Queue.unbounded<string>()
  const interrupted = yield* Queue.unbounded<string>()
  const go = yield* Deferred.make<void>()
  const tool = toolOf("patient", (who) =>
    Queue.offer(begun, who).pipe(
      Effect.andThen(Deferred.await(go)),
      Effect.as({ greeting: `At last, ${who}!` }),
      Effect.onInterrupt(() => Queue.offer(interrupted, who))
    ))
  return { tool, begun, interrupted, go }
})

const stopping = {
  status: "error",
  message: "The server is stopping, so the call was not finished. Call again once the server has been started again.",
  error: {
    code: "server_stopping",
    cause: "The server is stopping, so the call was not finished.",
    remedy: "Call again once the server has been started again."
  }
}

describe("a client", () => {
  it.effect("learns who the server is and what to know of it", () =>
    Effect.gen(function*() {
      const { client } = yield* connected([hello])
      const { instructions, ...version } = identity
      assert.deepStrictEqual(client.getServerVersion(), version)
      assert.strictEqual(client.getInstructions(), instructions)
      assert.deepStrictEqual(client.getServerCapabilities(), { tools: {} })
    }))

  it.effect("is told of the tools in the order they were given", () =>
    Effect.gen(function*() {
      const { client } = yield* connected([toolOf("zebra", Effect.die), hello, toolOf("ape", Effect.die)])
      const { tools } = yield* Effect.promise(() => client.listTools())
      assert.deepStrictEqual(tools.map(({ name }) => name), ["zebra", "hello", "ape"])
      assert.deepStrictEqual(tools[1], {
        name: "hello",
        title: "Title of hello",
        description: "Description of hello.",
        inputSchema: {
          type: "object",
          properties: { who: { type: "string", description: "Whom to greet." } },
          additionalProperties: false
        },
        outputSchema: {
          type: "object",
          properties: { greeting: { type: "string" } },
          required: ["greeting"],
          additionalProperties: false
        },
        annotations: { title: "Title of hello", ...annotations }
      })
    }))
})

describe("a call", () => {
  it.effect("is answered with the same object as structured content and as text", () =>
    Effect.gen(function*() {
      const { call } = yield* connected([hello])
      const result = yield* call("hello", { who: "you" })
      assert.deepStrictEqual(result["structuredContent"], { greeting: "Hello, you!" })
      assert.deepStrictEqual(textOf(result), { greeting: "Hello, you!" })
      assert.notProperty(result, "isError")
    }))

  it.effect("without arguments is a call with none", () =>
    Effect.gen(function*() {
      const { client } = yield* connected([hello])
      const result = yield* Effect.promise(() => client.callTool({ name: "hello" }))
      assert.deepStrictEqual(result["structuredContent"], { greeting: "Hello, world!" })
    }))

  it.effect("with arguments that do not fit is answered with what is wrong", () =>
    Effect.gen(function*() {
      const { call } = yield* connected([hello])
      const result = yield* call("hello", { who: 5 })
      const cause = "Invalid arguments for hello: who: expected string, given 5."
      const remedy = "Correct the arguments and call again."
      assert.deepStrictEqual(result, {
        isError: true,
        content: [{
          type: "text",
          text: JSON.stringify({
            status: "error",
            message: `${cause} ${remedy}`,
            error: { code: "invalid_arguments", cause, remedy }
          })
        }]
      })
    }))

  it.effect("of a tool that fails is answered with its code, cause and remedy, and no structured content", () =>
    Effect.gen(function*() {
      const { call, logged } = yield* connected([toolOf("failing", () => Effect.fail(sad))])
      const result = yield* call("failing")
      assert.isTrue(result["isError"])
      assert.notProperty(result, "structuredContent")
      assert.deepStrictEqual(textOf(result), {
        status: "error",
        message: "It is sad. Cheer it up.",
        error: { code: "sad", cause: "It is sad.", remedy: "Cheer it up." }
      })
      assert.deepStrictEqual(logged, [])
    }))

  it.effect("of a tool with a defect tells the client nothing but that; the log has the details, not the arguments", () =>
    Effect.gen(function*() {
      const { call, lines, logged } = yield* connected([toolOf("broken", () => Effect.die(new Error("pipe burst")))])
      const result = yield* call("broken", { who: "hush" })
      assert.isTrue(result["isError"])
      assert.notProperty(result, "structuredContent")
      assert.deepInclude(textOf(result), {
        error: {
          code: "internal_error",
          cause: "broken failed because of a mistake in this server.",
          remedy: "Look into the server's log (its stderr), and report what it says there."
        }
      })
      assert.notMatch(lines().join(), /pipe burst|\.ts/)
      assert.strictEqual(logged.length, 1)
      assert.match(logged[0] ?? "", /level=Error .*broken.*pipe burst/i)
      assert.notInclude(logged.join(), "hush")
    }))

  it.effect("of a tool that is not there is a protocol error", () =>
    Effect.gen(function*() {
      const { client } = yield* connected([hello])
      const { cause: error } = yield* Effect.flip(Effect.tryPromise(() => client.callTool({ name: "adieu" })))
      assert.instanceOf(error, McpError)
      assert.strictEqual(error.code, -32602)
      assert.strictEqual(error.message, "MCP error -32602: Unknown tool: adieu")
    }))

  it.effect("runs beside other calls", () =>
    Effect.gen(function*() {
      const { begun, go, tool } = yield* patient
      const { call } = yield* connected([hello, tool])
      const first = yield* Effect.forkChild(call("patient", { who: "a" }))
      const second = yield* Effect.forkChild(call("patient", { who: "b" }))
      assert.sameMembers([yield* Queue.take(begun), yield* Queue.take(begun)], ["a", "b"])
      assert.deepStrictEqual(textOf(yield* call("hello")), { greeting: "Hello, world!" })
      yield* Deferred.succeed(go, undefined)
      assert.deepStrictEqual(textOf(yield* Fiber.join(first)), { greeting: "At last, a!" })
      assert.deepStrictEqual(textOf(yield* Fiber.join(second)), { greeting: "At last, b!" })
    }))

  it.effect("that is cancelled is interrupted, and no other is", () =>
    Effect.gen(function*() {
      const { begun, go, interrupted, tool } = yield* patient
      const { call, lines } = yield* connected([tool])
      const leaving = yield* Effect.forkChild(call("patient", { who: "leaving" }))
      yield* Queue.take(begun)
      const staying = yield* Effect.forkChild(call("patient", { who: "staying" }))
      yield* Queue.take(begun)
      yield* Fiber.interrupt(leaving)
      assert.strictEqual(yield* Queue.take(interrupted), "leaving")
      yield* Deferred.succeed(go, undefined)
      assert.deepStrictEqual(textOf(yield* Fiber.join(staying)), { greeting: "At last, staying!" })
      assert.strictEqual(yield* Queue.size(interrupted), 0)
      assert.strictEqual(lines().length, 2, "the answers to initialize and to the call that stayed")
    }))

  it.effect("that was answered cannot be cancelled any more", () =>
    Effect.gen(function*() {
      const { call, client, ended, logged } = yield* connected([hello])
      yield* call("hello")
      for (const requestId of [1, 99]) {
        yield* Effect.promise(() => client.notification({ method: "notifications/cancelled", params: { requestId } }))
      }
      assert.deepStrictEqual(textOf(yield* call("hello")), { greeting: "Hello, world!" })
      assert.isUndefined(ended.pollUnsafe())
      assert.deepStrictEqual(logged, [])
    }))
})

describe("the services behind the tools", () => {
  class Greeting
    extends Context.Service<Greeting, string>()("mcp-gas/test/layers/tools/ToolServerMcpStdio.test/Greeting")
  {}
  const greeter = toolOf("greeter", (who) => Effect.map(Greeting, (greeting) => ({ greeting: `${greeting}, ${who}!` })))

  it.effect("are asked for by calls only, and asked for again after they could not be had", () =>
    Effect.gen(function*() {
      const asked = yield* Ref.make(0)
      const context = Ref.updateAndGet(asked, (count) => count + 1).pipe(
        Effect.flatMap((count) => count === 1 ? Effect.fail(sad) : Effect.succeed(Context.make(Greeting, "Hi")))
      )
      const { call, client, connect } = yield* serving({ tools: [greeter] }, context)
      yield* connect
      yield* Effect.promise(() => client.listTools())
      assert.strictEqual(yield* Ref.get(asked), 0)
      const first = yield* call("greeter")
      assert.isTrue(first["isError"])
      assert.deepInclude(textOf(first), { error: { code: "sad", cause: "It is sad.", remedy: "Cheer it up." } })
      assert.deepStrictEqual(textOf(yield* call("greeter")), { greeting: "Hi, world!" })
      assert.strictEqual(yield* Ref.get(asked), 2)
    }))
})

describe("serving ends", () => {
  it.effect("when stdin ends", () =>
    Effect.gen(function*() {
      const { ended, stdin } = yield* connected([])
      stdin.end()
      assert.strictEqual(yield* Fiber.join(ended), "stdin_end")
    }))

  it.effect("when stdin breaks", () =>
    Effect.gen(function*() {
      const { ended, stdin } = yield* connected([])
      stdin.destroy(new Error("EIO"))
      assert.strictEqual(yield* Fiber.join(ended), "stdin_end")
    }))

  it.effect("when stdout breaks, or closes", () =>
    Effect.gen(function*() {
      for (const error of [new Error("EPIPE"), undefined]) {
        const { ended, stdout } = yield* connected([])
        stdout.destroy(error)
        assert.strictEqual(yield* Fiber.join(ended), "stdout_closed")
      }
    }))

  it.effect("at SIGTERM, SIGINT and SIGHUP, however often they come", () =>
    Effect.gen(function*() {
      for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) {
        const { close, ended, signals, stdin } = yield* connected([])
        signals.emit(signal)
        assert.strictEqual(yield* Fiber.join(ended), "signal")
        signals.emit(signal)
        stdin.end()
        yield* close
      }
    }))

  it.effect("when a message is longer than can be read", () =>
    Effect.gen(function*() {
      const { ended, stdin } = yield* connected([])
      stdin.write("x".repeat(11 * 1024 * 1024))
      assert.strictEqual(yield* Fiber.join(ended), "stdin_end")
    }))

  it.effect("but not at a line that is no message, which is logged without its content", () =>
    Effect.gen(function*() {
      const { call, ended, lines, logged, stdin } = yield* connected([hello])
      const before = lines().length
      stdin.write("hush, this is no JSON\n")
      assert.deepStrictEqual(textOf(yield* call("hello")), { greeting: "Hello, world!" })
      assert.isUndefined(ended.pollUnsafe())
      assert.strictEqual(lines().length, before + 1)
      assert.strictEqual(logged.length, 1)
      assert.notInclude(logged.join(), "hush")
    }))
})

describe("after the end", () => {
  it.effect("a new call is answered with server_stopping, without asking for the services", () =>
    Effect.gen(function*() {
      const { call, connect, ended, signals } = yield* serving({ tools: [hello] }, Effect.die("asked for the services"))
      yield* connect
      signals.emit("SIGTERM")
      yield* Fiber.join(ended)
      const result = yield* call("hello")
      assert.isTrue(result["isError"])
      assert.deepStrictEqual(textOf(result), stopping)
    }))

  it.effect("calls under way go on, and closing waits for their answers", () =>
    Effect.gen(function*() {
      const { begun, go, interrupted, tool } = yield* patient
      const { call, close, ended, signals } = yield* connected([tool])
      const waiting = yield* Effect.forkChild(call("patient"))
      yield* Queue.take(begun)
      signals.emit("SIGTERM")
      yield* Fiber.join(ended)
      assert.strictEqual(yield* Queue.size(interrupted), 0)
      const closing = yield* Effect.forkChild(close, { startImmediately: true })
      // Several turns of the event loop, each of which would be enough to interrupt a call.
      for (let turn = 0; turn < 10; turn++) yield* Effect.promise(() => setImmediate())
      assert.isUndefined(closing.pollUnsafe())
      assert.strictEqual(yield* Queue.size(interrupted), 0)
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(closing)
      assert.deepStrictEqual(textOf(yield* Fiber.join(waiting)), { greeting: "At last, world!" })
    }))

  it.effect("a call that was written before stdin ended is answered", () =>
    Effect.gen(function*() {
      const { close, ended, lines, stdin } = yield* serving({ tools: [hello] }, Effect.succeed(Context.empty()))
      const params = {
        protocolVersion: LATEST_PROTOCOL_VERSION,
        capabilities: {},
        clientInfo: { name: "x", version: "0" }
      }
      stdin.end(
        [
          { jsonrpc: "2.0", id: 1, method: "initialize", params },
          { jsonrpc: "2.0", method: "notifications/initialized" },
          { jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "hello" } }
        ].map((message) => `${JSON.stringify(message)}\n`).join("")
      )
      yield* Fiber.join(ended)
      yield* close
      const [, answer] = lines().map((line) => JSON.parse(line))
      assert.deepInclude(answer, { id: 2 })
      assert.deepStrictEqual(answer.result.structuredContent, { greeting: "Hello, world!" })
    }))

  it.effect("calls that nobody settles are interrupted after a second of real time, and answered", () =>
    Effect.gen(function*() {
      const { begun, interrupted, tool } = yield* patient
      const { call, close, ended, stdin } = yield* connected([tool])
      const waiting = yield* Effect.forkChild(call("patient"))
      yield* Queue.take(begun)
      stdin.end()
      yield* Fiber.join(ended)
      yield* close
      assert.strictEqual(yield* Queue.take(interrupted), "world")
      assert.deepStrictEqual(textOf(yield* Fiber.join(waiting)), stopping)
    }))

  it.effect("closing leaves nothing that listens, but to errors that come late", () =>
    Effect.gen(function*() {
      const { close, signals, stdin, stdout } = yield* connected([hello])
      yield* close
      for (const event of ["SIGTERM", "SIGINT", "SIGHUP"]) assert.strictEqual(signals.listenerCount(event), 0)
      for (const event of ["data", "end", "close", "error"]) assert.strictEqual(stdin.listenerCount(event), 0, event)
      assert.isTrue(stdin.isPaused())
      assert.strictEqual(stdout.listenerCount("error"), 2, "the client's and ours")
      assert.doesNotThrow(() => stdout.emit("error", new Error("EPIPE")))
    }))

  it.effect("closing without an end is an end as well", () =>
    Effect.gen(function*() {
      const { close, ended } = yield* connected([hello])
      yield* close
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(ended)))
    }))
})
