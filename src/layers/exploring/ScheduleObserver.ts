/**
 * What runs a program under a schedule, as the program sees it.
 */
import { Context } from "effect"

export interface Observer {
  /** Whether decisions are the chooser's; a stock scheduler's otherwise. */
  isChoosing: boolean
  /** Adds to what the fiber at hand does. */
  readonly note: (text: string) => void
  /** Decides on a number from 0 up to `bound`. */
  readonly pick: (bound: number) => number
  /** Calls back once, at a moment of the chooser's; answers with how to take that back. */
  readonly onMoment: (resume: () => void) => () => void
  /** How many fibers there are. */
  readonly fibers: () => number
  /** Whether time has passed although somebody could go on. */
  readonly isHurried: () => boolean
}

/** Who watches the fiber at hand. Outside of an exploration nobody does, and nothing is out of the ordinary. */
export const Observed = Context.Reference<Observer>("mcp-gas/layers/exploring/ScheduleObserver/Observed", {
  defaultValue: () => ({
    isChoosing: false,
    note: () => {},
    pick: () => 0,
    onMoment: (resume) => {
      resume()
      return () => {}
    },
    fibers: () => 0,
    isHurried: () => false
  })
})
