/**
 * Keeping requests waiting at a scripted provider, for as long as a test has something else to do.
 */
import { Array as Arr, Deferred, Effect, Ref } from "effect"
import type { ScriptedProvider } from "../../services/testing/ScriptedProvider.ts"

type Holding = ScriptedProvider["Service"]["holding"]

/** What can be kept waiting. */
export type Held = Parameters<Holding>[0]

export interface ScriptedGates {
  /** Waits for everybody who holds requests of this kind now. */
  readonly pass: (kind: Held) => Effect.Effect<void>
  /** See `ScriptedProvider`. */
  readonly holding: Holding
}

interface Gate {
  readonly kind: Held
  readonly reached: Deferred.Deferred<void>
  readonly opened: Deferred.Deferred<void>
}

/** All of them are open. */
export const make: Effect.Effect<ScriptedGates> = Effect.gen(function*() {
  const closed = yield* Ref.make<ReadonlyArray<Gate>>([])

  const close = Effect.fnUntraced(function*(kind: Held) {
    const gate = { kind, reached: yield* Deferred.make<void>(), opened: yield* Deferred.make<void>() }
    yield* Ref.update(closed, Arr.append(gate))
    return gate
  })

  const open = (gate: Gate) =>
    Effect.andThen(
      Ref.update(closed, (all) => all.filter((each) => each !== gate)),
      Deferred.succeed(gate.opened, undefined)
    )

  const pass = Effect.fnUntraced(function*(kind: Held) {
    const gates = (yield* Ref.get(closed)).filter((each) => each.kind === kind)
    yield* Effect.forEach(gates, ({ reached }) => Deferred.succeed(reached, undefined))
    yield* Effect.forEach(gates, ({ opened }) => Deferred.await(opened))
  })

  return {
    pass,
    holding: (kind, use) => Effect.acquireUseRelease(close(kind), ({ reached }) => use(Deferred.await(reached)), open)
  }
})
