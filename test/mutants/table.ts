/**
 * `docs/mutants.md`: the table of what was taken out and which test noticed, and the list of what nobody misses.
 */
import type { Killer, Mutant } from "./mutant.ts"
import { spares } from "./spares.ts"

/** A mutant and the test that noticed. */
export interface Killed {
  readonly mutant: Mutant
  readonly by: Killer
}

const cell = (text: string) => text.replaceAll("|", "\\|")

const short = (file: string) => file.replace(/^test\//, "").replace(/\.test\.ts$/, "")

/** The cells of a row, without what makes columns. */
export const unpadded = (line: string): ReadonlyArray<string> =>
  line.split(/(?<!\\)\|/).slice(1, -1).map((text) => text.trim())

/** The cells that a mutant's row begins with. */
export const rowStart = ({ file, rule, safety }: Mutant): ReadonlyArray<string> => [
  cell(safety),
  rule,
  `\`${file.slice(file.lastIndexOf("/") + 1)}\``
]

/** Columns as the formatter has them. */
const table = (killed: ReadonlyArray<Killed>): string => {
  const rows = [
    ["taken out", "rule", "of", "noticed by"],
    ...killed.map(({ by, mutant }) => [...rowStart(mutant), `${short(by.file)}: ${cell(by.test)}`])
  ]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>) => `| ${row.map((text, at) => text.padEnd(widths[at] ?? 0)).join(" | ")} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n")
}

const missed = (): string => spares.map(({ because, safety }) => `- **${safety}.** ${because}`).join("\n")

/** Puts a text between the two comments of this name. */
const between = (docs: string, name: string, text: string): string => {
  const begin = `<!-- ${name} -->`
  const end = `<!-- end of ${name} -->`
  const from = docs.indexOf(begin)
  const to = docs.indexOf(end)
  return from < 0 || to < from ? docs : `${docs.slice(0, from + begin.length)}\n\n${text}\n\n${docs.slice(to)}`
}

/** The list of what nobody misses, as it has to stand in the page. */
export const withSpares = (docs: string): string => between(docs, "not missed", missed())

/** The page with the table of a run. */
export const withTable = (docs: string, killed: ReadonlyArray<Killed>): string =>
  withSpares(between(docs, "mutants", table(killed)))
