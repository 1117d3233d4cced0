/**
 * Putting an entry into a TOML text as a table of its own, and changing nothing else of it.
 *
 * There is no parser that keeps comments, so the text is edited, and what came of it is compared with what was there.
 */
import { Predicate, Result } from "effect"
import { parse, stringify, TomlError, type TomlTable } from "smol-toml"
import {
  type Edited,
  isSame,
  lineEndOf,
  notA,
  over,
  type Refusal,
  unsafe,
  type Wanted,
  withoutEntry
} from "./EntryEdit.ts"
import { type Table, tablesOf } from "./TomlTables.ts"

const documentOf = (text: string): Result.Result<TomlTable, Refusal> =>
  Result.try({
    try: () => parse(text, { integersAsBigInt: "asNeeded" }),
    // The message quotes the text, which may hold secrets.
    catch: (cause) => ({
      problem: cause instanceof TomlError ? `It is no valid TOML: see line ${cause.line}.` : "It is no valid TOML."
    })
  })

const isTable = (value: unknown): value is object =>
  Predicate.isObject(value) && !Array.isArray(value) && !(value instanceof Date)

const meant = (document: TomlTable, { container, name }: Wanted): unknown => {
  const entries: unknown = document[container]
  return Predicate.hasProperty(entries, name) ? entries[name] : undefined
}

/** A table as it is written, by the line ends of a text. */
const rendered = ({ container, entry, name }: Wanted, lineEnd: string): string =>
  stringify({ [container]: { [name]: entry } }).trimEnd().replaceAll("\n", lineEnd)

const append = (text: string, wanted: Wanted): string => {
  const lineEnd = lineEndOf(text)
  const ended = text === "" || text.endsWith("\n") ? text : text + lineEnd
  const isApart = ended === "" || /(?:^|\n)\r?\n$/u.test(ended)
  return ended + (isApart ? "" : lineEnd) + rendered(wanted, lineEnd) + lineEnd
}

/** The first of some tables is replaced, the others are taken out with the empty lines before them. */
const replace = (text: string, first: Table, others: ReadonlyArray<Table>, wanted: Wanted): string => {
  let after = text
  for (const { end, start } of others.toReversed()) {
    after = after.slice(0, start).replace(/(?:\r?\n[ \t]*)+$/u, "") + after.slice(end)
  }
  return after.slice(0, first.start) + rendered(wanted, lineEndOf(text)) + after.slice(first.end)
}

const change = (text: string, document: TomlTable, wanted: Wanted): Result.Result<Edited, Refusal> => {
  const { container, entry, name } = wanted
  const holder: unknown = document[container]
  if (holder !== undefined && !isTable(holder)) return Result.fail(notA(container, "a table"))
  const present = meant(document, wanted)
  if (present === undefined) return Result.succeed({ _tag: "Add", entry, after: append(text, wanted) })
  if (!isTable(present)) return Result.fail(notA(`${container}.${name}`, "a table"))
  const { _tag, entry: kept } = over(present, wanted)
  if (_tag === "Unchanged") return Result.succeed({ _tag, entry: kept, after: text })
  const [first, ...others] = tablesOf(text).filter(({ path }) => path[0] === container && path[1] === name)
  return first === undefined
    ? Result.fail(unsafe)
    : Result.succeed({ _tag, entry: kept, after: replace(text, first, others, { ...wanted, entry: kept }) })
}

/** Whether the entry is in a document as wanted, and the rest of it says what the document before said. */
const isAsWanted = (before: TomlTable, after: TomlTable, wanted: Wanted): boolean =>
  isSame(meant(after, wanted), wanted.entry) &&
  stringify(withoutEntry(after, wanted)) === stringify(withoutEntry(before, wanted))

/** The text with the entry in it, or why that is not to be had. */
export const edit = (text: string, wanted: Wanted): Result.Result<Edited, Refusal> =>
  Result.flatMap(
    documentOf(text),
    (before) =>
      Result.flatMap(change(text, before, wanted), (edited) =>
        Result.match(documentOf(edited.after), {
          onFailure: () => Result.fail(unsafe),
          onSuccess: (after) =>
            isAsWanted(before, after, { ...wanted, entry: edited.entry }) ? Result.succeed(edited) : Result.fail(unsafe)
        }))
  )

/** What a person would put into such a text by hand. */
export const snippet = (wanted: Wanted): string => rendered(wanted, "\n")
