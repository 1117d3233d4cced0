/**
 * Safeties that were taken out without a test noticing, and why.
 */
import type { Mutant } from "./mutant.ts"

/** What was taken out, and what keeps it right all the same. */
export interface Spare extends Pick<Mutant, "safety" | "file" | "find"> {
  readonly because: string
}

const flows = "src/layers/sign-in/AuthFlowsFibers.ts"
const starting = "src/layers/sign-in/AuthFlowStart.ts"

export const spares: ReadonlyArray<Spare> = [
  {
    safety: "The second look for a session, under the lock",
    file: starting,
    find: `if (Option.isSome(session)) return { _tag: "Found", session: session.value } as const`,
    because: "Whoever has the turn to run a flow looks once more before there is one, and finds the same session."
  },
  {
    safety: "A sign-out keeps callers of its window from joining the flow of another one that it is ending",
    file: flows,
    find: "yield* Deferred.succeed(here.entry.condemned, undefined)\n",
    because:
      "The decision that is made with it ends the following as well. In the moment between the two, a caller can " +
      "come upon the other window's flow either way, and is told that it was signed out."
  },
  {
    safety: "Own writes and others' told in their order",
    file: "src/layers/storage/SlotChanges.ts",
    find: "inOrder.withPermit(Effect.tap(write, (slot) => slot === undefined ? Effect.void : tell(slot)))",
    because:
      "A statement on SQLite runs to its end before anything else does, so that nothing comes between a write and " +
      "telling of it. A database that is asked over a network would need it."
  }
]
