/**
 * `MachineCounters` for a machine that has one process, and as long as that lives.
 */
import { DateTime, Effect, Layer, Ref } from "effect"
import { MachineCounters, nothing, withOne } from "../../services/observability/MachineCounters.ts"

/** Provides `MachineCounters`; needs nothing. What was counted is gone with the layer's Scope. */
export const layer: Layer.Layer<MachineCounters> = Layer.effect(
  MachineCounters,
  Effect.map(Ref.make(nothing), (tally) =>
    MachineCounters.of({
      add: (series) =>
        Effect.flatMap(DateTime.now, (now) => Ref.update(tally, (before) => withOne(before, series, now))),
      read: Ref.get(tally)
    }))
)
