/**
 * `CounterStore` in the file of the stores, whatever becomes of that file: counts go with the file they were in.
 */
import { Effect } from "effect"
import type { CounterStore } from "../../services/observability/CounterStore.ts"
import { nothing } from "../../services/observability/MachineCounters.ts"
import type { StoresFileCurrent } from "./StoresFileCurrent.ts"

/** Counts in a file that is there; without one, there is no place for them. */
export const make = (file: StoresFileCurrent): CounterStore["Service"] => ({
  add: (tally) => Effect.uninterruptible(file.reading(false, ({ counters }) => counters.add(tally))),
  read: file.reading(nothing, ({ counters }) => counters.read)
})
