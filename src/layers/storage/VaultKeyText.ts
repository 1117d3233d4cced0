/**
 * A key as the text it is kept as: base64url without padding.
 */
import { Option, Redacted, Result } from "effect"
import { Base64Url } from "effect/encoding"
import { keyBytes, type VaultKey } from "../../services/storage/VaultKeys.ts"

type Bytes = VaultKey["bytes"]

/** A key that nobody can print by accident. */
export const redact = (bytes: Uint8Array): Bytes => Redacted.make(bytes, { label: "vault key" })

export const encode = (bytes: Bytes): Redacted.Redacted<string> =>
  Redacted.make(Base64Url.encode(Redacted.value(bytes)), { label: "vault key" })

/** None if this is not the text of a key, to the letter. */
export const decode = (text: Redacted.Redacted<string>): Option.Option<Bytes> =>
  Result.getSuccess(Base64Url.decode(Redacted.value(text))).pipe(
    Option.filter((bytes) => bytes.length === keyBytes && Base64Url.encode(bytes) === Redacted.value(text)),
    Option.map(redact)
  )
