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

/** Adds a line to the trace. */
export const note = (text: string): Effect.Effect<void> =>
  Effect.flatMap(Observed, (observer) => Effect.sync(() => observer.note(text)))
