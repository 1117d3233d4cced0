/**
 * What a file system says when it refuses, for the person: why, and what helps.
 */
import { Predicate } from "effect"
import { StoreUnavailable } from "../../services/storage/SessionStore.ts"

/** The way out that there always is. */
export const elsewhere = "choose another data directory, one that you can write to"

/** The operating system's code, if the error has one (`ENOENT`, `EACCES`, …). */
export const codeOf = (cause: unknown): string | undefined =>
  Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : undefined

/** Why the operating system refuses, and what helps; none for a code that says nothing to a person. */
export const explain = (code: string | undefined): { readonly why: string; readonly remedy: string } | undefined => {
  switch (code) {
    case "EROFS":
      return { why: "its file system is read-only", remedy: `Make it writable, or ${elsewhere}.` }
    case "ENOSPC":
    case "EDQUOT":
      return { why: "there is no space left", remedy: `Free some space, or ${elsewhere}.` }
    case "EACCES":
    case "EPERM":
      return {
        why: "this user lacks the permission",
        remedy: `Give the user this server runs as access to it, or ${elsewhere}.`
      }
    case undefined:
    default:
      return undefined
  }
}

/** The error for a file that the operating system refuses; `problem` is a sentence without its end. */
export const refused = (problem: string, cause: unknown): StoreUnavailable => {
  const code = codeOf(cause)
  const { remedy, why } = explain(code) ??
    { why: `the file system refuses (${code ?? "no reason given"})`, remedy: `Check the directory, or ${elsewhere}.` }
  return new StoreUnavailable({ problem: `${problem}: ${why}.`, remedy, cause })
}
