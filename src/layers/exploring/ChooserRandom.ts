/**
 * A `Chooser` that decides at random, the same for the same seed.
 */
import type { Chooser } from "../../services/exploring/Chooser.ts"

/** mulberry32: numbers from 0 up to 1, the same for the same seed. */
const numbersOf = (seed: number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** What seeds take turns with: some races show where nearly nobody is interrupted, others where everybody is. */
const restlessnesses = [0.003, 0.02, 0.06, 0.15]

/** The same for early timers, which are rarer: what is slow is seldom that slow. */
const impatiences = [0, 0.001, 0.005, 0.02]

/** The same for moments: how likely each operation is to be the one. Soon, or late in a program of some thousands. */
const hastes = [0.0003, 0.001, 0.003, 0.02]

/** Comes true with a probability, asked again and again: how often it will not is drawn at once, since that is mostly thousands. */
const seldom = (probability: number, next: () => number) => {
  const calmFor = () =>
    probability <= 0
      ? Number.POSITIVE_INFINITY
      : probability >= 1
      ? 0
      : Math.floor(Math.log1p(-next()) / Math.log1p(-probability))
  let calm = calmFor()
  return () => {
    if (calm > 0) {
      calm--
      return 0
    }
    calm = calmFor()
    return 1
  }
}

/** The seeds in turn. */
const turn = (all: ReadonlyArray<number>, seed: number): number => all[Math.abs(seed) % all.length] ?? 0

/**
 * Which fiber goes on, and every number, is drawn evenly. `restlessness`, from 0 up to 1, is how likely each forced yield is;
 * unless given, it depends on the seed, as does how likely an early timer is, and how soon the moments come that may be any.
 */
export const make = (seed: number, restlessness = turn(restlessnesses, seed)): Chooser => {
  const next = numbersOf(seed)
  const isRestless = seldom(restlessness, next)
  const isEarly = seldom(turn(impatiences, Math.floor(seed / restlessnesses.length)), next)
  const isTheMoment = seldom(turn(hastes, Math.floor(seed / 2)), next)
  return {
    choose: (bound, kind) => {
      switch (kind) {
        case "task":
        case "value":
          return Math.floor(next() * bound)
        case "moment":
          return isTheMoment()
        case "time":
          return isEarly()
        case "yield":
          return isRestless()
      }
    }
  }
}
