/**
 * Putting an entry into a JSON text, with or without comments, and changing nothing else of it.
 */
import { Predicate, Result } from "effect"
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode
} from "jsonc-parser"
import { type Edited, isSame, notA, over, type Refusal, unsafe, type Wanted, withoutEntry } from "./EntryEdit.ts"
import * as JsonLayout from "./JsonLayout.ts"

/** `json`: the format and nothing else. `jsonc`: comments and trailing commas as well. */
export type Dialect = "json" | "jsonc"

/** What the parser calls `CommaExpected`, as a person reads it. */
const wordsOf = (error: ParseError): string =>
  printParseErrorCode(error.error).replaceAll(/(?<!^)([A-Z])/gu, " $1").toLowerCase()

/** The text as a tree; none if there is nothing in it. */
const treeOf = (text: string, dialect: Dialect): Result.Result<Node | undefined, Refusal> => {
  const errors: Array<ParseError> = []
  const tree = parseTree(text, errors, {
    disallowComments: dialect === "json",
    allowTrailingComma: dialect === "jsonc",
    allowEmptyContent: true
  })
  const [first] = errors
  if (first === undefined) return Result.succeed(tree)
  const line = text.slice(0, first.offset).split("\n").length
  return Result.fail({ problem: `It is no valid JSON: ${wordsOf(first)} in line ${line}.` })
}

/** The value of a node. Its objects have no prototype, so that no name means anything to them. */
const valueOf = (node: Node): unknown => getNodeValue(node)

/** What counts in a text, for a host: of two properties with one name, the last. */
const meant = (root: Node, { container, name }: Wanted): unknown => {
  const document = valueOf(root)
  if (!Predicate.hasProperty(document, container)) return undefined
  const entries = document[container]
  return Predicate.hasProperty(entries, name) ? entries[name] : undefined
}

const othersIn = (root: Node, wanted: Wanted): string => {
  const document = valueOf(root)
  return JSON.stringify(Predicate.isObject(document) ? withoutEntry(document, wanted) : document)
}

/** Whether the entry is in a text as wanted, and the rest of it says what the text before said. */
const isAsWanted = (before: Node | undefined, after: Node | undefined, wanted: Wanted): boolean =>
  after !== undefined && isSame(meant(after, wanted), wanted.entry) &&
  othersIn(after, wanted) === (before === undefined ? "{}" : othersIn(before, wanted))

const change = (text: string, root: Node | undefined, wanted: Wanted): Result.Result<Edited, Refusal> => {
  const { container, entry, name } = wanted
  const entries = { [name]: entry }
  if (root === undefined) {
    return Result.succeed({ _tag: "Add", entry, after: JsonLayout.whole(text, { [container]: entries }) })
  }
  if (root.type !== "object") return Result.fail(notA("What it holds", "an object"))
  const holder = findNodeAtLocation(root, [container])
  if (holder === undefined) {
    return Result.succeed({ _tag: "Add", entry, after: JsonLayout.insert(text, root, root, container, entries) })
  }
  if (holder.type !== "object") return Result.fail(notA(`"${container}"`, "an object"))
  const present = findNodeAtLocation(holder, [name])
  if (present === undefined) {
    return Result.succeed({ _tag: "Add", entry, after: JsonLayout.insert(text, root, holder, name, entry) })
  }
  if (present.type !== "object") return Result.fail(notA(`"${name}" in "${container}"`, "an object"))
  const value = valueOf(present)
  if (!Predicate.isObject(value)) return Result.fail(unsafe)
  const { _tag, entry: kept } = over(value, wanted)
  const after = _tag === "Unchanged" ? text : JsonLayout.replaceValue(text, root, holder, present, kept)
  return Result.succeed({ _tag, entry: kept, after })
}

/** The text with the entry in it, or why that is not to be had. */
export const edit = (text: string, dialect: Dialect, wanted: Wanted): Result.Result<Edited, Refusal> =>
  Result.flatMap(
    treeOf(text, dialect),
    (before) =>
      Result.flatMap(change(text, before, wanted), (edited) =>
        Result.match(treeOf(edited.after, dialect), {
          onFailure: () => Result.fail(unsafe),
          onSuccess: (after) =>
            isAsWanted(before, after, { ...wanted, entry: edited.entry }) ? Result.succeed(edited) : Result.fail(unsafe)
        }))
  )

/** What a person would put into such a text by hand. */
export const snippet = ({ container, entry, name }: Wanted): string =>
  JSON.stringify({ [container]: { [name]: entry } }, null, 2)
