/**
 * `Leases` among the callers of one process: for tests, and for embedders who run only one.
 */
import { Deferred, Effect, HashMap, Layer, Option, Ref } from "effect"
import { Leases } from "../../services/storage/Leases.ts"

/** Provides `Leases`; needs nothing. Nothing is kept for names that nobody holds. */
export const layer: Layer.Layer<Leases> = Layer.effect(
  Leases,
  Effect.gen(function*() {
    /** What is held, and what is done when it no longer is. */
    const held = yield* Ref.make(HashMap.empty<string, Deferred.Deferred<void>>())

    const take = Effect.fnUntraced(function*(name: string) {
      const over = yield* Deferred.make<void>()
      return yield* Ref.modify(held, (all) =>
        Option.match(HashMap.get(all, name), {
          onNone: () => [Option.none<Deferred.Deferred<void>>(), HashMap.set(all, name, over)],
          onSome: (before) => [Option.some(before), all]
        }))
    })

    const release = (name: string) =>
      Ref.modify(held, (all) => [HashMap.get(all, name), HashMap.remove(all, name)]).pipe(
        Effect.flatMap((found) => Option.isSome(found) ? Deferred.succeed(found.value, undefined) : Effect.void)
      )

    const tryHold = (name: string) =>
      Effect.acquireRelease(take(name), (before) => Option.isNone(before) ? release(name) : Effect.void)

    return Leases.of({
      hold: Effect.fn("Leases.hold")(function*(name: string) {
        while (true) {
          const before = yield* tryHold(name)
          if (Option.isNone(before)) return
          yield* Deferred.await(before.value)
        }
      }),
      tryHold: Effect.fn("Leases.tryHold")((name: string) => Effect.map(tryHold(name), Option.isNone))
    })
  })
)
