/**
 * One request to the local Google, and the ways to answer it.
 */
import { Effect } from "effect"
import { type IncomingMessage, ServerResponse } from "node:http"
import type { LocalAnswer } from "../../services/local-google/LocalGoogle.ts"

/** One request, its body read, and where its answer goes. */
export interface Incoming {
  /** Reads like the original, from the start. */
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly path: string
  readonly form: URLSearchParams
}

type Headers = LocalAnswer["headers"]

const begin = (response: ServerResponse, status: number, headers: Headers): ServerResponse => {
  response.statusCode = status
  return response.setHeaders(new Map(Object.entries(headers)))
}

/** Writes a whole answer. */
export const send = (response: ServerResponse, status: number, headers: Headers, body: string): Effect.Effect<void> =>
  Effect.sync(() => void begin(response, status, headers).end(body))

export const json = (response: ServerResponse, status: number, body: unknown): Effect.Effect<void> =>
  send(response, status, { "content-type": "application/json; charset=utf-8" }, JSON.stringify(body))

/** Tells the full length and sends the first half; when that has left, answers with what sends the other one. */
export const sendHalf = (
  response: ServerResponse,
  { body, headers, status }: LocalAnswer
): Effect.Effect<Effect.Effect<void>> =>
  Effect.callback((resume) => {
    const bytes = Buffer.from(body)
    const half = Math.ceil(bytes.length / 2)
    const rest = Effect.sync(() => void response.end(bytes.subarray(half)))
    begin(response, status, headers).setHeader("content-length", bytes.length)
    response.write(bytes.subarray(0, half), () => resume(Effect.succeed(rest)))
  })

/** Headers that say how one answer was sent, and not what it is. */
const ofTheWire: ReadonlySet<string> = new Set(["connection", "content-length", "transfer-encoding"])

const headersOf = (response: ServerResponse): Headers =>
  Object.fromEntries(
    Object.entries(response.getHeaders()).flatMap(([name, value]) =>
      value === undefined || ofTheWire.has(name) ? [] : [[name, typeof value === "number" ? String(value) : value]]
    )
  )

/** Has a request answered in full, and to nobody: an answer without a socket. */
export const answerOf = Effect.fnUntraced(function*(
  incoming: Incoming,
  answer: (incoming: Incoming) => Effect.Effect<void>
): Effect.fn.Return<LocalAnswer> {
  const response = new ServerResponse(incoming.request)
  const parts: Array<Uint8Array> = []
  const keep = (part: unknown): boolean => {
    if (typeof part === "string") parts.push(Buffer.from(part))
    if (part instanceof Uint8Array) parts.push(part)
    return true
  }
  const end = response.end.bind(response)
  response.write = keep
  response.end = (part?: unknown) => {
    keep(part)
    return end()
  }
  yield* answer({ ...incoming, response })
  return { status: response.statusCode, headers: headersOf(response), body: Buffer.concat(parts).toString() }
})

/** Returns once the client is gone, or has its answer. */
export const hungUp = (response: ServerResponse): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const onClose = () => resume(Effect.void)
    if (response.closed) return onClose()
    response.once("close", onClose)
    return Effect.sync(() => response.off("close", onClose))
  })
