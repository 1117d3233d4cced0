/**
 * A bridge from HTTP to our stdio server, for suites that speak HTTP only. Each HTTP session has a server of its own behind
 * two in-memory pipes: the same adapter as in the command, with two transports of the SDK between it and the client.
 */
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js"
import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/sdk/types.js"
import { Context, Effect, FiberSet, Layer, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import { EventEmitter } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { PassThrough } from "node:stream"
import * as ToolServerMcpStdio from "../../src/layers/tools/ToolServerMcpStdio.ts"
import { type Offer, ToolServer } from "../../src/services/tools/ToolServer.ts"
import { identity } from "./mcpInMemory.ts"

/** Serves the offer over two pipes until the Scope closes, and returns the client's end of them. */
const serveOverPipes = Effect.fnUntraced(function*(offer: Offer<never>) {
  const stdin = new PassThrough()
  const stdout = new PassThrough()
  const built = yield* Layer.build(ToolServerMcpStdio.layerWith({ stdin, stdout, signals: new EventEmitter() }))
  yield* Context.get(built, ToolServer).serve(identity, offer, Effect.succeed(Context.empty())).pipe(
    Effect.forkScoped({ startImmediately: true })
  )
  return new StdioServerTransport(stdout, stdin)
})

/**
 * Passes every message on. What a server sends while it answers a request belongs, over HTTP, to that request's response; on
 * a pipe nothing says to which, so it goes to the last one that is still open.
 */
const join = (http: StreamableHTTPServerTransport, pipes: StdioServerTransport) => {
  const open = new Set<RequestId>()
  // oxlint-disable-next-line unicorn/prefer-add-event-listener
  http.onmessage = (message: JSONRPCMessage) => {
    if ("method" in message && "id" in message) open.add(message.id)
    void pipes.send(message)
  }
  // oxlint-disable-next-line unicorn/prefer-add-event-listener
  pipes.onmessage = (message) => {
    const relatedRequestId = [...open].at(-1)
    const isResponse = !("method" in message)
    if (isResponse && message.id !== undefined) open.delete(message.id)
    void http.send(message, isResponse || relatedRequestId === undefined ? {} : { relatedRequestId })
  }
}

/** Serves the offer at the address it returns, until the Scope closes. */
export const listen = Effect.fnUntraced(function*(offer: Offer<never>) {
  const sessions = new Map<string, StreamableHTTPServerTransport>()
  const run = yield* FiberSet.makeRuntimePromise<Scope.Scope>()

  const connect = Effect.fnUntraced(function*() {
    const http: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, http)
    })
    const pipes = yield* serveOverPipes(offer)
    join(http, pipes)
    yield* Effect.promise(() => Promise.all([pipes.start(), http.start()]))
    return http
  })

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const session = sessions.get(String(request.headers["mcp-session-id"]))
    await (session ?? await run(connect())).handleRequest(request, response)
  }

  const server = yield* Effect.acquireRelease(
    Effect.sync(() => createServer((request, response) => void handle(request, response))),
    (listening) =>
      Effect.callback<void>((resume) => {
        listening.close(() => resume(Effect.void))
        listening.closeAllConnections()
      })
  )
  const port = yield* Effect.callback<number>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(typeof address === "object" && address !== null ? Effect.succeed(address.port) : Effect.die(address))
    })
  })
  return `http://127.0.0.1:${port}/mcp`
})
