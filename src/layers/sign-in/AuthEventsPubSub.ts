/**
 * `AuthEvents` over one sliding `PubSub`: publishing never waits, a slow subscriber loses its oldest events.
 */
import { Effect, Layer, PubSub, Stream } from "effect"
import { type AuthEvent, AuthEvents } from "../../services/sign-in/AuthEvents.ts"

/** How far a subscriber may fall behind before it loses events. */
const capacity = 4096

/** Provides `AuthEvents`; needs nothing. Closing the layer's Scope ends every subscription. */
export const layer: Layer.Layer<AuthEvents> = Layer.effect(
  AuthEvents,
  Effect.gen(function*() {
    const events = yield* Effect.acquireRelease(PubSub.sliding<AuthEvent>(capacity), PubSub.shutdown)
    return AuthEvents.of({
      publish: (event) => Effect.asVoid(PubSub.publish(events, event)),
      subscribe: Effect.map(PubSub.subscribe(events), Stream.fromSubscription)
    })
  })
)
