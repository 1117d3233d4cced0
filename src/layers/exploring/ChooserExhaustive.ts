/**
 * `Chooser`s for every schedule near a stock scheduler's, each once.
 */
import type { ChoiceKind, Chooser } from "../../services/exploring/Chooser.ts"

/** Which schedules there are to be. */
export interface Options {
  /** How many departures a schedule may have. */
  readonly departures: number
  /**
   * Kinds of decisions that are not counted, so that every choice there is is made. With `["task"]`, these are all schedules
   * with at most so many forced yields and early timers, in every order of those who can go on: out of reach for all but
   * small programs.
   */
  readonly uncounted?: ReadonlyArray<ChoiceKind>
  /** Departs at each so-many-th decision only, which gives a sample from the whole run; at each unless said. */
  readonly stride?: number
}

/**
 * Depth first. Each chooser has to have been used for a whole run before the next one is taken, and the program has to do
 * the same under the same decisions.
 */
export function* all({ departures, stride = 1, uncounted = [] }: Options): Generator<Chooser, void> {
  let prefix: ReadonlyArray<number> = []
  while (true) {
    const path: Array<number> = []
    const bounds: Array<number> = []
    let left = departures
    let decisions = 0
    yield {
      choose: (bound, kind) => {
        const isCounted = !uncounted.includes(kind)
        if ((isCounted && left === 0) || decisions++ % stride > 0) return 0
        const picked = prefix[path.length] ?? 0
        if (picked >= bound) {
          throw new Error("The program depends on more than its schedule: it decides on less than before.")
        }
        path.push(picked)
        bounds.push(bound)
        if (isCounted && picked > 0) left--
        return picked
      }
    }
    let last = path.length - 1
    while (last >= 0 && (path[last] ?? 0) + 1 >= (bounds[last] ?? 0)) last--
    if (last < 0) return
    prefix = [...path.slice(0, last), (path[last] ?? 0) + 1]
  }
}
