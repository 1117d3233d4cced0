// From the docstring of Vault in src/services/storage/Vault.ts, by `npm run docs`.
import { Console, Effect, Layer, Redacted } from "effect"
import { Aead, SecureRandom } from "effect/crypto"
import { Vault, VaultAead, VaultKeysMemory } from "../../../src/index.ts"

const program = Effect.gen(function*() {
  const { open, seal } = yield* Vault
  const sealed = yield* seal(Redacted.make("a refresh token"), ["my-client", "work"])
  const opened = yield* open(sealed, ["my-client", "work"])
  yield* Console.log(Redacted.value(opened)) // → a refresh token

  const moved = yield* Effect.flip(open(sealed, ["my-client", "default"]))
  yield* Console.log(moved._tag) // → SealBroken
})

const InMemory = VaultAead.layer.pipe(
  Layer.provide(VaultKeysMemory.layer),
  Layer.provide(Aead.layerWebCrypto),
  Layer.provide(SecureRandom.layerWebCrypto)
)

await Effect.runPromise(Effect.provide(program, InMemory))
