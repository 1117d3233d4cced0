/**
 * Figures as they are read.
 */
import type { Spread } from "../measure/spread.ts"
import type { Comparison } from "../result.ts"

/** Three digits that count, and no more than there are. */
export const figure = (value: number): string => {
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(1)
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3
  return Number(value.toFixed(digits)).toLocaleString("en", { maximumFractionDigits: 3 })
}

/** The middle, and in brackets from where to where most of it lies. */
export const spread = ({ median, p10, p90, samples }: Spread): string =>
  samples === 1 || p10 === p90 ? figure(median) : `${figure(median)} (${figure(p10)}–${figure(p90)})`

const met = ({ goal }: Comparison): string => goal === undefined ? "" : goal.isMet ? "yes" : "**no**"

/** The columns of the table. */
export const columns = ["what", "unit", "ours", "against", "theirs", "ratio", "goal", "met"]

/** The cells of a line. */
export const cells = (line: Comparison): ReadonlyArray<string> => [
  line.what,
  line.unit,
  spread(line.ours),
  line.against?.who ?? "",
  line.against === undefined ? "" : spread(line.against.spread),
  line.ratio === undefined ? "" : figure(line.ratio),
  line.goal?.text ?? "",
  met(line)
]

/** A table of Markdown whose columns are aligned. */
export const table = (head: ReadonlyArray<string>, lines: ReadonlyArray<ReadonlyArray<string>>): string => {
  const width = (column: number) => Math.max(3, ...[head, ...lines].map((line) => (line[column] ?? "").length))
  const row = (line: ReadonlyArray<string>) => `| ${line.map((cell, at) => cell.padEnd(width(at))).join(" | ")} |`
  return [row(head), row(head.map((_, at) => "-".repeat(width(at)))), ...lines.map(row)].join("\n")
}
