/**
 * One sign-in in many processes: how long it is until the others hear of its outcome, and until one of them goes on with it when
 * the process that runs it is killed.
 */
import { Effect } from "effect"
import { fileURLToPath } from "node:url"
import * as Child from "./measure/child.ts"
import { spreadOf } from "./measure/spread.ts"
import { compare, type RowResult } from "./result.ts"
import * as Ours from "./subjects/ours.ts"
import type { Ask, Told } from "./subjects/windowTalk.ts"
import { Outside } from "./world/outside.ts"

const program = fileURLToPath(new URL("./subjects/windowProcess.ts", import.meta.url))

type Window = Child.Child<Ask, Told>

const windows = Effect.fnUntraced(function*(count: number) {
  const { origin } = yield* Outside
  const home = yield* Ours.folder
  const all = yield* Effect.forEach(
    Array.from({ length: count }),
    () => Child.start<Ask, Told>(program, [home, origin]),
    { concurrency: "unbounded" }
  )
  yield* Effect.forEach(all, (window) => Child.heard(window, "Ready"), { discard: true })
  return all
})

/** Has the first one begin a sign-in that all others join; its address. */
const together = Effect.fnUntraced(function*([first, ...others]: ReadonlyArray<Window>, name: string) {
  if (first === undefined) return yield* Effect.die("nobody is there")
  const shown = Effect.fnUntraced(function*(window: Window) {
    yield* window.tell({ _tag: "SignIn", name })
    const { told } = yield* Child.heard(window, "Shown")
    return told._tag === "Shown" ? told.url : ""
  })
  const url = yield* shown(first)
  yield* Effect.forEach(others, shown, { concurrency: "unbounded", discard: true })
  return url
})

/** Milliseconds from the outcome in the process that runs the sign-in until the last of its followers has heard of it. */
const latency = Effect.fnUntraced(function*(all: ReadonlyArray<Window>, name: string) {
  const { visit } = yield* Outside
  visit(yield* together(all, name))
  const [first = 0, ...others] = yield* Effect.forEach(
    all,
    (window) => Effect.map(Child.heard(window, "SignedIn"), ({ at }) => at),
    { concurrency: "unbounded" }
  )
  return Math.max(...others) - first
})

/** Milliseconds from the kill of the process that runs a sign-in until another one runs it, listening again. */
const takeover = Effect.gen(function*() {
  const all = yield* windows(2)
  yield* together(all, "taken-over")
  const [first, second] = all
  if (first === undefined || second === undefined) return yield* Effect.die("two were started")
  const killed = yield* first.kill
  return (yield* Child.heard(second, "Runs")).at - killed
}).pipe(Effect.scoped)

const times = <A, E, R>(count: number, effect: (index: number) => Effect.Effect<A, E, R>) =>
  Effect.forEach(Array.from({ length: count }), (_, index) => effect(index))

export const run = Effect.fnUntraced(function*(isQuick: boolean) {
  const followers = isQuick ? [1, 3] : [1, 3, 7]
  const growth = yield* Effect.gen(function*() {
    const all = yield* windows(Math.max(...followers) + 1)
    yield* latency(all, "warm-up")
    return yield* Effect.forEach(followers, (count) =>
      Effect.map(
        times(isQuick ? 3 : 11, (index) => latency(all.slice(0, count + 1), `followed-${count}-${index}`)),
        (taken) => ({ count, taken: spreadOf(taken) })
      ))
  }).pipe(Effect.scoped)
  const takeovers = yield* times(isQuick ? 2 : 7, () => takeover)

  const result: RowResult = {
    comparisons: [
      ...growth.map(({ count, taken }) =>
        compare({
          id: `follower-latency-${count}`,
          what: `a sign-in ends in one process: until ${
            count === 1 ? "the other" : `the last of ${count} others`
          } has it`,
          unit: "ms",
          better: "less",
          ours: taken
        })
      ),
      compare({
        id: "flow-takeover",
        what: "the process of a sign-in is killed: until another runs it",
        unit: "ms",
        better: "less",
        ours: spreadOf(takeovers)
      })
    ],
    curves: [{
      id: "follower-latency",
      title: "Hearing of a sign-in that another process ran, by the number of followers",
      x: "followers",
      y: "ms until the last has it",
      series: [{ name: "mcp-gas", points: growth.map(({ count, taken }) => ({ x: count, y: taken })) }]
    }]
  }
  return result
}, Effect.scoped)
