/**
 * How a command ends: its exit codes, and the words for what went wrong.
 */
import { Cause, Data, Effect, Exit, Option, Predicate } from "effect"
import { withSettingNames } from "../settingNames.ts"

/**
 * `failed`: it could not be done; stderr says why. `usage`: the arguments make no sense. `notSignedIn`: that is the answer.
 * `unwell`: the doctor has found a problem. `interrupted`: by Ctrl-C, in the shells' own way; other signals have codes of their own.
 */
export const exitCodes = { ok: 0, failed: 1, usage: 2, notSignedIn: 3, unwell: 4, interrupted: 130 } as const

/** A command has said what it had to say, and ends with this code. */
export class EndsWith extends Data.TaggedError("EndsWith")<{ readonly code: number }> {}

export const endsWith = (code: number): Effect.Effect<void, EndsWith> =>
  code === exitCodes.ok ? Effect.void : new EndsWith({ code })

/** What a person is told of a failure: a cause and a remedy; of a bug, everything. */
const told = (cause: Cause.Cause<unknown>): string =>
  Option.match(Cause.findErrorOption(cause), {
    onNone: () => Cause.pretty(cause),
    onSome: (error) =>
      [
        Predicate.hasProperty(error, "message") ? error.message : error,
        Predicate.hasProperty(error, "remedy") ? withSettingNames(String(error.remedy)) : ""
      ]
        .filter((text) => text !== "")
        .join(" ")
  })

/** The code that a program ends with, and what is still to be said on stderr. */
export const endOf = (exit: Exit.Exit<unknown, unknown>): { readonly code: number; readonly say: string } => {
  if (Exit.isSuccess(exit)) return { code: exitCodes.ok, say: "" }
  if (Cause.hasInterruptsOnly(exit.cause)) return { code: exitCodes.interrupted, say: "" }
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  return error instanceof EndsWith ? { code: error.code, say: "" } : { code: exitCodes.failed, say: told(exit.cause) }
}
