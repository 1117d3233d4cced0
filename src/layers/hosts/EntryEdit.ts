/**
 * What an edit of a config is asked for and what it comes to, whichever the format.
 */
import { Equal } from "effect"
import type { HostEntry } from "../../services/hosts/Host.ts"

/** The entry, and where it belongs. */
export interface Wanted {
  readonly container: string
  readonly name: string
  readonly entry: HostEntry
}

export interface Edited {
  readonly _tag: "Unchanged" | "Add" | "Replace"
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
