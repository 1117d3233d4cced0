/**
 * The `CallbackServer` of `docs/scaling.md`, as it is printed there but for where the library is.
 */
import { Effect, Layer } from "effect"
import { CallbackServer } from "../../src/index.ts"

/** Listens nowhere: whoever serves `redirectUri` hands the address to `AuthFlows.complete`, on whichever machine that is. */
export const layer = (redirectUri: string): Layer.Layer<CallbackServer> =>
  Layer.succeed(CallbackServer, {
    open: () =>
      Effect.succeed({
        redirectUri,
        answer: () => Effect.void,
        correct: () => Effect.void,
        linger: Effect.void,
        seen: Effect.void
      })
  })
