/**
 * Those who wait for a flow on a modelled machine, and what they are told, in a word.
 */
import { Cause, Effect, Exit, Fiber, Option } from "effect"
import type { AuthFlow } from "../../src/services/sign-in/AuthFlows.ts"
import type { Window } from "../modelled/command.ts"
import type { ModelledWindow } from "./modelledWindow.ts"

export interface Caller {
  readonly window: Window
  /** `nothing`, as long as that is so. */
  readonly told: () => string
}

export interface Callers {
  /** Those who wait, or have been told and not been dismissed. */
  readonly all: () => ReadonlyArray<Caller>
  /** Has somebody wait in a window. */
  readonly wait: (window: Window, at: ModelledWindow, flow: AuthFlow) => Effect.Effect<void>
  /** One of them is interrupted. */
  readonly leave: (index: number) => Effect.Effect<void>
  readonly dismiss: (whom: (caller: Caller) => boolean) => void
}

/** Of a failure its code, or `nothing` where that is what it says. */
export const wordOf = <A>(
  exit: Exit.Exit<A, { readonly code: string }>,
  word: (value: A) => string,
  nothing?: string
): string => {
  if (Exit.isSuccess(exit)) return word(exit.value)
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  if (error === undefined) return Cause.pretty(exit.cause)
  return error.code === nothing ? "nothing" : error.code
}

export const make = (): Callers => {
  let all: ReadonlyArray<Caller & { readonly waiting: Fiber.Fiber<string> }> = []
  return {
    all: () => all,
    wait: Effect.fnUntraced(function*(window, { inIt }, { outcome }) {
      const told = Effect.map(Effect.exit(inIt(outcome)), (exit) => wordOf(exit, () => "signed in"))
      const waiting = yield* Effect.forkDetach(told, { startImmediately: true })
      const now = () => {
        const exit = waiting.pollUnsafe()
        return exit === undefined ? "nothing" : wordOf(exit, (word) => word)
      }
      all = [...all, { window, told: now, waiting }]
    }),
    leave: (index) =>
      Effect.suspend(() => {
        const leaving = all[index]
        all = all.filter((caller) => caller !== leaving)
        return leaving === undefined ? Effect.void : Fiber.interrupt(leaving.waiting)
      }),
    dismiss: (whom) => {
      all = all.filter((caller) => !whom(caller))
    }
  }
}
