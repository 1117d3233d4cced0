/**
 * Calling a resource with an access token (RFC 6750), and once more if it refuses a token that looked fresh.
 */
import { Effect, type Redacted, Schema } from "effect"
import type { AccountKey } from "./AccountKey.ts"
import { Sessions } from "./Sessions.ts"

/** The resource refused the access token (HTTP 401). Nothing was done. */
export class TokenRefused extends Schema.TaggedError<TokenRefused>()("TokenRefused", {}) {}

const isTokenRefused = Schema.is(TokenRefused)

/**
 * Runs `call` with the access token of `key`. If the resource refuses it, has it replaced and runs `call` once more; of
 * any number of calls that are refused at once, one refresh comes, and each is run once more. A second refusal is the
 * caller's to deal with. Only for calls of which a refused one has done nothing.
 */
export const authorizedCall = Effect.fn("authorizedCall")(
  function*<A, E, R>(key: AccountKey, call: (token: Redacted.Redacted<string>) => Effect.Effect<A, E, R>) {
    const { accessToken, invalidate } = yield* Sessions
    const token = yield* accessToken(key)
    return yield* Effect.catchIf(
      call(token),
      isTokenRefused,
      () => invalidate(key, token).pipe(Effect.andThen(accessToken(key)), Effect.flatMap(call))
    )
  }
)
