/**
 * Who decides what happens next in a program that is explored.
 */

/**
 * What there is to decide: which of the fibers that can go on does (`task`), whether a fiber yields before its next operation
 * (`yield`), whether time passes although somebody could go on (`time`); and, for programs that ask, whether now is the moment
 * for something that may come at any (`moment`), and a number (`value`).
 */
export type ChoiceKind = "task" | "yield" | "time" | "moment" | "value"

/**
 * Makes the decisions of one run. A chooser belongs to its run: it is asked for one decision after the other, and may
 * remember them.
 */
export interface Chooser {
  /**
   * An integer from 0 up to `bound`, without that. 0 is what a stock scheduler does: first come first served, no
   * yield, no haste, not yet.
   */
  readonly choose: (bound: number, kind: ChoiceKind) => number
}

/** A decision other than a stock scheduler's. All others of a run are 0, so a run is its departures. */
export interface Departure {
  /** Which decision of the run it is, from 0. */
  readonly at: number
  /** What was decided. */
  readonly kind: ChoiceKind
  /** What was chosen: above 0, below `bound`. */
  readonly picked: number
  /** How many choices there were. */
  readonly bound: number
}
