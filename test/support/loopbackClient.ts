/**
 * What a browser, a port scanner or a hostile program does to a loopback port. Waits for events, never for time.
 */
import { Data, Effect, type Scope } from "effect"
import { randomInt } from "node:crypto"
import { type IncomingHttpHeaders, request } from "node:http"
import { connect, createServer, type Server } from "node:net"

export class NotConnected extends Data.TaggedError("NotConnected")<{ readonly code: string }> {}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: IncomingHttpHeaders
}

const failed = (error: NodeJS.ErrnoException) => Effect.fail(new NotConnected({ code: error.code ?? error.message }))

/** One request on a connection of its own; interrupting it hangs up. */
export const send = (
  url: string,
  options: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> } = {}
): Effect.Effect<Answer, NotConnected> =>
  Effect.callback((resume) => {
    const outgoing = request(url, { ...options, agent: false }, (response) => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (part: string) => (text += part))
      response.on("error", (error) => resume(failed(error)))
      response.on("end", () =>
        resume(Effect.succeed({ status: response.statusCode ?? 0, text, headers: response.headers })))
    })
    outgoing.on("error", (error) =>
      resume(failed(error)))
    outgoing.end()
    return Effect.sync(() => outgoing.destroy())
  })

/** What a browser does with an address: it goes where it is sent. */
export const get = (url: string, headers: Readonly<Record<string, string>> = {}): Effect.Effect<Answer, NotConnected> =>
  Effect.flatMap(send(url, { headers }), (answer) => {
    const { location } = answer.headers
    return answer.status === 303 && location !== undefined
      ? get(new URL(location, url).href, headers)
      : Effect.succeed(answer)
  })

/** Whether nobody listens on this port. */
export const refuses = (port: number): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    const socket = connect(port, "127.0.0.1")
    socket.on("connect", () => resume(Effect.succeed(false)))
    socket.on("error", (error: NodeJS.ErrnoException) => resume(Effect.succeed(error.code === "ECONNREFUSED")))
    return Effect.sync(() => socket.destroy())
  })

/** A bare connection. */
export interface Wire {
  readonly write: (data: string | Uint8Array) => Effect.Effect<void>
  /** Everything that came until the peer hung up. */
  readonly untilClosed: Effect.Effect<string>
  /** What has come so far. */
  readonly received: () => string
}

/** Connects, says nothing, and hangs up with the Scope. */
export const dial = (port: number): Effect.Effect<Wire, NotConnected, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<{ readonly wire: Wire; readonly hangUp: () => void }, NotConnected>((resume) => {
      const socket = connect(port, "127.0.0.1")
      let received = ""
      socket.setEncoding("utf8")
      socket.on("data", (part) => (received += String(part)))
      socket.on("error", (error) => resume(failed(error)))
      const untilClosed = Effect.callback<string>((done) => {
        if (socket.closed) return done(Effect.succeed(received))
        socket.once("close", () => done(Effect.succeed(received)))
      })
      const write = (data: string | Uint8Array) =>
        Effect.callback<void>((done) => void socket.write(data, () => done(Effect.void)))
      socket.on("connect", () =>
        resume(Effect.succeed({
          wire: { write, untilClosed, received: () => received },
          hangUp: () => socket.destroy()
        })))
    }),
    ({ hangUp }) => Effect.sync(hangUp)
  ).pipe(Effect.map(({ wire }) => wire))

const listening = (port: number): Effect.Effect<Server, NotConnected> =>
  Effect.callback((resume) => {
    const server = createServer()
    server.on("error", (error) => resume(failed(error)))
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => resume(Effect.succeed(server)))
  })

const closing = (server: Server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))

/** Another program that holds a port for as long as the Scope is open. */
export const occupy = (port: number) => Effect.acquireRelease(listening(port), closing)

/** A free port outside the range that the system hands out by itself, so that no other test comes by it. */
export const freePort: Effect.Effect<number> = Effect.suspend(() => {
  const port = randomInt(20_000, 30_000)
  return Effect.as(Effect.flatMap(listening(port), closing), port)
}).pipe(Effect.retry({ times: 20 }), Effect.orDie)

/** Lets what is ready run: a closed handle counts until the end of its event-loop turn, and two begin before this returns. */
export const nextTurns = Effect.callback<void>((resume) => {
  setImmediate(() => setImmediate(() => resume(Effect.void)))
})

/** How many TCP ports this process listens on. */
export const listeners = Effect.map(
  nextTurns,
  () => process.getActiveResourcesInfo().filter((resource) => resource === "TCPServerWrap").length
)
