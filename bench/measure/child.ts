/**
 * A process that is told things and says things, and dies with the Scope that it was started in.
 */
import { Deferred, Effect, Queue, type Scope } from "effect"
import { fork } from "node:child_process"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import process from "node:process"

/** What was said, and when it arrived, by this process's clock. */
export interface Heard<Told> {
  readonly told: Told
  readonly at: number
}

export interface Child<Ask, Told> {
  readonly tell: (ask: Ask) => Effect.Effect<void>
  /** The next thing it says that nobody has waited for yet; dies if it ends instead. */
  readonly hear: Effect.Effect<Heard<Told>>
  /** SIGKILL; when it was sent. */
  readonly kill: Effect.Effect<number>
}

/** The same programs over and over: compiled once. */
const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "mcp-gas-bench-cache") }

/** Starts a program of the benchmark. `Told` is the program's word: both sides are of one source. */
export const start = Effect.fnUntraced(function*<Ask extends object, Told>(
  program: string,
  args: ReadonlyArray<string>
): Effect.fn.Return<Child<Ask, Told>, never, Scope.Scope> {
  const said = yield* Queue.unbounded<Heard<Told>>()
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => fork(program, args, { execArgv: [], stdio: "inherit", env })),
    (started) => Effect.sync(() => started.kill("SIGKILL"))
  )
  const gone = yield* Deferred.make<never>()
  child.once("exit", (code) => Deferred.doneUnsafe(gone, Effect.die(new Error(`${program} ended with code ${code}`))))
  child.on("message", (told: Told) => Queue.offerUnsafe(said, { told, at: performance.now() }))
  return {
    tell: (ask) => Effect.sync(() => void child.send(ask)),
    hear: Effect.raceFirst(Queue.take(said), Deferred.await(gone)),
    kill: Effect.sync(() => {
      child.kill("SIGKILL")
      return performance.now()
    })
  }
})

/** Waits for a word of this kind, past others. */
export const heard = <Ask, Told extends { readonly _tag: string }>(
  child: Child<Ask, Told>,
  tag: Told["_tag"]
): Effect.Effect<Heard<Told>> => Effect.repeat(child.hear, { until: ({ told }) => told._tag === tag })
