/**
 * What an edit of a config is asked for and what it comes to, whichever the format.
 */
import { Equal, Predicate } from "effect"
import type { Host, HostEntry } from "../../services/hosts/Host.ts"
import * as HostVariables from "../../services/hosts/HostVariables.ts"

/** The entry, and where it belongs. */
export interface Wanted {
  readonly container: string
  readonly name: string
  readonly entry: HostEntry
  /** What the entry calls its variables. */
  readonly variables: Host["variables"]
}

export interface Edited {
  readonly _tag: "Unchanged" | "Add" | "Update" | "Replace"
  /** What the entry says then. */
  readonly entry: HostEntry
  /** The whole text. */
  readonly after: string
}

/** Why a text is left as it is: one sentence, without anything of its content. */
export interface Refusal {
  readonly problem: string
}

/** A text that an edit would change more of than the entry, or in which the entry would not be what counts. */
export const unsafe: Refusal = {
  problem: "The entry is written there in a way that nothing but a person can change safely."
}

export const notA = (what: string, kind: string): Refusal => ({ problem: `${what} is something else than ${kind}.` })

/** Whether both say the same, in whatever order. */
export const isSame = (one: unknown, other: unknown): boolean => Equal.equals(one, other)

const isVariables = (value: unknown): value is HostVariables.EntryVariables =>
  Predicate.isObject(value) && !(value instanceof Date) && Object.values(value).every(Predicate.isString)

/**
 * What an entry that is there should become. One that says nothing but what is wanted, and variables, keeps those that
 * are not wanted otherwise; any other gives way as a whole.
 */
export const over = (present: object, { entry, variables }: Wanted): Pick<Edited, "_tag" | "entry"> => {
  const { [variables]: theirs, ...others }: Readonly<Record<string, unknown>> = { ...present }
  const { [variables]: ours, ...own } = entry
  const isLost = Object.entries(others).some(([key, value]) => !isSame(value, own[key]))
  if (isLost || (theirs !== undefined && !isVariables(theirs))) return { _tag: "Replace", entry }
  const kept = theirs === undefined
    ? entry
    : { ...entry, [variables]: HostVariables.over(theirs, isVariables(ours) ? ours : {}) }
  return { _tag: isSame(present, kept) ? "Unchanged" : "Update", entry: kept }
}

/** The line end that a text uses; `\n` for a text without any. */
export const lineEndOf = (text: string): string => /\r?\n/u.exec(text)?.[0] ?? "\n"

/** The parsed document without the wanted entry, and without its container if nothing else is in it. In order. */
export const withoutEntry = (
  document: object,
  { container, name }: Wanted
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(document).flatMap(([key, value]: [string, unknown]) => {
      if (key !== container || typeof value !== "object" || value === null) return [[key, value]]
      const others = Object.entries(value).filter(([other]) => other !== name)
      return others.length === 0 ? [] : [[key, Object.fromEntries(others)]]
    })
  )
