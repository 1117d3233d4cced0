/**
 * A `Chooser` that decides as it was decided before.
 */
import type { Chooser, Departure } from "../../services/exploring/Chooser.ts"

/**
 * Departs where these departures say, and nowhere else. Where there is less to choose from than there was, it takes the last
 * there is: departures of another run are a run too.
 */
export const make = (departures: ReadonlyArray<Pick<Departure, "at" | "picked">>): Chooser => {
  const picks = new Map(departures.map(({ at, picked }) => [at, picked]))
  let at = 0
  return { choose: (bound) => Math.min(picks.get(at++) ?? 0, bound - 1) }
}
