/**
 * A Model Context Protocol server as a child process, seen from its client: for demos and end-to-end tests.
 */
import { Context, type Effect, Schema, type Scope, type Stream } from "effect"

/** The call got no result: a protocol error, a time-out of the client, or the server is gone. */
export class CallFailed extends Schema.TaggedError<CallFailed>()("CallFailed", {
  /** The name of the tool that was called. */
  tool: Schema.String,
  /** The protocol's error code, if the server answered with one. */
  code: Schema.optionalKey(Schema.Finite),
  /** What happened, in words. */
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.tool}: ${this.reason}`
  }
}

/** What a tool answered. */
export interface CallResult {
  /** Whether the tool says that it failed. */
  readonly isError: boolean
  /** The first text block; empty if there is none. */
  readonly text: string
  /** The same, parsed: the object that a tool answers with; empty if its text is none. */
  readonly output: Readonly<Record<string, unknown>>
  /** The structured content (`structuredContent`), if there is any. */
  readonly structured: Readonly<Record<string, unknown>> | undefined
}

/** How a process ended. */
export interface ProcessEnd {
  /** The exit code; null if a signal ended it. */
  readonly code: number | null
  /** The signal that ended it, if one did. */
  readonly signal: string | null
}

/** A server that has answered `initialize`. */
export interface Started {
  /** The process, by the system's number. */
  readonly pid: number
  /** Milliseconds from spawning the process to its answer to `initialize`. */
  readonly initializeMillis: number
  /** Calls a tool. Interruption tells the server that the call is cancelled. */
  readonly call: (tool: string, args: Readonly<Record<string, unknown>>) => Effect.Effect<CallResult, CallFailed>
  /** What the server lists. */
  readonly tools: Effect.Effect<ReadonlyArray<Readonly<Record<string, unknown>>>, CallFailed>
  /** Reads a resource: the JSON object that it holds. */
  readonly read: (uri: string) => Effect.Effect<Readonly<Record<string, unknown>>, CallFailed>
  /** Subscribes to a resource for good: the changes that the server tells of from then on. The stream ends with the Scope. */
  readonly subscribe: (uri: string) => Effect.Effect<Stream.Stream<void>, CallFailed, Scope.Scope>
  /** Closes the server's stdin, which asks it to stop. */
  readonly endInput: Effect.Effect<void>
  /** Closes our end of the server's stdout, so that it can no longer write. */
  readonly closeOutput: Effect.Effect<void>
  /** Sends the process a signal. Does not wait for its end, and does nothing once it has ended. */
  readonly kill: (signal: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGKILL") => Effect.Effect<void>
  /** Waits for the process to end. */
  readonly ended: Effect.Effect<ProcessEnd>
  /** Everything it has written so far. */
  readonly stdout: Effect.Effect<string>
  /** The same, of its log. */
  readonly stderr: Effect.Effect<string>
}

/** Starts servers as a host starts them: by a command, with pipes for stdin and stdout. */
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
