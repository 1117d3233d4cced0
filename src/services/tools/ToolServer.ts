/**
 * Serves tools and resources to a Model Context Protocol client until it goes away.
 */
import { Context, type Duration, type Effect, Schema } from "effect"
import type { Explained } from "../Explained.ts"
import type { Resource } from "./Resource.ts"
import type { Tool, ToolError } from "./Tool.ts"
import type { ToolClient } from "./ToolClient.ts"
import type { ToolProgress } from "./ToolProgress.ts"

/** How the server introduces itself. */
export interface ServerIdentity {
  /** For programs; the same with every version. */
  readonly name: string
  /** For people. */
  readonly title: string
  /** Of the server, not of the protocol. */
  readonly version: string
  /** What a model should know before it calls any tool. */
  readonly instructions: string
}

/** What is served. */
export interface Offer<R> {
  /** Listed in this order. Each call is given its client, and its own way to tell it how it goes. */
  readonly tools: ReadonlyArray<Tool<R | ToolClient | ToolProgress>>
  /** Listed in this order. A server without any tells its client that it knows no resources. */
  readonly resources?: ReadonlyArray<Resource<R>>
}

/** Why serving ended; each is an ordinary end. */
export type ServeEnd = "stdin_end" | "stdout_closed" | "signal"

/** A server whose client has gone. */
export interface Served {
  /** What it ended by. */
  readonly end: ServeEnd
  /**
   * Waits until the calls and reads under way are answered and their answers have left, for as long as `grace` says by the Clock;
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

/** What is answered where a tool's handler, or a resource, ran into a bug. What went wrong is in the log, not here. */
export class InternalError extends Schema.TaggedError<InternalError>()("InternalError", {
  /** The name of the tool, or the address of the resource. */
  what: Schema.String
}) implements Explained {
  readonly code = "internal_error"
  override get message(): string {
    return `${this.what} failed because of a mistake in this server.`
  }
  get remedy(): string {
    return "Look into the server's log (its stderr), and report what it says there."
  }
}

/**
 * Speaks the Model Context Protocol with the client at the other end of its streams, and runs the tools it calls.
 *
 * @example
 * ```ts
 * import { Context, Duration, Effect, Schema } from "effect"
 * import { Tool, ToolServer, ToolServerMcpStdio } from "mcp-gas/mcp"
 *
 * const echo = Tool.make({
 *   name: "echo",
 *   title: "Echo",
 *   description: "Says it again.",
 *   annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
 *   input: Schema.Struct({ text: Schema.String }),
 *   output: Schema.Struct({ text: Schema.String }),
 *   handler: Effect.succeed
 * })
 *
 * const identity = { name: "echo-mcp", title: "Echo", version: "1.0.0", instructions: "Call echo." }
 *
 * // To be run as the whole program of a process: it returns when its client has gone.
 * export const main = Effect.gen(function*() {
 *   const { serve } = yield* ToolServer
 *   const { finish } = yield* serve(identity, { tools: [echo] }, Effect.succeed(Context.empty()))
 *   yield* finish(Duration.seconds(1))
 * }).pipe(Effect.provide(ToolServerMcpStdio.layer))
 * ```
 */
export class ToolServer extends Context.Service<ToolServer, {
  /**
   * Answers the client and returns when it has gone: its end of stdin closed, our stdout broke, or a signal asked this
   * process to stop. From then on a new call, or read, is answered with `ServerStopping`, and nothing is watched for
   * subscribers any more. To be called once.
   *
   * Calls and reads under way when it returns are *not* interrupted yet: whoever closes the services behind the tools settles
   * them, and `finish` lets their answers leave. The layer's Scope, which closes after those services, interrupts
   * what is left and closes the connection. Nothing of it keeps the process alive from then on.
   *
   * A call that the client cancels is interrupted, and nothing else is. An expected failure of a tool is an answer like
   * any other; a defect is logged and answered with `InternalError`.
   *
   * A read of a resource that fails, or of one that is not there, is an error of the protocol. A client that has
   * subscribed to a resource is told of its changes, some four times a second at most by the Clock, and always of the last;
   * once for all its subscriptions to the same resource. `changes` that fail are begun again, later and later up to half a
   * minute; what may have been missed meanwhile counts as a change.
   *
   * `context`, the other services that are needed, is asked for by each call, read and subscription, and never before the
   * first one: whoever makes it keeps it. When it fails, that request is answered with the failure and the next one asks
   * again.
   */
  readonly serve: <R>(
    identity: ServerIdentity,
    offer: Offer<R>,
    context: Effect.Effect<Context.Context<R>, ToolError>
  ) => Effect.Effect<Served>
}>()("mcp-gas/services/tools/ToolServer") {}
