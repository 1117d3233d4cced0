/**
 * The provider of a test: an authorization server in memory that does as it is told, and tells what was asked of it.
 */
import { Context, type DateTime, type Duration, type Effect, type Option, type Redacted } from "effect"
import type { LocalAccount, LocalGoogleCounts } from "../local-google/LocalGoogle.ts"
import type { ConsentAnswer, PersonLost } from "../local-google/Person.ts"
import type { ExchangeFailed, ProviderUnreachable, RefreshRejected } from "../provider/AuthorizationServer.ts"

/** What it is like, from the next request on. */
export interface ScriptedHabits {
  /** What consents grant, less what the person un-ticks; undefined, as it is unless said: all that is asked for. */
  readonly grantedScopes: ReadonlyArray<string> | undefined
  /** How long the access tokens to come last; an hour unless said. */
  readonly accessTokenLifetime: Duration.Input
  /** What exchanges fail with, whatever the code, which is spent; undefined, as it is unless said: nothing. */
  readonly exchangeFailure: ExchangeFailed | undefined
  /** What refreshes fail with, whatever the token; undefined, as it is unless said: nothing. */
  readonly refreshFailure: RefreshRejected | ProviderUnreachable | undefined
  /** Whether nothing reaches it, people included; not so unless said. */
  readonly isAway: boolean
}

/** How often each thing was asked of it, whatever became of it; what was sent while it was away is not counted. */
export type ScriptedCounts = Omit<LocalGoogleCounts, "discoveries">

/** A request that reached it. Nothing secret is in it. */
export interface ScriptedRequest {
  /** A page of consent that was answered, a token request of one kind or the other, a revocation. */
  readonly kind: "authorization" | "exchange" | "refresh" | "revocation"
  /** Whose grant it was about; undefined: nobody's that it knows of. */
  readonly email: string | undefined
  /** Whether what was asked for was done. */
  readonly done: boolean
}

/** What is behind an access token (RFC 7662). */
export interface ScriptedToken {
  /** Who consented. */
  readonly account: LocalAccount
  /** What was granted. */
  readonly scopes: ReadonlyArray<string>
  /** Until when it is good, unless its grant ends before. */
  readonly expiresAt: DateTime.Utc
}

/**
 * A provider that is steered by the test. It keeps the rules: a code works once, with the redirect URI and the code verifier of its
 * request; a token that was not issued, has ended or was revoked is refused. A revocation ends the whole grant, as at Google.
 *
 * @example
 * ```ts
 * import { Console, Effect, Layer } from "effect"
 * import { TestClock } from "effect/testing"
 * import { AuthFlows, defaultAccountKey, Sessions } from "mcp-gas"
 * import { ScriptedProvider, SignInTesting } from "mcp-gas/testing"
 *
 * const program = Effect.gen(function*() {
 *   const { start } = yield* AuthFlows
 *   const { accessToken } = yield* Sessions
 *   const { counts, introspect, revokeGrants } = yield* ScriptedProvider
 *
 *   const started = yield* start(defaultAccountKey, { openBrowser: true })
 *   if (started._tag !== "AlreadyAuthenticated") yield* started.flow.outcome
 *
 *   yield* TestClock.adjust("1 hour")
 *   const token = yield* accessToken(defaultAccountKey)
 *   yield* Console.log((yield* introspect(token))._tag) // → Some
 *   yield* Console.log((yield* counts).refreshes) // → 1
 *
 *   yield* revokeGrants("ada@example.com")
 *   yield* Console.log((yield* introspect(token))._tag) // → None
 * })
 *
 * // In tests with `@effect/vitest`, `it.effect` brings the clock.
 * await Effect.runPromise(Effect.provide(program, Layer.provideMerge(SignInTesting.layer(), TestClock.layer())))
 * ```
 */
export class ScriptedProvider extends Context.Service<ScriptedProvider, {
  /** `https://provider.test`: its identifier, which no name resolves to (RFC 6761). */
  readonly issuer: string
  /** Who can consent. */
  readonly accounts: ReadonlyArray<LocalAccount>
  /** Changes what it is like. */
  readonly change: (habits: Partial<ScriptedHabits>) => Effect.Effect<void>
  /**
   * Answers the consent page of an authorization URL that it has made; the address that the browser is sent to, unopened. Without
   * an `email`, the account is that of `login_hint`, or the first.
   */
  readonly authorize: (authorizationUrl: string, answer: ConsentAnswer) => Effect.Effect<string, PersonLost>
  /** What a resource that trusts it learns of an access token; none: the token is to be refused (401). */
  readonly introspect: (accessToken: Redacted.Redacted<string>) => Effect.Effect<Option.Option<ScriptedToken>>
  /** What the person did in the settings of their account: every code and token of this account is dead from now on. */
  readonly revokeGrants: (email: string) => Effect.Effect<void>
  /** How often each thing was asked of it by now. */
  readonly counts: Effect.Effect<ScriptedCounts>
  /**
   * Keeps requests of a kind that come while `use` runs waiting, and has them go on however that ends; `reached` returns as soon as one
   * waits. For what happens meanwhile: more callers, one who leaves, a sign-out, a deadline.
   */
  readonly holding: <A, E, R>(
    kind: Exclude<ScriptedRequest["kind"], "authorization">,
    use: (reached: Effect.Effect<void>) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
  /** What was asked of it by now, in order. */
  readonly requests: Effect.Effect<ReadonlyArray<ScriptedRequest>>
}>()("mcp-gas/services/testing/ScriptedProvider") {}
