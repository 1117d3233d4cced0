/**
 * The listener of the local Google: reads each request, lets the planned fault strike, and has the rest answered. Only
 * this file and `LocalGoogleIncoming` speak `node:http`.
 */
import { Effect, FiberSet, type Scope } from "effect"
import { createServer, IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { LocalGoogleUnavailable } from "../../services/local-google/LocalGoogle.ts"
import type { Incoming } from "./LocalGoogleIncoming.ts"
import { strike, type Struck } from "./LocalGoogleStrike.ts"

/** Listens on the loopback address until the Scope closes; then the port is closed and every connection cut at once. */
export const listen = (port: number): Effect.Effect<Server, LocalGoogleUnavailable, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<{ readonly server: Server; readonly sockets: Set<Socket> }, LocalGoogleUnavailable>((resume) => {
      const server = createServer()
      const sockets = new Set<Socket>()
      server.on("connection", (socket) => {
        sockets.add(socket)
        socket.once("close", () => sockets.delete(socket))
      })
      server.once("error", (cause) => resume(new LocalGoogleUnavailable({ cause })))
      server.listen(port, "127.0.0.1", () => resume(Effect.succeed({ server, sockets })))
    }),
    ({ server, sockets }) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
  ).pipe(Effect.map(({ server }) => server))

const bodyLimit = 64 * 1024

const readBody = (request: IncomingMessage): Effect.Effect<Buffer> =>
  Effect.callback((resume) => {
    const chunks: Array<Buffer> = []
    let size = 0
    request.on("data", (chunk: Buffer) => {
      size += chunk.length
      if (size > bodyLimit) request.destroy()
      chunks.push(chunk)
    })
    request.once("end", () => resume(Effect.succeed(Buffer.concat(chunks))))
    request.once("close", () => resume(Effect.interrupt))
  })

/** The same request once more, for a reader that wants to read it itself. */
const replay = (request: IncomingMessage, url: string, body: Buffer): IncomingMessage => {
  const copy = new IncomingMessage(request.socket)
  copy.method = request.method
  copy.url = url
  copy.httpVersion = request.httpVersion
  copy.httpVersionMajor = request.httpVersionMajor
  copy.httpVersionMinor = request.httpVersionMinor
  copy.headers = { ...request.headers }
  delete copy.headers["transfer-encoding"]
  if (body.length > 0) copy.headers["content-length"] = String(body.length)
  if (body.length > 0) copy.push(body)
  copy.push(null)
  copy.complete = true
  return copy
}

/** How a server is told what to do with its requests. */
export interface Handling {
  /** Rewrites a request before anybody sees it. */
  readonly rewrite: (url: URL, form: URLSearchParams) => void
  /** Notes the request, and says which fault strikes it. */
  readonly strike: (incoming: Incoming) => Effect.Effect<Struck | undefined>
  readonly answer: (incoming: Incoming) => Effect.Effect<void>
}

/** Handles the requests of a server, each in a fiber of its own that ends with the Scope. */
export const serve = Effect.fnUntraced(function*(server: Server, origin: string, handling: Handling) {
  const run = yield* FiberSet.makeRuntime()

  const handle = Effect.fnUntraced(function*(request: IncomingMessage, response: ServerResponse) {
    const body = yield* readBody(request)
    const url = URL.parse(request.url ?? "/", origin) ?? new URL(origin)
    const isForm = request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true
    const form = new URLSearchParams(isForm ? body.toString() : "")
    handling.rewrite(url, form)
    const copy = replay(request, url.pathname + url.search, isForm ? Buffer.from(form.toString()) : body)
    const incoming: Incoming = { request: copy, response, path: url.pathname, form }

    const struck = yield* handling.strike(incoming)
    yield* struck === undefined ? handling.answer(incoming) : strike(struck, incoming, handling.answer)
  })

  server.on("request", (request, response) => void run(handle(request, response)))
})
