/**
 * Taking requests on the loopback address, below everything that a sign-in makes of them.
 */
import { Context, type Effect, Schema, type Scope } from "effect"

/** What a request is answered with. */
export interface LoopbackReply {
  /** The HTTP status. */
  readonly status: number
  /** Sent as they are, with the length of the body. */
  readonly headers: Readonly<Record<string, string>>
  /** UTF-8; empty where there is nothing to say. */
  readonly body: string
}

/** As much of a request as may decide over its reply. Its body is never read. */
export interface LoopbackRequest {
  /** `GET`, `POST` and so on, as it came. */
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

/** A port could not be opened. */
export class LoopbackListenFailed extends Schema.TaggedError<LoopbackListenFailed>()("LoopbackListenFailed", {
  /** The system's error code, such as `EADDRINUSE`. */
  reason: Schema.String
}) {}

/** A listener that only this machine can reach. It knows nothing of sign-ins. */
export class LoopbackListener extends Context.Service<LoopbackListener, {
  /**
   * Listens on 127.0.0.1, on `port` or any free one, until the Scope closes, and answers with the port. Each request runs
   * `handle` in a fiber; one that dies takes its own request down and nothing else.
   *
   * When the Scope closes, no new connection is taken, replies under way still leave (a handler that waits for something
   * must therefore be released before), then every connection is gone: idle, half-sent and unanswered ones alike. No clock
   * is involved. The port is free once the Scope has closed.
   */
  readonly listen: (
    port: number | undefined,
    handle: (request: LoopbackRequest) => Effect.Effect<LoopbackReply>
  ) => Effect.Effect<number, LoopbackListenFailed, Scope.Scope>
}>()("mcp-gas/services/sign-in/LoopbackListener") {}
