/**
 * One sign-in of this process from its registration on: it follows the flow of another process, or runs its own, and goes
 * on where another process dies, until its callers have their outcome.
 */
import { Cause, Effect, Exit, Scope } from "effect"
import * as AuthFlowEntry from "./AuthFlowEntry.ts"
import type * as AuthFlowFollow from "./AuthFlowFollow.ts"
import type { Options } from "./AuthFlowOpen.ts"
import * as AuthFlowRun from "./AuthFlowRun.ts"
import type { AuthFlowSought } from "./AuthFlowSought.ts"
import * as AuthFlowTab from "./AuthFlowTab.ts"
import * as AuthFlowTurn from "./AuthFlowTurn.ts"

/** Makes the life of a sign-in over the services it needs. */
export const make = Effect.fnUntraced(function*(
  options: Options,
  sought: AuthFlowSought,
  follow: AuthFlowFollow.AuthFlowFollow
) {
  const tab = yield* AuthFlowTab.make
  const turn = yield* AuthFlowTurn.make(sought, follow, tab)
  const run = yield* AuthFlowRun.make(options, sought, tab)

  /** Lives to the end. Interrupting it is the layer's shutdown; what a flow of another process comes to is not affected. */
  return (entry: AuthFlowEntry.AuthFlowEntry) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.acquireUseRelease(
        Scope.make(),
        Effect.fnUntraced(function*(holding) {
          const release = Scope.close(holding, Exit.void)
          const turned = yield* turn(entry).pipe(
            Scope.provide(holding),
            Effect.raceFirst(AuthFlowEntry.endedEarly(entry)),
            restore,
            Effect.exit
          )
          if (Exit.isFailure(turned)) {
            yield* release
            return yield* AuthFlowEntry.settle(
              entry,
              Cause.hasInterrupts(turned.cause)
                ? Exit.fail(AuthFlowEntry.shutdown)
                : Exit.failCause(turned.cause)
            )
          }
          if (turned.value._tag === "Own") return yield* restore(run(entry, turned.value, release))
          yield* release
          yield* AuthFlowEntry.settle(entry, turned.value.outcome)
        }),
        (holding) => Scope.close(holding, Exit.void)
      )
    )
})
