/**
 * Few looks for many who ask in the same moment, where each would look for itself: at a file, say.
 */
import { Deferred, Effect, Exit, FiberSet, HashMap, Option, Ref, type Scope } from "effect"

/** The look of a key that is under way, and the answer of the next one, if anybody waits for that. */
type Next<A, E> = Option.Option<Deferred.Deferred<A, E>>

/**
 * Shares `look` among those who ask about the same key. Whoever asks while none is under way has one at once; all who ask while one is
 * under way, or has ended in this moment, share the next, which begins when that has ended. So everybody gets the answer, or the failure, of a look that began after
 * they have asked, as if it were their own. It is nobody's: a caller who leaves does not end it, the Scope does, and who waits for it
 * then is interrupted.
 */
export const make = <K, A, E, R>(
  look: (key: K) => Effect.Effect<A, E, R>
): Effect.Effect<(key: K) => Effect.Effect<A, E>, never, R | Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const run = yield* FiberSet.makeRuntime<R, void, never>()
    /** Of every key that is being looked at. */
    const looks = yield* Ref.make(HashMap.empty<K, Next<A, E>>())

    /** Looks until nobody waits any more. */
    const begin = (key: K, first: Deferred.Deferred<A, E>) => {
      let owed = first
      const looking = Effect.gen(function*() {
        while (true) {
          Deferred.doneUnsafe(owed, yield* Effect.exit(look(key)))
          // A look may well end on the spot: all who come in this moment are to share the next.
          yield* Effect.yieldNow
          // Whoever asks from now on may have news to find.
          const next = yield* Ref.modify(looks, (all) => {
            const waited = Option.flatten(HashMap.get(all, key))
            return [waited, Option.isSome(waited) ? HashMap.set(all, key, Option.none()) : HashMap.remove(all, key)]
          })
          if (Option.isNone(next)) return
          owed = next.value
        }
      })
      run(looking).addObserver((exit) => {
        // The Scope has closed; otherwise nobody waits for this any more, and who waits by now does so for somebody else.
        if (Exit.isSuccess(exit)) return
        Deferred.doneUnsafe(owed, Exit.interrupt())
        const waited = Option.flatten(HashMap.get(Ref.getUnsafe(looks), key))
        if (Option.isSome(waited)) Deferred.doneUnsafe(waited.value, Exit.interrupt())
      })
    }

    return (key) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(
          Ref.modify(looks, (all) => {
            // In one step with the registration: nobody is left for whom nobody looks any more.
            if (scope.state._tag === "Closed") return [undefined, all]
            const known = Option.getOrUndefined(HashMap.get(all, key))
            if (known !== undefined && Option.isSome(known)) return [{ answer: known.value, isFirst: false }, all]
            const answer = Deferred.makeUnsafe<A, E>()
            const isFirst = known === undefined
            return [{ answer, isFirst }, HashMap.set(all, key, isFirst ? Option.none() : Option.some(answer))]
          }),
          (registered) => {
            if (registered === undefined) return Effect.interrupt
            const { answer, isFirst } = registered
            if (isFirst) begin(key, answer)
            return restore(Deferred.await(answer))
          }
        )
      )
  })
