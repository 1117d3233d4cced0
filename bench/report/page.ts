/**
 * The results as a page: the table, what is to be said of each goal that was missed, the plots, and the conditions.
 */
import { Schema } from "effect"
import type { Comparison, Curve } from "../result.ts"
import type { Machine } from "./machine.ts"
import { cells, columns, figure, table } from "./words.ts"

/** What somebody has written of a goal that was missed. */
const Note = Schema.Struct({ reason: Schema.String, next: Schema.String })

/** By the `id` of the line. */
export const Notes = Schema.Record(Schema.String, Note)
export type Notes = typeof Notes.Type

export interface Run {
  readonly machine: Machine
  /** Minutes that it took. */
  readonly minutes: number
  readonly comparisons: ReadonlyArray<Comparison>
  readonly curves: ReadonlyArray<Curve>
}

const missed = ({ comparisons }: Run, notes: Notes): ReadonlyArray<string> =>
  comparisons.filter(({ goal }) => goal?.isMet === false).map(({ against, goal, id, ours, ratio, unit, what }) => {
    const beside = against === undefined || ratio === undefined ? "" : `, ${figure(ratio)} of ${against.who}`
    const note = notes[id]
    const said = note === undefined
      ? `Nobody has written why yet: \`${id}\` in \`notes.json\`.`
      : `${note.reason} Next: ${note.next}`
    return `- **${what}** (goal: ${goal?.text}; measured: ${figure(ours.median)} ${unit}${beside}). ${said}`
  })

/** The page, without the plots' files. */
export const page = (run: Run, notes: Notes): string => {
  const { machine } = run
  const notMet = missed(run, notes)
  return [
    "# The benchmark, as it was run last",
    "",
    "Written by `npm run bench`; [docs/benchmark.md](../../docs/benchmark.md) says what is measured and how. All figures are of one",
    "run. A figure is the median of its turns, with the 10th and 90th percentile in brackets. A ratio says how many times",
    "better ours is, whether more is better or less: above 1 it is ahead.",
    "",
    table(columns, run.comparisons.map(cells)),
    "",
    "## Goals that were not met",
    "",
    ...(notMet.length === 0 ? ["None."] : notMet),
    "",
    "## Growth",
    "",
    ...run.curves.flatMap(({ id, title }) => [`![${title}](${id}.svg)`, ""]),
    "## Conditions",
    "",
    table(["what", "is"], [
      ["processor", `${machine.cpu}, ${machine.cores} cores`],
      ["memory", `${machine.memoryGB} GB`],
      ["system", machine.system],
      ["Node", machine.node],
      ["a commit that is on the disk (SQLite, WAL, `synchronous=FULL`)", `${figure(machine.commitMillis)} ms`],
      ["load when the run began, over a minute", figure(machine.load)],
      ["the run took", `${figure(run.minutes)} minutes`],
      ...Object.entries(machine.versions).map(([name, version]) => [`\`${name}\``, version])
    ]),
    ""
  ].join("\n")
}
