/**
 * Bytes that are different each time and the same in every run: for tests, where nothing depends on their being hard to guess.
 */
import { Layer } from "effect"
import { SecureRandom } from "effect/crypto"

/** Provides `SecureRandom` that is not secure: the bytes count the draws. Needs nothing. */
export const layer: Layer.Layer<SecureRandom.SecureRandom> = Layer.sync(SecureRandom.SecureRandom, () => {
  let drawn = 0
  return SecureRandom.make((size) => {
    const bytes = new Uint8Array(size)
    new DataView(bytes.buffer).setUint32(size - 4, ++drawn)
    return bytes
  })
})
