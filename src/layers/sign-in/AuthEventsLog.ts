/**
 * Writes what happens in the sign-in engine to the log, a line an event.
 */
import { Effect, Layer, Stream } from "effect"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"

/** Provides nothing; needs `AuthEvents`. Forged callbacks and browsers that did not open are warnings. */
export const layer: Layer.Layer<never, never, AuthEvents> = Layer.effectDiscard(
  Effect.gen(function*() {
    const events = yield* Effect.flatMap(AuthEvents, ({ subscribe }) => subscribe)
    yield* Stream.runForEach(
      events,
      ({ _tag, ...details }) =>
        (_tag === "CallbackForged" || _tag === "BrowserFailed" ? Effect.logWarning(_tag) : Effect.logInfo(_tag)).pipe(
          Effect.annotateLogs(details)
        )
    ).pipe(
      Effect.forkScoped
    )
  })
)
