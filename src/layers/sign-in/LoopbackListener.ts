/**
 * A scoped HTTP listener on the loopback address: the edge between `node:http` and effects.
 */
import { Deferred, Effect, FiberSet, type Scope } from "effect"
import { Buffer } from "node:buffer"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { Server as TcpServer, type Socket } from "node:net"

/** What a request is answered with. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** As much of a request as may decide over its reply. Its body is never read. */
export interface Request {
  readonly method: string
  /** As it came on the request line, not decoded: path and query. */
  readonly target: string
  /** The port the request came in on. */
  readonly port: number | undefined
  /** Lower-case names; a header that was sent more than once is joined with commas, `host` too. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Returns when the peer has hung up without its reply. */
  readonly gone: Effect.Effect<void>
}

/** Why a port could not be opened: the system's error code. */
export interface ListenFailure {
  readonly reason: string
}

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

const requestOf = (message: IncomingMessage, response: ServerResponse): Request => ({
  method: message.method ?? "",
  target: message.url ?? "",
  port: message.socket.localPort,
  headers: Object.fromEntries(
    Object.entries(message.headersDistinct).map(([name, values]) => [name, values?.join(", ")])
  ),
  gone: replied(response)
})

/** Sends the reply and returns when it has left, or the peer has. */
const send = (response: ServerResponse, reply: Reply) =>
  Effect.suspend(() => {
    if (!response.destroyed) {
      const length = reply.status === 204 ? {} : { "content-length": Buffer.byteLength(reply.body) }
      response.writeHead(reply.status, { ...reply.headers, ...length, connection: "close" }).end(reply.body)
    }
    return replied(response)
  })

/** A handler that dies takes its own request down and nothing else. */
const surviving = (reply: Effect.Effect<Reply>): Effect.Effect<Reply> =>
  Effect.catchCause(reply, (cause) =>
    Effect.as(Effect.logError("A request to the loopback listener failed.", cause), {
      status: 500,
      headers: { "cache-control": "no-store" },
      body: ""
    }))

/**
 * Listens on 127.0.0.1, on `port` or any free one, until the Scope closes. Each request runs `handle` in a fiber.
 *
 * When the Scope closes, no new connection is taken, replies under way still leave (a handler that waits for something
 * must therefore be released before), then every socket is destroyed: idle, half-sent and unanswered ones alike. No
 * clock is involved. The port is free once the Scope has closed.
 */
export const listen = Effect.fnUntraced(function*(
  port: number | undefined,
  handle: (request: Request) => Effect.Effect<Reply>,
  limits: Limits = defaultLimits
): Effect.fn.Return<number, ListenFailure, Scope.Scope> {
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
    Effect.callback<void, ListenFailure>((resume) => {
      // Stays for good: a listener that cannot accept a connection must not take the process down.
      server.on("error", (error: NodeJS.ErrnoException) => resume(Effect.fail({ reason: error.code ?? error.name })))
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
