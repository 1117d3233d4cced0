/**
 * One file of the sources as the API pages need it: its statements, and the docstring in front of any of them.
 */
import { readFileSync } from "node:fs"
import { posix } from "node:path"
import { type ESTree, parseSync } from "rolldown/utils"
import * as Docstring from "./Docstring.ts"

/** Something with a place in the text. */
export interface Placed {
  readonly start: number
  readonly end: number
}

export interface SourceFile {
  /** From the root of the repository on, with slashes. */
  readonly path: string
  readonly statements: ReadonlyArray<ESTree.Directive | ESTree.Statement>
  /** The docstring of the whole file; none if the first one belongs to the first statement. */
  readonly about: Docstring.Docstring | undefined
  /** The docstring right in front of this. */
  readonly docOf: (node: Placed) => Docstring.Docstring | undefined
  /** How this is written, without the indentation of where it stands. */
  readonly textOf: (node: Placed) => string
}

const root = new URL("../../", import.meta.url)

const unindented = (text: string, column: number): string =>
  text.split("\n").map((line, at) => at === 0 ? line : line.slice(Math.min(column, line.search(/\S|$/)))).join("\n")

/** Takes the text of a file apart. */
export const parse = (path: string, text: string): SourceFile => {
  const { comments, errors, program } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path} cannot be read: ${errors.map(({ message }) => message).join(", ")}`)

  const commentBefore = ({ start }: Placed) =>
    comments.findLast(({ end, type }) => type === "Block" && end <= start && text.slice(end, start).trim() === "")
  const docOf = (node: Placed) => {
    const comment = commentBefore(node)
    return comment && Docstring.parse(comment.value)
  }
  const [first] = comments
  const [statement] = program.body
  const isDeclaration = statement?.type === "ExportNamedDeclaration" && statement.declaration !== null
  const isOfTheFile = first?.start === 0 && statement !== undefined &&
    (!isDeclaration || commentBefore(statement) !== first)

  return {
    path,
    statements: program.body,
    about: first !== undefined && isOfTheFile ? Docstring.parse(first.value) : undefined,
    docOf,
    textOf: ({ end, start }) => {
      const lineStart = text.lastIndexOf("\n", start - 1) + 1
      return unindented(text.slice(start, end), text.slice(lineStart).search(/\S/))
    }
  }
}

/** Reads a file by its path from the root of the repository on. */
export const read = (path: string): SourceFile =>
  parse(path, readFileSync(new URL(path, root), "utf8").replaceAll("\r\n", "\n"))

/** The file that a relative import in `from` means. */
export const resolve = (from: string, specifier: string): string => posix.join(posix.dirname(from), specifier)
