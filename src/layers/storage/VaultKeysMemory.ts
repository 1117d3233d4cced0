/**
 * `VaultKeys` in memory, for tests and for embedders who keep nothing: what was sealed does not outlive the layer.
 */
import { Effect, Layer, Option } from "effect"
import { SecureRandom } from "effect/crypto"
import { keyBytes, type VaultKey, VaultKeys } from "../../services/storage/VaultKeys.ts"
import { redact } from "./VaultKeyText.ts"

/** Provides `VaultKeys` with a key of its own per layer; needs `SecureRandom`; finalizes nothing. */
export const layer: Layer.Layer<VaultKeys, never, SecureRandom.SecureRandom> = Layer.effect(
  VaultKeys,
  Effect.gen(function*() {
    const random = yield* SecureRandom.SecureRandom
    const key: VaultKey = { keeper: "memory", bytes: redact(yield* random.randomBytes(keyBytes)) }
    return VaultKeys.of({
      current: Effect.succeed(key),
      find: (keeper) => Effect.succeed(keeper === "memory" ? Option.some(key) : Option.none()),
      keeper: Effect.succeed("memory")
    })
  })
)
