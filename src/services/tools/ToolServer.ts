/**
 * Serves tools to a Model Context Protocol client until it goes away.
 */
import { Context, type Duration, type Effect, Schema } from "effect"
import type { Explained } from "../Explained.ts"
import type { Tool, ToolError } from "./Tool.ts"
import type { ToolClient } from "./ToolClient.ts"
import type { ToolProgress } from "./ToolProgress.ts"

/** How the server introduces itself. */
export interface ServerIdentity {
  readonly name: string
  readonly title: string
  readonly version: string
  /** What a model should know before it calls any tool. */
  readonly instructions: string
}

/** Why serving ended; each is an ordinary end. */
export type ServeEnd = "stdin_end" | "stdout_closed" | "signal"

/** A server whose client has gone. */
export interface Served {
  readonly end: ServeEnd
  /**
   * Waits until the calls under way are answered and their answers have left, for as long as `grace` says by the Clock;
   * then interrupts what is left, which is answered with `ServerStopping`. Idempotent.
   */
  readonly finish: (grace: Duration.Duration) => Effect.Effect<void>
}

/** What a call is answered with that came after the end, or that the end interrupted. */
export class ServerStopping extends Schema.TaggedError<ServerStopping>()("ServerStopping", {}) implements Explained {
  readonly code = "server_stopping"
  override get message(): string {
    return "The server is stopping, so the call was not finished."
  }
  get remedy(): string {
    return "Call again once the server has been started again."
  }
}

/** What a call is answered with whose handler ran into a bug. What went wrong is in the log, not here. */
export class InternalError extends Schema.TaggedError<InternalError>()("InternalError", {
  tool: Schema.String
}) implements Explained {
  readonly code = "internal_error"
  override get message(): string {
    return `${this.tool} failed because of a mistake in this server.`
  }
  get remedy(): string {
    return "Look into the server's log (its stderr), and report what it says there."
  }
}

export class ToolServer extends Context.Service<ToolServer, {
  /**
   * Answers the client and returns when it has gone: its end of stdin closed, our stdout broke, or a signal asked this
   * process to stop. From then on a new call is answered with `ServerStopping`. To be called once.
   *
   * Calls under way when it returns are *not* interrupted yet: whoever closes the services behind the tools settles
   * them, and `finish` lets their answers leave. The layer's Scope, which closes after those services, interrupts
   * what is left and closes the connection. Nothing of it keeps the process alive from then on.
   *
   * A call that the client cancels is interrupted, and nothing else is. An expected failure of a tool is an answer like
   * any other; a defect is logged and answered with `InternalError`.
   *
   * Each call is given its client (`ToolClient`) and its own way to tell it how it goes (`ToolProgress`).
   *
   * `context`, the other services the tools need, is asked for by each call and never before the first one: whoever makes it
   * keeps it. When it fails, that call is answered with the failure and the next one asks again.
   */
  readonly serve: <R>(
    identity: ServerIdentity,
    tools: ReadonlyArray<Tool<R | ToolClient | ToolProgress>>,
    context: Effect.Effect<Context.Context<R>, ToolError>
  ) => Effect.Effect<Served>
}>()("mcp-gas/services/tools/ToolServer") {}
