/**
 * Where secrets are sealed before they are stored: whoever reads the store without the key reads nothing.
 */
import { Context, type Effect, type Redacted, Schema } from "effect"
import type { StoreUnavailable } from "./SessionStore.ts"

/** Who keeps a key: the operating system's keychain, a file only this user can read, this process. */
export const KeyKeeper = Schema.Literals(["keychain", "file", "memory"])
export type KeyKeeper = typeof KeyKeeper.Type

/**
 * What was sealed cannot be opened, now or later: its key is gone or is another one, it belongs somewhere else, or it was
 * changed. Which of these it is cannot be told apart.
 */
export class SealBroken extends Schema.TaggedError<SealBroken>()("SealBroken", {}) {}

/** Names what a secret belongs to. What was sealed for one place does not open in another. */
export type Place = ReadonlyArray<string>

/**
 * Seals secrets, each for one place, and opens them there.
 *
 * @example
 * ```ts
 * import { Console, Effect, Layer, Redacted } from "effect"
 * import { Aead, SecureRandom } from "effect/crypto"
 * import { Vault, VaultAead, VaultKeysMemory } from "mcp-gas"
 *
 * const program = Effect.gen(function*() {
 *   const { open, seal } = yield* Vault
 *   const sealed = yield* seal(Redacted.make("a refresh token"), ["my-client", "work"])
 *   const opened = yield* open(sealed, ["my-client", "work"])
 *   yield* Console.log(Redacted.value(opened)) // → a refresh token
 *
 *   const moved = yield* Effect.flip(open(sealed, ["my-client", "default"]))
 *   yield* Console.log(moved._tag) // → SealBroken
 * })
 *
 * const InMemory = VaultAead.layer.pipe(
 *   Layer.provide(VaultKeysMemory.layer),
 *   Layer.provide(Aead.layerWebCrypto),
 *   Layer.provide(SecureRandom.layerWebCrypto)
 * )
 *
 * await Effect.runPromise(Effect.provide(program, InMemory))
 * ```
 */
export class Vault extends Context.Service<Vault, {
  /**
   * Seals a secret for a place, as printable text that tells its keeper and nothing else: the same secret seals to another
   * text each time. Makes a key if there is none yet.
   */
  readonly seal: (secret: Redacted.Redacted<string>, place: Place) => Effect.Effect<string, StoreUnavailable>
  /**
   * Opens what was sealed for this place. Fails with `StoreUnavailable` where the key is out of reach but may be within
   * reach again, such as in a locked keychain. Never makes a key.
   */
  readonly open: (
    sealed: string,
    place: Place
  ) => Effect.Effect<Redacted.Redacted<string>, SealBroken | StoreUnavailable>
  /** Who keeps the key that is sealed with from now on. Never makes one. */
  readonly keeper: Effect.Effect<KeyKeeper, StoreUnavailable>
}>()("mcp-gas/services/storage/Vault") {}
