/**
 * `LoopbackListener` by `node:http`: the edge between sockets and effects.
 */
import { Deferred, Effect, FiberSet, Layer, type Scope } from "effect"
import { Buffer } from "node:buffer"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { Server as TcpServer, type Socket } from "node:net"
import {
  LoopbackListener,
  LoopbackListenFailed,
  type LoopbackReply,
  type LoopbackRequest
} from "../../services/sign-in/LoopbackListener.ts"

/** What a peer may take up. All of it guards memory; none of it is near to what a browser needs. */
export interface Limits {
  /**
   * Milliseconds a connection may stay without a whole request, silent or slow. Real time, kept by the HTTP server, which
   * looks once in as many: a connection is given up after this time at the earliest and twice as much at the latest.
   */
  readonly requestMillis: number
  /** Of the request line and headers together. */
  readonly headerBytes: number
  /** Connections without a whole request. One more makes room for itself: the one that has been there longest goes. */
  readonly silentConnections: number
}

const defaultLimits: Limits = { requestMillis: 10_000, headerBytes: 16_384, silentConnections: 512 }

/** Returns when the reply has left, or the peer has. */
const replied = (response: ServerResponse) =>
  Effect.callback<void>((resume) => {
    const onClose = () => resume(Effect.void)
    if (response.destroyed || response.closed) return onClose()
    response.once("close", onClose)
    return Effect.sync(() => response.off("close", onClose))
  })

const requestOf = (message: IncomingMessage, response: ServerResponse): LoopbackRequest => ({
  method: message.method ?? "",
  target: message.url ?? "",
  port: message.socket.localPort,
  headers: Object.fromEntries(
    Object.entries(message.headersDistinct).map(([name, values]) => [name, values?.join(", ")])
  ),
  gone: replied(response)
})

/** Sends the reply and returns when it has left, or the peer has. */
const send = (response: ServerResponse, reply: LoopbackReply) =>
  Effect.suspend(() => {
    if (!response.destroyed) {
      const length = reply.status === 204 ? {} : { "content-length": Buffer.byteLength(reply.body) }
      response.writeHead(reply.status, { ...reply.headers, ...length, connection: "close" }).end(reply.body)
    }
    return replied(response)
  })

/** A handler that dies takes its own request down and nothing else. */
const surviving = (reply: Effect.Effect<LoopbackReply>): Effect.Effect<LoopbackReply> =>
  Effect.catchCause(reply, (cause) =>
    Effect.as(Effect.logError("A request to the loopback listener failed.", cause), {
      status: 500,
      headers: { "cache-control": "no-store" },
      body: ""
    }))

/** `LoopbackListener.listen` with limits of its own. */
export const listen = Effect.fnUntraced(function*(
  port: number | undefined,
  handle: (request: LoopbackRequest) => Effect.Effect<LoopbackReply>,
  limits: Limits = defaultLimits
): Effect.fn.Return<number, LoopbackListenFailed, Scope.Scope> {
  const requests = yield* FiberSet.make()
  const run = yield* FiberSet.runtime(requests)()
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.requestMillis,
    requestTimeout: limits.requestMillis,
    connectionsCheckingInterval: limits.requestMillis
  })
  /** Connections that have not sent a request yet, the oldest first. */
  const silent = new Set<Socket>()
  server.on("connection", (socket: Socket) => {
    silent.add(socket)
    socket.once("close", () => silent.delete(socket))
    if (silent.size > limits.silentConnections) silent.values().next().value?.destroy()
  })
  server.on("request", (message, response) => {
    silent.delete(message.socket)
    message.resume()
    const answer = surviving(handle(requestOf(message, response)))
    // A fiber starts before its set knows of it: without the yield, a handler that settles something can have the
    // Scope closed behind its back while nobody is waiting for its reply.
    run(Effect.yieldNow.pipe(Effect.andThen(answer), Effect.flatMap((reply) => send(response, reply))))
  })

  // An acquisition is uninterruptible: between `listen` and its event there is a socket that nobody would close.
  yield* Effect.acquireRelease(
    Effect.callback<void, LoopbackListenFailed>((resume) => {
      // Stays for good: a listener that cannot accept a connection must not take the process down.
      server.on(
        "error",
        (error: NodeJS.ErrnoException) =>
          resume(Effect.fail(new LoopbackListenFailed({ reason: error.code ?? error.name })))
      )
      server.listen({ host: "127.0.0.1", port: port ?? 0, exclusive: true, backlog: 4_096 }, () => resume(Effect.void))
    }),
    () =>
      Effect.gen(function*() {
        const closed = yield* Deferred.make<void>()
        // Takes no more connections and touches none: the HTTP server's own `close` would begin with destroying sockets
        // whose reply is written and has not left yet.
        TcpServer.prototype.close.call(server, () => Deferred.doneUnsafe(closed, Effect.void))
        yield* FiberSet.awaitEmpty(requests)
        server.closeAllConnections()
        yield* Deferred.await(closed)
        server.close()
      })
  )
  const address = server.address()
  return address === null || typeof address === "string"
    ? yield* Effect.die("a TCP listener has no port")
    : address.port
})

/** Provides `LoopbackListener` with the limits that suit a browser; needs nothing. */
export const layer: Layer.Layer<LoopbackListener> = Layer.succeed(
  LoopbackListener,
  LoopbackListener.of({ listen: (port, handle) => listen(port, handle) })
)
