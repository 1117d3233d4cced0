/**
 * An access token that is fresh, for one caller after the other and for many at once.
 *
 * Callers of this package are either fibers of a program in Effect, or promises, as in a server that knows nothing of Effect;
 * both are shown. A turn is long enough for the clock: few callers at once ask more often.
 */
import { Effect } from "effect"
import * as Gas from "../src/index.ts"
import { millis } from "./measure/timed.ts"
import { inTurns } from "./measure/turns.ts"
import { compare, type RowResult, type Series } from "./result.ts"
import * as GoogleClient from "./subjects/googleClient.ts"
import * as Ours from "./subjects/ours.ts"
import { Outside } from "./world/outside.ts"

/** How many tokens are handed out in a turn, at least. */
const tokens = 20_000

/** Microseconds for each of so many callers at once, over as many rounds as make a turn. */
const each = <E, R>(callers: number, round: Effect.Effect<unknown, E, R>): Effect.Effect<number, E, R> => {
  const rounds = Math.ceil(tokens / callers)
  return Effect.map(
    millis(Effect.forEach(Array.from({ length: rounds }), () => round, { discard: true })),
    (took) => took * 1000 / (rounds * callers)
  )
}

/** One round after the other, within one promise: nothing else is between them. */
const eachPromised = (callers: number, round: () => Promise<unknown>): Effect.Effect<number> => {
  const rounds = Math.ceil(tokens / callers)
  const all = async () => {
    // One after the other is what is measured.
    // oxlint-disable-next-line no-await-in-loop
    for (let done = 0; done < rounds; done++) await round()
  }
  return Effect.map(millis(Effect.promise(all)), (took) => took * 1000 / (rounds * callers))
}

export const run = Effect.fnUntraced(function*(isQuick: boolean) {
  const { origin } = yield* Outside
  const home = yield* Ours.folder
  const google = GoogleClient.make(origin, Date.now() + 3_600_000)
  const sizes = [1, 100, 10_000]
  const measured = yield* Effect.gen(function*() {
    const key = yield* Ours.store("fresh", "an hour")
    const { accessToken } = yield* Gas.Sessions
    const context = yield* Effect.context<never>()
    const promised = () => Effect.runPromiseWith(context)(accessToken(key))
    yield* accessToken(key)
    return yield* Effect.forEach(sizes, (callers) => {
      const everybody = Array.from({ length: callers })
      return Effect.map(
        inTurns({
          fibers: each(
            callers,
            callers === 1
              ? accessToken(key)
              : Effect.forEach(everybody, () => accessToken(key), { concurrency: "unbounded", discard: true })
          ),
          promises: eachPromised(
            callers,
            callers === 1 ? promised : () => Promise.all(everybody.map(promised))
          ),
          google: eachPromised(
            callers,
            callers === 1 ? () => google.getAccessToken() : () => GoogleClient.callers(google, callers)
          )
        }, isQuick ? 5 : 21),
        (taken) => ({ callers, taken })
      )
    })
  }).pipe(Effect.provide(Ours.layer({ _tag: "Files", home })))

  const who = "`google-auth-library`"
  const series = (name: string, of: "fibers" | "promises" | "google"): Series => ({
    name,
    points: measured.map(({ callers, taken }) => ({ x: callers, y: taken[of] }))
  })
  const result: RowResult = {
    comparisons: measured.flatMap(({ callers, taken }) => {
      const what = `a fresh access token, ${callers === 1 ? "one caller" : `${callers.toLocaleString("en")} at once`}`
      const line = { unit: "µs each", better: "less", against: { who, spread: taken.google } } as const
      return [
        compare({
          ...line,
          id: `fresh-${callers}`,
          what,
          ours: taken.fibers,
          goal: { text: "ahead", ratio: 1 }
        }),
        compare({ ...line, id: `fresh-${callers}-promises`, what: `${what}, by promises`, ours: taken.promises })
      ]
    }),
    curves: [{
      id: "fresh-token",
      title: "A fresh access token, by the number of callers at once",
      x: "callers",
      y: "µs for each",
      series: [
        series("mcp-gas, fibers", "fibers"),
        series("mcp-gas, promises", "promises"),
        series("google-auth-library", "google")
      ]
    }]
  }
  return result
}, Effect.scoped)
