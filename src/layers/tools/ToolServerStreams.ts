/**
 * The three things of a process that a stdio server hangs on: its stdin, its stdout, and the signals that ask it to
 * stop. Here is how their end is noticed.
 */
import { Deferred, Effect, Exit, type Scope } from "effect"
import type { EventEmitter } from "node:events"
import process from "node:process"
import type { Readable, Writable } from "node:stream"
import { setImmediate } from "node:timers"
import type { ServeEnd } from "../../services/tools/ToolServer.ts"

export interface Streams {
  readonly stdin: Readable
  readonly stdout: Writable
  /** Emits `SIGTERM`, `SIGINT` and `SIGHUP`. */
  readonly signals: Pick<EventEmitter, "on" | "off">
}

/** The streams and signals of this process. Node opens a stream when it is first asked for, so that is left to `watch`. */
export const ofProcess: Streams = {
  get stdin() {
    return process.stdin
  },
  get stdout() {
    return process.stdout
  },
  signals: process
}

/** A write that was under way when the pipe broke may report that after everybody has stopped listening. */
const ignoreLateErrors = () => {}

const completer = (ended: Deferred.Deferred<ServeEnd>, end: ServeEnd) => () =>
  void Deferred.doneUnsafe(ended, Exit.succeed(end))

const completeOn = (
  ended: Deferred.Deferred<ServeEnd>,
  emitter: Pick<EventEmitter, "on" | "off">,
  events: ReadonlyArray<string>,
  end: ServeEnd
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(Effect.acquireRelease(
    Effect.sync(() => {
      const listener = completer(ended, end)
      events.forEach((event) => emitter.on(event, listener))
      return listener
    }),
    (listener) => Effect.sync(() => events.forEach((event) => emitter.off(event, listener)))
  ))

/**
 * Completes when the client has gone or the process was asked to stop, whichever comes first; what comes later, or
 * again, is harmless until the Scope closes. A reader that has closed stdout is noticed when something is written.
 *
 * stdout keeps one listener for good, so that an error that arrives late does not bring the process down.
 */
export const watch = Effect.fnUntraced(function*({ signals, stdin, stdout }: Streams) {
  const ended = yield* Deferred.make<ServeEnd>()
  if (!stdout.listeners("error").includes(ignoreLateErrors)) stdout.on("error", ignoreLateErrors)
  yield* completeOn(ended, stdin, ["end", "close", "error"], "stdin_end")
  yield* completeOn(ended, stdout, ["error", "close"], "stdout_closed")
  yield* completeOn(ended, signals, ["SIGTERM", "SIGINT", "SIGHUP"], "signal")
  if (stdin.readableEnded || stdin.destroyed) yield* Deferred.succeed(ended, "stdin_end")
  return ended
})

/**
 * Returns when everything written so far has left this process, or cannot leave it any more. That includes what promises
 * that are settled already have yet to write: it waits for the next turn of the event loop first.
 */
export const flush = ({ stdout }: Streams): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    setImmediate(() => stdout.write("", () => resume(Effect.void)))
  })
