/**
 * How a JSON text is laid out, and putting a property into an object such that it looks as if it had always been there.
 *
 * `modify` of the parser lays out whole lines anew and puts a property between a value and the comment behind it.
 */
import { type Node, visit } from "jsonc-parser"
import { lineEndOf } from "./EntryEdit.ts"

const isOneLine = (text: string, { length, offset }: Node): boolean =>
  !/[\r\n]/u.test(text.slice(offset, offset + length))

const isFilled = ({ children = [] }: Node): boolean => children.length > 0

/** The white space at the beginning of the line that an offset is in. */
const indentOf = (text: string, offset: number): string => {
  const line = Math.max(text.lastIndexOf("\n", offset - 1), text.lastIndexOf("\r", offset - 1)) + 1
  return /^[ \t]*/u.exec(text.slice(line, offset))?.[0] ?? ""
}

/** Whether nothing but white space is before an offset in its line. */
const isFirstInLine = (text: string, offset: number): boolean => /(?:^|[\r\n])[ \t]*$/u.test(text.slice(0, offset))

/** One step of indentation: that of the first property, if it has a line of its own. */
const unitOf = (text: string, { children: [first] = [] }: Node): string => {
  const unit = first !== undefined && isFirstInLine(text, first.offset) ? indentOf(text, first.offset) : ""
  return unit === "" ? "  " : unit
}

/** Where each comment begins, and where it ends. */
const commentsOf = (text: string): ReadonlyMap<number, number> => {
  const comments = new Map<number, number>()
  visit(text, { onComment: (offset, length) => void comments.set(offset, offset + length) })
  return comments
}

/** The ends of the comments that follow an offset, with nothing between them but what `space` allows; first the offset. */
const ends = (text: string, from: number, space: RegExp): ReadonlyArray<number> => {
  const comments = commentsOf(text)
  const found = [from]
  for (let at = from; at < text.length;) {
    const end = comments.get(at)
    if (end !== undefined) found.push(end)
    else if (!space.test(text.charAt(at))) break
    at = end ?? at + 1
  }
  return found
}

const lastOf = (offsets: ReadonlyArray<number>, otherwise: number): number => offsets.at(-1) ?? otherwise

/** A value over as many lines as it needs, the first of them without indentation. */
const spread = (value: unknown, unit: string, indent: string, lineEnd: string): string =>
  JSON.stringify(value, null, unit).replaceAll("\n", lineEnd + indent)

/** A text that holds one value, behind whatever comments a text without any has. */
export const whole = (text: string, value: unknown): string => {
  const lineEnd = lineEndOf(text)
  const before = text.trim() === "" || text.endsWith("\n") ? text.trimStart() : text + lineEnd
  return before + spread(value, "  ", "", lineEnd) + lineEnd
}

/** Puts another value in the place of a property's. */
export const replaceValue = (text: string, root: Node, object: Node, present: Node, value: unknown): string => {
  const rendered = isOneLine(text, object)
    ? JSON.stringify(value)
    : spread(value, unitOf(text, root), indentOf(text, present.parent?.offset ?? present.offset), lineEndOf(text))
  return text.slice(0, present.offset) + rendered + text.slice(present.offset + present.length)
}

/** The only property of an object, behind the comments in it. */
const insertOnly = (text: string, root: Node, object: Node, key: string, value: unknown): string => {
  const open = object.offset + 1
  const at = lastOf(ends(text, open, /\s/u), open)
  const close = object.offset + object.length - 1
  const name = JSON.stringify(key)
  if (isFilled(root) && isOneLine(text, root)) {
    return `${text.slice(0, at)}${name}:${JSON.stringify(value)}${text.slice(at)}`
  }
  const lineEnd = lineEndOf(text)
  const unit = unitOf(text, root)
  const outer = indentOf(text, object.offset)
  const rest = text.slice(at, close)
  return text.slice(0, at) + lineEnd + outer + unit + `${name}: ` + spread(value, unit, outer + unit, lineEnd) +
    (/[\r\n]/u.test(rest) ? rest : lineEnd + outer) + text.slice(close)
}

/** Another property of an object, behind the last and the comments in its line; a trailing comma gets another. */
const insertLast = (text: string, root: Node, object: Node, [first, last]: readonly [Node, Node], property: {
  readonly key: string
  readonly value: unknown
}): string => {
  const end = last.offset + last.length
  const next = ends(text, end, /\s/u).map((from) => from + (/^\s*/u.exec(text.slice(from))?.[0].length ?? 0))
  const comma = next.find((at) => text.charAt(at) === ",")
  const start = comma === undefined ? end : comma + 1
  const at = lastOf(ends(text, start, /[ \t]/u), start)
  const name = JSON.stringify(property.key)
  const lineEnd = lineEndOf(text)
  const unit = unitOf(text, root)
  const indent = isFirstInLine(text, first.offset)
    ? indentOf(text, first.offset)
    : indentOf(text, object.offset) + unit
  const rendered = isOneLine(text, object)
    ? `${name}:${JSON.stringify(property.value)}`
    : `${lineEnd}${indent}${name}: ${spread(property.value, unit, indent, lineEnd)}`
  return text.slice(0, end) + (comma === undefined ? "," : "") + text.slice(end, at) + rendered +
    (comma === undefined ? "" : ",") + text.slice(at)
}

/** Puts a property into an object that has none of its name. */
export const insert = (text: string, root: Node, object: Node, key: string, value: unknown): string => {
  const [first, ...others] = object.children ?? []
  return first === undefined
    ? insertOnly(text, root, object, key, value)
    : insertLast(text, root, object, [first, others.at(-1) ?? first], { key, value })
}
