/**
 * `AuthEvents` that are counted, as they are published, for the machine.
 */
import { Effect, Layer } from "effect"
import { countsOf } from "../../services/observability/AuthCounts.ts"
import { MachineCounters } from "../../services/observability/MachineCounters.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"

/** Provides `AuthEvents`; needs those it is to count, and `MachineCounters`; finalizes nothing. Nobody waits for a count to be kept. */
export const layer: Layer.Layer<AuthEvents, never, AuthEvents | MachineCounters> = Layer.effect(
  AuthEvents,
  Effect.gen(function*() {
    const { publish, subscribe } = yield* AuthEvents
    const counters = yield* MachineCounters
    return AuthEvents.of({
      subscribe,
      publish: (event) => Effect.andThen(counters.add(countsOf(event)), publish(event))
    })
  })
)
