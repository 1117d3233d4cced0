/**
 * Many accounts in one process: what memory each takes while it is live, and whether one of them, whose refresh hangs at the
 * provider, keeps any other waiting.
 */
import { Effect, Fiber } from "effect"
import * as Gas from "../src/index.ts"
import { heapUsed } from "./measure/memory.ts"
import { exactly, quantile, type Spread, spreadOf } from "./measure/spread.ts"
import { millis } from "./measure/timed.ts"
import { compare, type RowResult } from "./result.ts"
import * as Ours from "./subjects/ours.ts"
import { World } from "./world/world.ts"

/** Memory is taken for linear while the last accounts take no more than so many times what the first further ones take. */
const linear = 1.2

/** How many tokens are asked for in a measurement, one after the other. */
const asked = 2_000

/** Microseconds of so many calls, each by itself. */
const latencies = (key: Gas.AccountKey) =>
  Effect.gen(function*() {
    const { accessToken } = yield* Gas.Sessions
    const call = Effect.map(millis(accessToken(key)), (took) => took * 1000)
    return yield* Effect.forEach(Array.from({ length: asked }), () => call)
  })

const p99 = (samples: ReadonlyArray<number>): number => quantile(samples.toSorted((one, other) => one - other), 0.99)

/** Calls for `quiet` between calls that come while the refresh of `hanging` hangs, in turns. */
const beside = Effect.fnUntraced(function*(quiet: Gas.AccountKey, turns: number) {
  const { behave, counts } = yield* World
  const { accessToken } = yield* Gas.Sessions
  const taken: { readonly alone: Array<number>; readonly beside: Array<number> } = { alone: [], beside: [] }
  yield* latencies(quiet)
  yield* Effect.forEach(Array.from({ length: turns }), (_, turn) =>
    Effect.gen(function*() {
      taken.alone.push(p99(yield* latencies(quiet)))
      const name = `hanging-${turn}`
      const key = yield* Ours.store(name, "no more")
      yield* behave(3600, `refresh-of-${name}`)
      const before = (yield* counts).refresh
      const waiting = yield* Effect.forkChild(accessToken(key), { startImmediately: true })
      // From when the provider has the request and sits on it.
      yield* Effect.repeat(counts, { until: ({ refresh }) => refresh > before })
      taken.beside.push(p99(yield* latencies(quiet)))
      if (waiting.pollUnsafe() !== undefined) return yield* Effect.die("the refresh was to hang")
      yield* Effect.forkDetach(Fiber.interrupt(waiting))
    }), { discard: true })
  return { alone: spreadOf(taken.alone), beside: spreadOf(taken.beside) }
})

/** Bytes of memory with so many accounts signed in, each of them asked for its token once, and how long a token then takes. */
const grown = Effect.fnUntraced(function*(sizes: ReadonlyArray<number>) {
  const { accessToken } = yield* Gas.Sessions
  const empty = yield* heapUsed
  let there = 0
  return yield* Effect.forEach(sizes, (size) =>
    Effect.gen(function*() {
      const names = Array.from({ length: size - there }, (_, index) => `account-${there + index}`)
      there = size
      const keys = yield* Effect.forEach(names, (name) => Ours.store(name, "an hour"))
      yield* Effect.forEach(keys, accessToken, { discard: true })
      const bytes = (yield* heapUsed) - empty
      const [key = Gas.defaultAccountKey] = keys
      return { size, bytes, latency: spreadOf(yield* latencies(key)) }
    }))
})

export const run = Effect.fnUntraced(function*(isQuick: boolean) {
  const home = yield* Ours.folder
  const sizes = isQuick ? [100, 200, 500] : [1_000, 2_000, 5_000, 10_000]
  const { growth, waits } = yield* Effect.gen(function*() {
    yield* Effect.flatMap(Ours.store("first", "an hour"), latencies)
    const measured = yield* grown(sizes)
    const quiet = yield* Ours.store("quiet", "an hour")
    return { growth: measured, waits: yield* beside(quiet, isQuick ? 3 : 7) }
  }).pipe(Effect.provide(Ours.layer({ _tag: "Files", home })))

  // What each further account takes: the first ones come with what is made once.
  const each = growth.slice(1).map(({ bytes, size }, index) => {
    const before = growth[index] ?? { bytes: 0, size: 0 }
    return (bytes - before.bytes) / (size - before.size)
  })
  const most = Math.max(...sizes)
  const range = `${Math.min(...sizes).toLocaleString("en")} to ${most.toLocaleString("en")} accounts`
  const points = (of: (one: typeof growth[number]) => Spread) => growth.map((one) => ({ x: one.size, y: of(one) }))
  const result: RowResult = {
    comparisons: [
      compare({
        id: "accounts-memory",
        what: `${most.toLocaleString("en")} accounts live: memory of each further one`,
        unit: "bytes",
        better: "less",
        ours: exactly(each.at(-1) ?? Number.NaN),
        goal: {
          text: `linear: within ${linear} times that of the first ones`,
          isMet: (each.at(-1) ?? Number.NaN) <= linear * (each[0] ?? Number.NaN)
        }
      }),
      compare({
        id: "accounts-delay",
        what: "p99 of an account's fresh token while another's refresh hangs",
        unit: "µs",
        better: "less",
        ours: waits.beside,
        against: { who: "the same while none hangs", spread: waits.alone },
        // A token that waited for the refresh would take seconds.
        goal: { text: "no delay: within twice", ratio: 0.5 }
      })
    ],
    curves: [
      {
        id: "accounts-memory",
        title: `Memory, by the number of accounts (${range})`,
        x: "accounts",
        y: "MB",
        series: [{ name: "heap", points: points(({ bytes }) => exactly(bytes / 1e6)) }]
      },
      {
        id: "accounts-token",
        title: "A fresh access token, by the number of accounts",
        x: "accounts",
        y: "µs",
        series: [{ name: "one caller", points: points(({ latency }) => latency) }]
      }
    ]
  }
  return result
}, Effect.scoped)
