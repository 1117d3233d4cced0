/**
 * Calling a resource with an access token (RFC 6750), and once more if it refuses a token that looked fresh.
 */
import { Effect, type Redacted, Schema } from "effect"
import type { ClientMisconfigured } from "../config/Config.ts"
import type { ProviderUnreachable } from "../provider/AuthorizationServer.ts"
import type { StoreUnavailable } from "../storage/SessionStore.ts"
import type { AccountKey } from "./AccountKey.ts"
import { Sessions, type SignInRequired } from "./Sessions.ts"

/** The resource refused the access token (HTTP 401). Nothing was done. */
export class TokenRefused extends Schema.TaggedError<TokenRefused>()("TokenRefused", {}) {}

const isTokenRefused = Schema.is(TokenRefused)

/**
 * Runs `call` with the access token of `key`. If the resource refuses it, has it replaced and runs `call` once more; of
 * any number of calls that are refused at once, one refresh comes, and each is run once more. A second refusal is the
 * caller's to deal with. Only for calls of which a refused one has done nothing. Fails as `Sessions.accessToken` and `call` do.
 *
 * @example
 * ```ts
 * import { Console, Effect, Layer, Redacted, Ref } from "effect"
 * import { authorizedCall, defaultAccountKey, Sessions, TokenRefused } from "mcp-gas"
 *
 * // Asks the resource, and says so if it answers with 401.
 * const call = (token: Redacted.Redacted<string>) =>
 *   Redacted.value(token) === "first" ? new TokenRefused() : Effect.succeed(`done with the ${Redacted.value(token)}`)
 *
 * const program = Effect.gen(function*() {
 *   yield* Console.log(yield* authorizedCall(defaultAccountKey, call)) // → done with the second
 * })
 *
 * // In the place of a sign-in, whose first token the resource does not take any more.
 * const SignedIn = Layer.unwrap(
 *   Effect.map(Ref.make("first"), (current) =>
 *     Layer.mock(Sessions, {
 *       accessToken: () => Effect.map(Ref.get(current), (text) => Redacted.make(text)),
 *       invalidate: () => Ref.set(current, "second")
 *     }))
 * )
 *
 * await Effect.runPromise(Effect.provide(program, SignedIn))
 * ```
 */
export const authorizedCall = Effect.fn("authorizedCall")(
  function*<A, E, R>(
    key: AccountKey,
    call: (token: Redacted.Redacted<string>) => Effect.Effect<A, E, R>
  ): Effect.fn.Return<
    A,
    E | SignInRequired | ProviderUnreachable | ClientMisconfigured | StoreUnavailable,
    R | Sessions
  > {
    const { accessToken, invalidate } = yield* Sessions
    const token = yield* accessToken(key)
    return yield* Effect.catchIf(
      call(token),
      isTokenRefused,
      () => invalidate(key, token).pipe(Effect.andThen(accessToken(key)), Effect.flatMap(call))
    )
  }
)
