/**
 * Callers who join a flow that is under way and wait for its outcome: what each of them costs, in time and in memory.
 */
import { Effect, Fiber } from "effect"
import { performance } from "node:perf_hooks"
import * as Gas from "../src/index.ts"
import { heapUsed } from "./measure/memory.ts"
import { spreadOf } from "./measure/spread.ts"
import { timed } from "./measure/timed.ts"
import { compare, type RowResult } from "./result.ts"
import * as Ours from "./subjects/ours.ts"
import { Outside } from "./world/outside.ts"

/** What each of so many callers has cost. */
interface Cost {
  /** Microseconds until everybody has joined and waits. */
  readonly joining: number
  /** Microseconds from the first caller's session to the last one's. */
  readonly hearing: number
  /** Bytes while they wait. */
  readonly bytes: number
}

const join = (key: Gas.AccountKey) =>
  Effect.flatMap(
    Gas.AuthFlows.use((flows) => flows.start(key, { openBrowser: false })),
    (started) =>
      started._tag === "AlreadyAuthenticated" ? Effect.die("there is a session already") : Effect.succeed(started.flow)
  )

/** Waits for the outcome, and answers with when it came. */
const heard = ({ outcome }: Gas.AuthFlow) => Effect.map(outcome, () => performance.now())

/** One flow with so many callers in a process that has had flows before. */
const joined = Effect.fnUntraced(function*(name: string, callers: number) {
  const { visit } = yield* Outside
  const key = Gas.AccountKey.make(name)
  const flow = yield* join(key)
  const before = yield* heapUsed
  const everybody = Array.from({ length: callers })
  const [millis, waiting] = yield* timed(Effect.gen(function*() {
    const flows = yield* Effect.forEach(everybody, () => join(key), { concurrency: "unbounded" })
    return yield* Effect.forkChild(Effect.forEach(flows, heard, { concurrency: "unbounded" }), {
      startImmediately: true
    })
  }))
  const bytes = (yield* heapUsed) - before
  visit(flow.authorizationUrl)
  const times = (yield* Fiber.join(waiting)).toSorted((one, other) => one - other)
  const hearing = (times.at(-1) ?? Number.NaN) - (times[0] ?? Number.NaN)
  const cost: Cost = {
    joining: millis * 1000 / callers,
    hearing: hearing * 1000 / callers,
    bytes: bytes / callers
  }
  return cost
})

const costs = Effect.fnUntraced(function*(callers: number, times: number, series = "counted") {
  const taken = yield* Effect.forEach(
    Array.from({ length: times }),
    (_, index) => joined(`${series}-${callers}-${index}`, callers)
  )
  return {
    total: spreadOf(taken.map(({ hearing, joining }) => hearing + joining)),
    joining: spreadOf(taken.map((each) => each.joining)),
    hearing: spreadOf(taken.map((each) => each.hearing)),
    bytes: spreadOf(taken.map((each) => each.bytes))
  }
})

export const run = Effect.fnUntraced(function*(isQuick: boolean) {
  const home = yield* Ours.folder
  const growth = isQuick ? [10, 100, 1_000] : [10, 100, 1_000, 10_000]
  const measured = yield* Effect.gen(function*() {
    yield* costs(100, 2, "warm-up")
    return yield* Effect.forEach(
      growth,
      (callers) => Effect.map(costs(callers, isQuick || callers === 10_000 ? 3 : 9), (cost) => ({ callers, cost }))
    )
  }).pipe(Effect.provide(Ours.layer({ _tag: "Files", home })))

  const points = (of: "joining" | "hearing" | "bytes") =>
    measured.map(({ callers, cost }) => ({ x: callers, y: cost[of] }))
  const at = (callers: number) => measured.flatMap((each) => each.callers === callers ? [each.cost] : [])
  const result: RowResult = {
    comparisons: [
      ...at(1_000).flatMap(({ bytes, total }) => [
        compare({
          id: "joining-cost",
          what: "1,000 callers join one flow: each",
          unit: "µs",
          better: "less",
          ours: total,
          goal: { text: "under 20 µs", within: 20 }
        }),
        compare({
          id: "joining-memory",
          what: "1,000 callers wait for one flow: memory of each",
          unit: "bytes",
          better: "less",
          ours: bytes,
          goal: { text: "under 2 kB", within: 2_000 }
        })
      ]),
      ...at(10_000).flatMap(({ bytes, total }) => [
        compare({
          id: "joining-cost-10000",
          what: "10,000 callers join one flow: each",
          unit: "µs",
          better: "less",
          ours: total
        }),
        compare({
          id: "joining-memory-10000",
          what: "10,000 callers wait for one flow: memory of each",
          unit: "bytes",
          better: "less",
          ours: bytes
        })
      ])
    ],
    curves: [
      {
        id: "joining-cost",
        title: "Joining a flow, by the number of callers",
        x: "callers",
        y: "µs for each",
        series: [{ name: "joining", points: points("joining") }, {
          name: "hearing of the outcome",
          points: points("hearing")
        }]
      },
      {
        id: "joining-memory",
        title: "Memory of a waiting caller, by their number",
        x: "callers",
        y: "bytes for each",
        series: [{ name: "heap", points: points("bytes") }]
      }
    ]
  }
  return result
}, Effect.scoped)
