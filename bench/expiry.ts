/**
 * Callers who all find the access token expired: how often the provider is asked, and how long it is until everybody has the new
 * one.
 */
import { Effect } from "effect"
import * as Gas from "../src/index.ts"
import { exactly } from "./measure/spread.ts"
import { millis } from "./measure/timed.ts"
import { inTurns } from "./measure/turns.ts"
import { compare, type RowResult, type Series } from "./result.ts"
import * as GoogleClient from "./subjects/googleClient.ts"
import * as Ours from "./subjects/ours.ts"
import { Outside } from "./world/outside.ts"
import { World } from "./world/world.ts"

/** Refresh requests that the provider got while this ran. */
const posts = <E, R>(effect: Effect.Effect<unknown, E, R>): Effect.Effect<number, E, R | World> =>
  Effect.gen(function*() {
    const { counts } = yield* World
    const before = (yield* counts).refresh
    yield* effect
    return (yield* counts).refresh - before
  })

const both = (callers: number) =>
  Effect.gen(function*() {
    const { origin } = yield* Outside
    const { accessToken } = yield* Gas.Sessions
    const everybody = Array.from({ length: callers })
    let turn = 0
    const ours = Effect.suspend(() => Ours.store(`expired-${callers}-${turn++}`, "no more")).pipe(
      Effect.map((key) =>
        Effect.forEach(everybody, () => accessToken(key), { concurrency: "unbounded", discard: true })
      )
    )
    const google = Effect.sync(() => {
      const client = GoogleClient.make(origin, Date.now() - 1_000)
      return Effect.promise(() => GoogleClient.callers(client, callers))
    })
    return { ours, google }
  })

export const run = Effect.fnUntraced(function*(isQuick: boolean) {
  const home = yield* Ours.folder
  const sizes = isQuick ? [1, 10_000] : [1, 100, 1_000, 10_000]
  const measured = yield* Effect.forEach(sizes, (callers) =>
    Effect.gen(function*() {
      const { google, ours } = yield* both(callers)
      const taken = yield* inTurns({
        ours: Effect.flatMap(ours, millis),
        google: Effect.flatMap(google, millis)
      }, isQuick ? 5 : 15)
      return {
        callers,
        taken,
        posts: { ours: yield* posts(Effect.flatten(ours)), google: yield* posts(Effect.flatten(google)) }
      }
    })).pipe(Effect.provide(Ours.layer({ _tag: "Files", home })))

  const who = "`google-auth-library`"
  const series = (name: string, of: "ours" | "google"): Series => ({
    name,
    points: measured.map(({ callers, taken }) => ({ x: callers, y: taken[of] }))
  })
  const result: RowResult = {
    comparisons: measured.flatMap(({ callers, posts: { google, ours }, taken }) =>
      callers === 10_000
        ? [
          compare({
            id: "expiry-posts",
            what: "10,000 callers at expiry: requests to the provider",
            unit: "POSTs",
            better: "less",
            ours: exactly(ours),
            against: { who, spread: exactly(google) },
            goal: { text: "1", within: 1 }
          }),
          compare({
            id: "expiry-wall",
            what: "10,000 callers at expiry: until all have the new token",
            unit: "ms",
            better: "less",
            ours: taken.ours,
            against: { who, spread: taken.google },
            goal: { text: "ahead", ratio: 1 }
          })
        ]
        : []
    ),
    curves: [{
      id: "expiry",
      title: "An expired access token, by the number of callers at once",
      x: "callers",
      y: "ms until all have it",
      series: [series("mcp-gas", "ours"), series("google-auth-library", "google")]
    }]
  }
  return result
}, Effect.scoped)
