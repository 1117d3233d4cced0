/**
 * By what a stored session is known as one that came of a certain refresh token, which the provider may have replaced since:
 * a digest of that token, in the name of the sign-in. Nobody can tell the token from it.
 */
import { Effect, Redacted } from "effect"
import { Digest } from "effect/crypto"
import { Hex } from "effect/encoding"
import { FlowId } from "../../services/sign-in/Session.ts"

/** In characters; two tokens do not share as much by chance. */
const length = 32

/** The name of a sign-in that bears this mark; `unique` tells it from another import of the same token. */
export const flowIdOf = (mark: string, unique: string): FlowId => FlowId.make(`import-${mark}-${unique}`)

export const has = (mark: string, flowId: FlowId): boolean => flowId.startsWith(`import-${mark}-`)

/** Makes `of`, which gives a token its mark. */
export const make = Effect.map(Digest.Digest, (digest) => ({
  of: (token: Redacted.Redacted<string>): Effect.Effect<string> =>
    digest.digest(Digest.sha256, new TextEncoder().encode(Redacted.value(token))).pipe(
      Effect.map((bytes) => Hex.encode(bytes).slice(0, length)),
      // No platform is without this digest.
      Effect.orDie
    )
}))
