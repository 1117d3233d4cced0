/**
 * Rights that one holder on this machine has at a time, whatever process it is in.
 */
import { Context, type Effect, type Scope } from "effect"
import type { StoreUnavailable } from "./SessionStore.ts"

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
