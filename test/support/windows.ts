/**
 * Windows, as their tests see them: processes of their own that are asked things, open tabs, and are stopped and killed.
 */
import { Deferred, Effect, Queue, Ref, Schema } from "effect"
import { fork } from "node:child_process"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { type Ask, Engine, type Question, type Told, Word } from "./windowTalk.ts"

const program = fileURLToPath(new URL("./windowProcess.ts", import.meta.url))

const encodeEngine = Schema.encodeEffect(Schema.fromJsonString(Engine))
const decodeWord = Schema.decodeUnknownSync(Word)

export interface Window {
  readonly pid: number
  /** Asks, and waits for what each caller is told; fails when the process has gone. */
  readonly ask: (home: string, ask: Ask, account?: string) => Effect.Effect<ReadonlyArray<Told>, WindowGone>
  /** Returns when so many callers, that nobody has waited for yet, have joined a flow and wait for it. */
  readonly joined: (callers: number) => Effect.Effect<void>
  /** Returns when the window waits for another one's flow, which nobody has waited for yet. */
  readonly followed: Effect.Effect<void>
  /** Returns when it has come by the place to tell of, which nobody has waited for yet. */
  readonly passed: Effect.Effect<void>
  /** Forgets what it has told of callers, flows and places: from now on somebody waits for what comes. */
  readonly forget: Effect.Effect<void>
  /** Returns when it stays at the place that it was to stay at. */
  readonly stopped: Effect.Effect<void>
  readonly signal: (signal: "SIGKILL" | "SIGSTOP" | "SIGCONT") => Effect.Effect<void>
}

export class WindowGone extends Schema.TaggedError<WindowGone>()("WindowGone", {}) {}

/** What a window does, told as it begins. */
export interface Doing extends Pick<Extract<Word, { readonly _tag: "Doing" }>, "what" | "state"> {
  readonly pid: number
}

/** Opens a window, which is killed when the Scope closes. The tabs it opens are offered to `tabs`, what it does to `doings`. */
export const open = Effect.fnUntraced(function*(
  engine: Engine,
  tabs: Queue.Queue<string>,
  cache: string,
  doings?: Queue.Queue<Doing>
) {
  const told = yield* Effect.orDie(encodeEngine(engine))
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      fork(program, [told], {
        execArgv: ["--expose-gc"],
        stdio: "inherit",
        // The same program over and over: compiled once.
        env: { ...process.env, NODE_COMPILE_CACHE: cache }
      })
    ),
    (it) => Effect.sync(() => it.kill("SIGKILL"))
  )
  const ready = yield* Deferred.make<void>()
  const stopped = yield* Deferred.make<void>()
  const gone = yield* Deferred.make<never, WindowGone>()
  const joined = yield* Queue.unbounded<void>()
  const followed = yield* Queue.unbounded<void>()
  const passed = yield* Queue.unbounded<void>()
  const asked = yield* Ref.make(0)
  const waiting = new Map<number, Deferred.Deferred<ReadonlyArray<Told>>>()
  child.on("message", (message) => {
    const word = decodeWord(message)
    if (word._tag === "Stopped") Deferred.doneUnsafe(stopped, Effect.void)
    else if (word._tag === "Joined") Queue.offerUnsafe(joined, undefined)
    else if (word._tag === "Followed") Queue.offerUnsafe(followed, undefined)
    else if (word._tag === "Passed") Queue.offerUnsafe(passed, undefined)
    else if (word._tag === "Doing") {
      if (doings !== undefined) Queue.offerUnsafe(doings, { pid: child.pid ?? 0, what: word.what, state: word.state })
    } else if (word._tag === "Answer") {
      const answered = waiting.get(word.id)
      waiting.delete(word.id)
      if (answered !== undefined) Deferred.doneUnsafe(answered, Effect.succeed(word.told))
    } else if (word.url === "") Deferred.doneUnsafe(ready, Effect.void)
    else Queue.offerUnsafe(tabs, word.url)
  })
  child.once("close", () => Deferred.doneUnsafe(gone, Effect.fail(new WindowGone())))
  yield* Effect.raceFirst(Deferred.await(ready), Deferred.await(gone))

  const window: Window = {
    pid: child.pid ?? 0,
    ask: Effect.fnUntraced(function*(home: string, ask: Ask, account = "default") {
      const id = yield* Ref.updateAndGet(asked, (count) => count + 1)
      const answered = yield* Deferred.make<ReadonlyArray<Told>>()
      waiting.set(id, answered)
      const question: Question = { id, home, account, ask }
      child.send(question, () => {})
      return yield* Effect.raceFirst(Deferred.await(answered), Deferred.await(gone))
    }),
    forget: Effect.all([Queue.clear(joined), Queue.clear(followed), Queue.clear(passed)], { discard: true }),
    followed: Queue.take(followed),
    passed: Queue.take(passed),
    joined: (callers) => Effect.asVoid(Queue.takeN(joined, callers)),
    stopped: Deferred.await(stopped),
    signal: (signal) => Effect.sync(() => void child.kill(signal))
  }
  return window
})

/** What the one caller was told. */
export const single = (told: ReadonlyArray<Told>): Told => told[0] ?? { _tag: "Failed", code: "nothing", message: "" }
