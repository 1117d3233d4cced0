/**
 * `Vault` by authenticated encryption: XChaCha20-Poly1305, whose nonces are long enough to be random.
 *
 * Sealed text is `v1.<keeper>.<base64url of nonce and ciphertext>`. The version, the keeper and the place are
 * authenticated with it.
 */
import { Effect, Layer, Option, Redacted, Result, Schema } from "effect"
import { Aead, SecureRandom } from "effect/crypto"
import { Base64Url } from "effect/encoding"
import { KeyKeeper, type Place, SealBroken, Vault } from "../../services/storage/Vault.ts"
import { VaultKeys } from "../../services/storage/VaultKeys.ts"

const version = "v1"
const algorithm = Aead.xchacha20Poly1305
const isKeeper = Schema.is(KeyKeeper)

const utf8 = new TextEncoder()

/** What is authenticated beside the secret. JSON, because an array of strings reads back as no other array. */
const associated = (keeper: KeyKeeper, place: Place) => utf8.encode(JSON.stringify([version, keeper, ...place]))

/** Secrets are sealed as JSON text, which gives every string back as it was, where UTF-8 would mend unpaired surrogates. */
const secretText = Schema.fromJsonString(Schema.String)
const decodeSecret = Schema.decodeUnknownOption(secretText)

/** The parts of sealed text; none of what `seal` cannot have written, other spellings of the same bytes included. */
const parse = (sealed: string) => {
  const [given, keeper, body, ...rest] = sealed.split(".")
  if (given !== version || !isKeeper(keeper) || body === undefined || rest.length > 0) return Option.none()
  return Result.getSuccess(Base64Url.decode(body)).pipe(
    Option.filter((bytes) => bytes.length > algorithm.nonceLength && Base64Url.encode(bytes) === body),
    Option.map((bytes) => ({
      keeper,
      nonce: bytes.subarray(0, algorithm.nonceLength),
      ciphertext: bytes.subarray(algorithm.nonceLength)
    }))
  )
}

/** Provides `Vault`; needs `VaultKeys`, `Aead` and `SecureRandom`; finalizes nothing. Building it touches no key. */
export const layer: Layer.Layer<Vault, never, VaultKeys | Aead.Aead | SecureRandom.SecureRandom> = Layer.effect(
  Vault,
  Effect.gen(function*() {
    const keys = yield* VaultKeys
    const aead = yield* Aead.Aead
    const random = yield* SecureRandom.SecureRandom

    const seal = Effect.fn("Vault.seal")(function*(secret: Redacted.Redacted<string>, place: Place) {
      const { bytes, keeper } = yield* keys.current
      const nonce = yield* random.randomBytes(algorithm.nonceLength)
      const ciphertext = yield* Aead.key(algorithm, Redacted.value(bytes)).pipe(
        Effect.flatMap((key) =>
          aead.encrypt(key, utf8.encode(JSON.stringify(Redacted.value(secret))), {
            nonce,
            aad: associated(keeper, place)
          })
        ),
        // Fails for a key of a wrong length only, which `VaultKeys` never gives.
        Effect.orDie
      )
      const body = new Uint8Array(nonce.length + ciphertext.length)
      body.set(nonce)
      body.set(ciphertext, nonce.length)
      return `${version}.${keeper}.${Base64Url.encode(body)}`
    })

    const open = Effect.fn("Vault.open")(function*(sealed: string, place: Place) {
      const parts = parse(sealed)
      if (Option.isNone(parts)) return yield* new SealBroken()
      const { ciphertext, keeper, nonce } = parts.value
      const found = yield* keys.find(keeper)
      if (Option.isNone(found)) return yield* new SealBroken()
      const opened = yield* Aead.key(algorithm, Redacted.value(found.value.bytes)).pipe(
        Effect.flatMap((key) => aead.decrypt(key, ciphertext, { nonce, aad: associated(keeper, place) })),
        Effect.mapError(() => new SealBroken())
      )
      const secret = decodeSecret(new TextDecoder().decode(opened))
      return Option.isSome(secret) ? Redacted.make(secret.value) : yield* new SealBroken()
    })

    return Vault.of({ seal, open, keeper: keys.keeper })
  })
)
