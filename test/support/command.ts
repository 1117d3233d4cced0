/**
 * The built command as a person runs it in a shell: arguments in, a code and two texts out.
 */
import { Deferred, Effect, Exit, Queue } from "effect"
import { spawn } from "node:child_process"
import process from "node:process"
import { binary } from "./signInProcess.ts"

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that is running. */
export interface Running {
  /** What it writes to stdout, piece by piece. */
  readonly written: Queue.Dequeue<string>
  /** Waits until stdout holds this, and gives all of it. */
  readonly says: (pattern: RegExp) => Effect.Effect<string>
  /** Types a line, or pastes one. */
  readonly type: (line: string) => Effect.Effect<void>
  readonly interrupt: Effect.Effect<void>
  readonly ended: Effect.Effect<Ran>
}

const startProgram = Effect.fnUntraced(function*(
  program: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>
) {
  const ended = yield* Deferred.make<Ran>()
  const written = yield* Queue.unbounded<string>()
  const texts = { stdout: "", stderr: "" }
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const spawned = spawn(program, args, {
        env: { PATH: "/usr/bin:/bin", ...env },
        stdio: "pipe"
      })
      spawned.stdout.on("data", (chunk: Buffer) => {
        texts.stdout += chunk.toString()
        Queue.offerUnsafe(written, texts.stdout)
      })
      spawned.stderr.on("data", (chunk: Buffer) => void (texts.stderr += chunk.toString()))
      spawned.stdin.on("error", () => {})
      spawned.once("close", (code) => Deferred.doneUnsafe(ended, Exit.succeed({ code, ...texts })))
      return spawned
    }),
    (spawned) => Effect.andThen(Effect.sync(() => spawned.kill("SIGKILL")), Deferred.await(ended))
  )
  const says = (pattern: RegExp): Effect.Effect<string> =>
    Effect.suspend(() => pattern.test(texts.stdout) ? Effect.succeed(texts.stdout) : Queue.take(written)).pipe(
      Effect.filterOrElse((text) => pattern.test(text), () => says(pattern))
    )
  const running: Running = {
    written,
    says,
    type: (line) => Effect.sync(() => void child.stdin.write(`${line}\n`)),
    interrupt: Effect.sync(() => void child.kill("SIGINT")),
    ended: Deferred.await(ended)
  }
  return running
})

/** Starts the built command with just this environment; it ends with the Scope at the latest. */
export const start = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  startProgram(process.execPath, [binary, ...args], env)

/** The same on a terminal of its own, by the command `script`: stdout is all that it shows, and what is typed are keys. */
export const startOnTerminal = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  startProgram("/usr/bin/script", ["-qec", [process.execPath, binary, ...args].join(" "), "/dev/null"], {
    TERM: "xterm",
    ...env
  })

/** Runs the built command to its end, with nothing to read. */
export const run = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}): Effect.Effect<Ran> =>
  Effect.scoped(Effect.flatMap(start(args, env), ({ ended }) => ended))
