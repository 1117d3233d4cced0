/**
 * `KeyedLock` as one `Semaphore` per key, kept for as long as somebody holds it or waits for it.
 */
import { Effect, Layer, RcMap, Scope, Semaphore } from "effect"
import { KeyedLock } from "../../services/sign-in/KeyedLock.ts"

/** Provides `KeyedLock`; needs nothing. Closing the layer's Scope interrupts nobody. */
export const layer: Layer.Layer<KeyedLock> = Layer.effect(
  KeyedLock,
  Effect.gen(function*() {
    const semaphores = yield* RcMap.make({ lookup: (_key: string) => Semaphore.make(1) })

    const withLock = (key: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      // A scope of its own for the reference count: a Scope that `effect` asks for has to be its caller's.
      Effect.scopedWith((holding) =>
        RcMap.get(semaphores, key).pipe(
          Scope.provide(holding),
          Effect.flatMap((semaphore) => semaphore.withPermit(effect))
        )
      )

    return KeyedLock.of({ withLock, keys: Effect.map(RcMap.keys(semaphores), (keys) => Array.from(keys)) })
  })
)
