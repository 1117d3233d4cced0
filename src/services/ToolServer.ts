/**
 * Serves tools to a Model Context Protocol client until it goes away.
 */
import { Context, type Effect } from "effect"
import type { Tool, ToolError } from "./Tool.ts"

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

export class ToolServer extends Context.Service<ToolServer, {
  /**
   * Answers the client and returns when it has gone: its end of stdin closed, our stdout broke, or a signal asked this
   * process to stop. From then on no new call is taken.
   *
   * Calls under way when it returns are *not* interrupted yet: whoever closes the services behind the tools settles
   * them, and their answers still leave. The layer's Scope, which closes after those services, waits for that (one
   * second at most), then interrupts what is left and closes the connection.
   *
   * `context`, the services the tools need, is asked for by each call and never before the first one: whoever makes it
   * keeps it. When it fails, that call is answered with the failure and the next one asks again.
   */
  readonly serve: <R>(
    identity: ServerIdentity,
    tools: ReadonlyArray<Tool<R>>,
    context: Effect.Effect<Context.Context<R>, ToolError>
  ) => Effect.Effect<ServeEnd>
}>()("mcp-gas/services/ToolServer") {}
