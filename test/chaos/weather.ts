/**
 * Which mishaps are going on: what is done meanwhile may be excused by them, and by no others.
 */
import { Effect, HashMap, Option, Ref } from "effect"
import type { Mishap } from "./excuses.ts"

interface Seen {
  readonly begun: number
  readonly over: number
}

export interface Weather {
  /** Runs something that may disturb others. */
  readonly during: (mishap: Mishap) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Runs something, and tells which mishaps went on at any moment of it. */
  readonly watched: <A, E, R>(
    effect: Effect.Effect<A, E, R>
  ) => Effect.Effect<{ readonly result: A; readonly overlap: ReadonlySet<Mishap> }, E, R>
}

/**
 * Whoever was woken up, or finds room again, needs a moment to come round. What began by a wrong clock ends by it, and may have
 * been ended by others over its process's head, which is busy and has not heard of it.
 */
const aftermath = (mishap: Mishap) => mishap === "jump" ? "2 seconds" : "300 millis"

const none: Seen = { begun: 0, over: 0 }

export const make: Effect.Effect<Weather> = Effect.gen(function*() {
  const seen = yield* Ref.make(HashMap.empty<Mishap, Seen>())
  const of = (all: HashMap.HashMap<Mishap, Seen>, mishap: Mishap) =>
    Option.getOrElse(HashMap.get(all, mishap), () => none)
  const begin = (mishap: Mishap) =>
    Ref.update(seen, (all) => {
      const { begun, over } = of(all, mishap)
      return HashMap.set(all, mishap, { begun: begun + 1, over })
    })
  const end = (mishap: Mishap) =>
    Ref.update(seen, (all) => {
      const { begun, over } = of(all, mishap)
      return HashMap.set(all, mishap, { begun, over: over + 1 })
    })

  return {
    during: (mishap) => (effect) =>
      Effect.acquireUseRelease(
        begin(mishap),
        () => Effect.tap(effect, () => Effect.sleep(aftermath(mishap))),
        () => end(mishap)
      ),
    watched: Effect.fnUntraced(function*(effect) {
      const before = yield* Ref.get(seen)
      const result = yield* effect
      const after = yield* Ref.get(seen)
      // Those that had begun by now and were not over when it began.
      const overlap = new Set(
        Array.from(after).flatMap(([mishap, { begun }]) => begun > of(before, mishap).over ? [mishap] : [])
      )
      return { result, overlap }
    })
  }
})
