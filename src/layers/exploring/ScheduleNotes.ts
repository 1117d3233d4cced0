/**
 * What a program tells of itself, for its traces. Outside of an exploration it does nothing.
 */
import { Context, Effect } from "effect"
import { Observed } from "./ScheduleObserver.ts"

/** The name of the fiber. */
export const FiberName = Context.Reference<string>("mcp-gas/layers/exploring/ScheduleNotes/FiberName", {
  defaultValue: () => ""
})

/** Names the fiber that runs this, and the fibers that it forks. */
export const named = (name: string) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(effect, FiberName, name)

/**
 * Adds to what the fiber does in the trace. It is an operation like any other, so that a fiber can be interrupted before it:
 * where that would make a race that is not there without, use `teller`.
 */
export const note = (text: string): Effect.Effect<void> =>
  Effect.flatMap(Observed, (observer) => Effect.sync(() => observer.note(text)))

/** The same as a function, which is no operation: for notes inside of what is one step. */
export const teller: Effect.Effect<(text: string) => void> = Effect.map(Observed, ({ note: tell }) => tell)
