/**
 * Rights that one holder on this machine has at a time, whatever process it is in.
 */
import { Context, type Effect, type Scope } from "effect"
import type { StoreUnavailable } from "./SessionStore.ts"

/**
 * Gives each right, which is a name, to one holder at a time. Its layer says how far that reaches: `LeasesSqlite` to all
 * processes of a machine, `LeasesMemory` to the callers of one layer.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { Leases, LeasesMemory } from "mcp-gas"
 *
 * const program = Effect.gen(function*() {
 *   const { hold, tryHold } = yield* Leases
 *   const isFree = Effect.scoped(tryHold("nightly"))
 *   yield* Effect.scoped(Effect.gen(function*() {
 *     yield* hold("nightly")
 *     yield* Console.log(yield* isFree) // → false
 *   }))
 *   yield* Console.log(yield* isFree) // → true
 * })
 *
 * await Effect.runPromise(Effect.provide(program, LeasesMemory.layer))
 * ```
 */
export class Leases extends Context.Service<Leases, {
  /**
   * Waits until nobody has the lease of this name, and has it until the Scope closes. Waiting is interruptible, in no
   * particular order, and holds nothing up. A holder that dies has lost it at once; one that is stopped or asleep keeps it.
   *
   * A lease saves work and proves nothing: what must not be wrong is kept right by the generations of the store.
   */
  readonly hold: (name: string) => Effect.Effect<void, StoreUnavailable, Scope.Scope>
  /** The same without waiting: false if somebody has it. */
  readonly tryHold: (name: string) => Effect.Effect<boolean, StoreUnavailable, Scope.Scope>
}>()("mcp-gas/services/storage/Leases") {}
