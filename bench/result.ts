/**
 * What the rows of the benchmark come to.
 */
import type { Spread } from "./measure/spread.ts"

/** A figure of somebody else, taken in the same run. */
export interface Other {
  readonly who: string
  readonly spread: Spread
}

/** What was asked for: a ratio to somebody else, a value to stay within, or something that is seen and not computed. */
export type Goal =
  | { readonly text: string; readonly ratio: number }
  | { readonly text: string; readonly within: number }
  | { readonly text: string; readonly isMet: boolean }

/** One line of the table. */
export interface Comparison {
  /** Names it in `results/notes.json`. */
  readonly id: string
  readonly what: string
  readonly unit: string
  readonly better: "more" | "less"
  readonly ours: Spread
  readonly against?: Other
  /** How many times better ours is: above 1 it is ahead, whether more or less is better. */
  readonly ratio?: number
  readonly goal?: { readonly text: string; readonly isMet: boolean }
}

/** Measured points of one subject, `x` ascending. */
export interface Series {
  readonly name: string
  readonly points: ReadonlyArray<{ readonly x: number; readonly y: Spread }>
}

/** How a cost grows. */
export interface Curve {
  /** The name of its file, without ending. */
  readonly id: string
  readonly title: string
  readonly x: string
  readonly y: string
  readonly series: ReadonlyArray<Series>
}

export interface RowResult {
  readonly comparisons: ReadonlyArray<Comparison>
  readonly curves: ReadonlyArray<Curve>
}

/** A line without what is computed from the rest of it. */
export interface Measured extends Pick<Comparison, "id" | "what" | "unit" | "better" | "ours" | "against"> {
  readonly goal?: Goal
}

const isMet = (goal: Goal, ours: number, ratio: number | undefined): boolean => {
  if ("isMet" in goal) return goal.isMet
  return "within" in goal ? ours <= goal.within : ratio !== undefined && ratio >= goal.ratio
}

/** Computes the ratio, and whether the goal is met. */
export const compare = ({ goal, ...line }: Measured): Comparison => {
  const theirs = line.against?.spread.median
  const own = line.ours.median
  const ratio = theirs === undefined ? undefined : line.better === "more" ? own / theirs : theirs / own
  return {
    ...line,
    ...(ratio === undefined ? {} : { ratio }),
    ...(goal === undefined ? {} : { goal: { text: goal.text, isMet: isMet(goal, own, ratio) } })
  }
}
