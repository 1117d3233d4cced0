/**
 * The keys a vault seals with, and who keeps them.
 */
import { Context, type Effect, type Option, type Redacted } from "effect"
import type { StoreUnavailable } from "./SessionStore.ts"
import type { KeyKeeper } from "./Vault.ts"

/** Length of a key in bytes (XChaCha20-Poly1305). */
export const keyBytes = 32

/** A key and who keeps it. */
export interface VaultKey {
  /** Who keeps it. */
  readonly keeper: KeyKeeper
  /** `keyBytes` of them. */
  readonly bytes: Redacted.Redacted<Uint8Array>
}

/** Finds and makes the keys of a vault. A key is never logged, and leaves this service only as `Redacted`. */
export class VaultKeys extends Context.Service<VaultKeys, {
  /**
   * The key to seal with, made and kept if there is none. Of any number of callers, in any number of processes, that find
   * none, all get the same one; where a keeper cannot promise that, its layer says what happens instead. A key that is
   * there and damaged is never replaced.
   */
  readonly current: Effect.Effect<VaultKey, StoreUnavailable>
  /** The key that this keeper has; none if it has none. Never makes one. */
  readonly find: (keeper: KeyKeeper) => Effect.Effect<Option.Option<VaultKey>, StoreUnavailable>
  /** Who keeps the key that `current` answers with, or would. Never makes one. */
  readonly keeper: Effect.Effect<KeyKeeper, StoreUnavailable>
}>()("mcp-gas/services/storage/VaultKeys") {}
