/**
 * Where the tables of a TOML text begin and end. For a text that has been parsed: what does not parse is not understood.
 */
import { parse } from "smol-toml"

/** A table of a text, from the beginning of the line with its header to the end of the last line that says something. */
export interface Table {
  readonly path: ReadonlyArray<string>
  readonly start: number
  readonly end: number
}

/** A string, a comment, a line end, a bracket, white space, or one other character. */
const token =
  /"""(?:\\[^]|(?!""")[^])*?"{3,5}|'''[^]*?'{3,5}|"(?:\\.|[^"\\\r\n])*"|'[^'\r\n]*'|#[^\r\n]*|\r?\n|[[\]{}]|[ \t]+|[^]/gu

/** The keys of a header, which is a document of its own. */
const pathOf = (header: string): ReadonlyArray<string> => {
  const path: Array<string> = []
  let inner: unknown = parse(header)
  while (typeof inner === "object" && inner !== null) {
    const table: object = Array.isArray(inner) ? { ...inner[0] } : inner
    const [entry] = Object.entries(table)
    if (entry === undefined) break
    path.push(entry[0])
    inner = entry[1]
  }
  return path
}

/** Every table with a header, in the order of the text. */
export const tablesOf = (text: string): ReadonlyArray<Table> => {
  const tables: Array<{ path: ReadonlyArray<string>; start: number; end: number }> = []
  let depth = 0
  let line = 0
  let isBlank = true
  let header: number | undefined
  for (const { 0: found, index } of text.matchAll(token)) {
    const end = index + found.length
    if (found.endsWith("\n")) {
      line = end
      isBlank = true
      continue
    }
    const last = tables.at(-1)
    // A comment in a line that says something belongs to it; one in a line of its own may be about what follows.
    if (/^[ \t]/u.test(found) || (found.startsWith("#") && isBlank)) continue
    if (found === "[" && isBlank && depth === 0) {
      header = index
      tables.push({ path: [], start: line, end })
    } else if (last !== undefined) last.end = end
    isBlank = false
    if (found === "[" || found === "{") depth++
    if (found === "]" || found === "}") depth--
    const current = tables.at(-1)
    if (header !== undefined && depth === 0 && current !== undefined) {
      current.path = pathOf(text.slice(header, end))
      current.end = end
      header = undefined
    }
  }
  return tables
}
