/**
 * One thing that an examination of this machine has found.
 */
import { Schema } from "effect"

/** What a finding is about, in the order in which findings are told. */
export const Area = Schema.Literals([
  /** This program, and the Node that runs it. */
  "runtime",
  /** The variables of the environment. */
  "configuration",
  /** The OAuth client. */
  "client",
  /** The port that the provider sends the person back to. */
  "callback",
  /** What opens the provider's page. */
  "browser",
  /** The data directory. */
  "directory",
  /** The file of the stored sign-ins. */
  "store",
  /** The key that tokens are sealed with. */
  "vault",
  /** What processes hold so that others leave it to them. */
  "leases",
  /** Sign-ins that wait for their person. */
  "pending",
  /** Whether the provider answers. */
  "provider",
  /** This machine's clock. */
  "clock",
  /** How an account stands, and its access token; which of them is meant by who names none. */
  "account",
  /** What an account has granted. */
  "scopes",
  /** How long ago an account's person has consented. */
  "consent"
])
export type Area = typeof Area.Type

/** How bad it is: nothing to do; something to know of, or to do some day; something that keeps sign-in from working. */
export const Level = Schema.Literals(["ok", "warning", "problem"])
export type Level = typeof Level.Type

/** One sentence of what was found and, for all that is not in order, one of what to do about it. Neither holds a secret. */
export const Finding = Schema.Union([
  Schema.Struct({ area: Area, level: Schema.Literal("ok"), found: Schema.String }),
  Schema.Struct({
    area: Area,
    level: Schema.Literals(["warning", "problem"]),
    found: Schema.String,
    remedy: Schema.String
  })
])
export type Finding = typeof Finding.Type

export const ok = (area: Area, found: string): Finding => ({ area, level: "ok", found })

export const warning = (area: Area, found: string, remedy: string): Finding => ({
  area,
  level: "warning",
  found,
  remedy
})

export const problem = (area: Area, found: string, remedy: string): Finding => ({
  area,
  level: "problem",
  found,
  remedy
})

/** The level of the worst of them; `ok` if there are none. */
export const worst = (findings: ReadonlyArray<Finding>): Level => {
  const has = (level: Level) => findings.some((finding) => finding.level === level)
  if (has("problem")) return "problem"
  return has("warning") ? "warning" : "ok"
}
