/**
 * What happens in a composed sign-in, counted: in the metrics of this process, and for the machine.
 */
import { Layer } from "effect"
import * as AuthEventsCounted from "../../layers/observability/AuthEventsCounted.ts"
import * as AuthEventsMetered from "../../layers/observability/AuthEventsMetered.ts"
import * as MachineCountersBatched from "../../layers/observability/MachineCountersBatched.ts"
import * as MachineCountersMemory from "../../layers/observability/MachineCountersMemory.ts"
import type { CounterStore } from "../../services/observability/CounterStore.ts"
import type { MachineCounters } from "../../services/observability/MachineCounters.ts"
import type { AuthEvents } from "../../services/sign-in/AuthEvents.ts"

const layerEvents = AuthEventsCounted.layer.pipe(Layer.provide(AuthEventsMetered.layer))

/** Provides `AuthEvents` that count, over those that are heard; with counters that all processes of this user share. */
export const layer: Layer.Layer<AuthEvents | MachineCounters, never, AuthEvents | CounterStore> = layerEvents.pipe(
  Layer.provideMerge(MachineCountersBatched.layer)
)

/** The same with counters that end with the layer. */
export const layerMemory: Layer.Layer<AuthEvents | MachineCounters, never, AuthEvents> = layerEvents.pipe(
  Layer.provideMerge(MachineCountersMemory.layer)
)
