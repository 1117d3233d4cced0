/**
 * Makes a schedule that shows a problem short, so that what is left of it is what matters.
 */
import type { Departure } from "../../services/exploring/Chooser.ts"

/** What is left of a schedule. */
export interface Shrunk {
  /** The shortest that was found to show the problem. */
  readonly departures: ReadonlyArray<Departure>
  /** How many runs that took. */
  readonly runs: number
}

/** By how many decisions what follows is tried earlier, or later, when a departure is left out. */
const shifts = [-1, -2, -3, 1]

/** The departures from one on, so many decisions later. */
const moved = (departures: ReadonlyArray<Departure>, from: number, shift: number) =>
  departures.map((departure, index) => index < from ? departure : { ...departure, at: departure.at + shift })

/**
 * Leaves departures out for as long as the problem stays, in halves first and one by one at the end (delta debugging), then
 * makes what is left smaller. `retry` runs a schedule and gives its departures as they came about if it shows the problem
 * still. Ends after `limit` runs at the latest, with the shortest that was found.
 */
export const shrink = (
  found: ReadonlyArray<Departure>,
  retry: (departures: ReadonlyArray<Departure>) => ReadonlyArray<Departure> | undefined,
  limit = 2_000
): Shrunk => {
  let best = found
  let runs = 0

  /** Whether the problem shows with these; then they are the best so far. */
  const adopt = (candidate: ReadonlyArray<Departure>): boolean => {
    if (runs >= limit) return false
    runs++
    const came = retry(candidate)
    if (came === undefined || weight(came) >= weight(best)) return false
    best = came
    return true
  }

  const without = (from: number, size: number) => best.filter((_, index) => index < from || index >= from + size)

  /** Leaves as much out as can be. */
  const fewer = () => {
    for (let size = best.length; size >= 1; size = Math.floor(size / 2)) {
      for (let from = best.length - size; from >= 0; from -= size) {
        // What is left out may move what comes after it.
        if (!adopt(without(from, size)) && size === 1) {
          shifts.some((shift) => adopt(moved(without(from, 1), from, shift)))
        }
      }
    }
  }

  /** Picks nearer to the front of the queue, and each departure earlier. */
  const smaller = () => {
    for (let index = 0; index < best.length; index++) {
      for (const picked of [1, Math.floor((best[index]?.picked ?? 0) / 2)]) {
        const departure = best[index]
        if (departure !== undefined && picked > 0 && picked < departure.picked) {
          adopt(best.map((other) => other === departure ? { ...departure, picked } : other))
        }
      }
    }
  }

  let before
  do {
    before = weight(best)
    fewer()
    smaller()
  } while (weight(best) < before)
  return { departures: best, runs }
}

/** Fewer departures first, then those nearer to what a stock scheduler does. */
const weight = (departures: ReadonlyArray<Departure>): number =>
  departures.reduce((sum, { picked }) => sum + 1_000 + picked, 0)
