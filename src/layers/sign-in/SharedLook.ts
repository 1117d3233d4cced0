/**
 * One look for all who ask in the same moment, where each would look for itself: at a file, say.
 */
import { Deferred, Effect, FiberSet, HashMap, Option, Ref, type Scope } from "effect"

/**
 * Shares `look` among those who ask about the same key until it begins: everybody gets the answer, or the failure, of a look that
 * began after they have asked, as if it were their own. It is nobody's: a caller who leaves does not end it, the Scope does, and who
 * waits for it then is interrupted.
 */
export const make = <K, A, E, R>(
  look: (key: K) => Effect.Effect<A, E, R>
): Effect.Effect<(key: K) => Effect.Effect<A, E>, never, R | Scope.Scope> =>
  Effect.gen(function*() {
    const run = yield* FiberSet.makeRuntime<R, A, E>()
    /** Those that have not begun. */
    const gathering = yield* Ref.make(HashMap.empty<K, Deferred.Deferred<A, E>>())

    const begin = (key: K, answer: Deferred.Deferred<A, E>) => {
      // Whoever asks from now on may have news to find.
      const begun = Ref.update(gathering, (all) => HashMap.remove(all, key))
      // A fiber that looked on the spot would have nobody to share with.
      const fiber = run(Effect.yieldNow.pipe(Effect.andThen(Effect.uninterruptible(begun)), Effect.andThen(look(key))))
      fiber.addObserver((exit) => Deferred.doneUnsafe(answer, exit))
    }

    return (key) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(
          Ref.modify(gathering, (all) => {
            const found = Option.getOrUndefined(HashMap.get(all, key))
            if (found !== undefined) return [{ answer: found, isNew: false }, all]
            const answer = Deferred.makeUnsafe<A, E>()
            return [{ answer, isNew: true }, HashMap.set(all, key, answer)]
          }),
          ({ answer, isNew }) => {
            if (isNew) begin(key, answer)
            return restore(Deferred.await(answer))
          }
        )
      )
  })
