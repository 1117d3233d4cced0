/**
 * A Model Context Protocol server as a child process, seen from its client: for demos and end-to-end tests.
 */
import { Context, type Effect, Schema, type Scope } from "effect"

/** The call got no result: a protocol error, a time-out of the client, or the server is gone. */
export class CallFailed extends Schema.TaggedError<CallFailed>()("CallFailed", {
  tool: Schema.String,
  /** The protocol's error code, if the server answered with one. */
  code: Schema.optionalKey(Schema.Finite),
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.tool}: ${this.reason}`
  }
}

/** What a tool answered. */
export interface CallResult {
  readonly isError: boolean
  /** The first text block, parsed: the object that a tool answers with. */
  readonly output: Readonly<Record<string, unknown>>
  readonly structured: Readonly<Record<string, unknown>> | undefined
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: string | null
}

export interface Started {
  readonly pid: number
  /** Milliseconds from spawning the process to its answer to `initialize`. */
  readonly initializeMillis: number
  /** Calls a tool. Interruption tells the server that the call is cancelled. */
  readonly call: (tool: string, args: Readonly<Record<string, unknown>>) => Effect.Effect<CallResult, CallFailed>
  /** What the server lists. */
  readonly tools: Effect.Effect<ReadonlyArray<Readonly<Record<string, unknown>>>, CallFailed>
  /** Closes the server's stdin, which asks it to stop. */
  readonly endInput: Effect.Effect<void>
  /** Closes our end of the server's stdout, so that it can no longer write. */
  readonly closeOutput: Effect.Effect<void>
  readonly kill: (signal: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGKILL") => Effect.Effect<void>
  /** Waits for the process to end. */
  readonly ended: Effect.Effect<ProcessEnd>
  /** Everything it has written so far. */
  readonly stdout: Effect.Effect<string>
  readonly stderr: Effect.Effect<string>
}

export class ServerProcess extends Context.Service<ServerProcess, {
  /**
   * Starts a server and says hello to it. Closing the Scope kills the process if it is still there, and waits for that.
   * The environment is exactly `env`, with `PATH`.
   */
  readonly start: (options: {
    readonly command: string
    readonly args: ReadonlyArray<string>
    readonly env: Readonly<Record<string, string>>
  }) => Effect.Effect<Started, CallFailed, Scope.Scope>
}>()("mcp-gas/services/tools/ServerProcess") {}
