/**
 * A stand-in for Google's authorization server on this machine: its paths, its habits and, on demand, its faults.
 *
 * For trying a sign-in without a Google account, and for tests that want a real provider. Not for production: anybody
 * who reaches the port can consent as anybody.
 */
import { Context, type Effect, type Option, type Redacted, Schema } from "effect"

/** The local Google could not be started. */
export class LocalGoogleUnavailable extends Schema.TaggedError<LocalGoogleUnavailable>()("LocalGoogleUnavailable", {
  /** What went wrong, such as a port that is taken. */
  cause: Schema.Defect()
}) {
  override get message(): string {
    return "The local Google could not be started."
  }
}

/** Somebody who can consent. */
export interface LocalAccount {
  /** The stable identifier (`sub`, OpenID Connect Core section 2). */
  readonly sub: string
  /** The address that the account is chosen by. */
  readonly email: string
  /** What the person is called. */
  readonly name: string
}

/** A program that people can consent to: a desktop client, for any loopback port. */
export interface LocalClient {
  /** The identifier that requests name (`client_id`). */
  readonly clientId: string
  /** Google gives every client one; a client without is taken by its identifier alone. */
  readonly clientSecret: Option.Option<Redacted.Redacted<string>>
  /** The app's name on the consent page. */
  readonly name: string
}

/** The endpoints that faults can be put on. */
export type LocalEndpoint = "discovery" | "authorize" | "token" | "userinfo" | "revoke"

/** A whole answer, as a fault may change it. */
export interface LocalAnswer {
  /** The HTTP status. */
  readonly status: number
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string>>>
  /** Text, of whatever type the headers say. */
  readonly body: string
}

/** What can go wrong with one request. */
export type LocalFault =
  /**
   * Processes and answers after a while, as usual, even if the client has given up by then. Real time: the stand-in is
   * another process as far as its client knows.
   */
  | { readonly _tag: "Delay"; readonly millis: number }
  /** Does nothing until the fault is healed or replaced, then as usual; nothing at all if the client hangs up first. */
  | { readonly _tag: "Hang" }
  /** Answers with this instead of processing the request; JSON unless the headers say otherwise. */
  | {
    readonly _tag: "Respond"
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body: string
  }
  /** Cuts the connection before the request is processed. */
  | { readonly _tag: "ResetBefore" }
  /** Processes the request and cuts the connection instead of answering: the code is spent, the tokens are lost. */
  | { readonly _tag: "ResetAfter" }
  /** Processes the request and answers with what `change` makes of the answer; its length is always told as it is. */
  | { readonly _tag: "Alter"; readonly change: (answer: LocalAnswer) => LocalAnswer }
  /** Processes the request, and cuts the connection half-way through an answer whose full length it has told. */
  | { readonly _tag: "BreakOff" }
  /**
   * Processes the request and sends half of the answer; the rest when the fault is healed or replaced, if the client is
   * still there.
   */
  | { readonly _tag: "Stall" }

/** Habits that can be changed while it runs. The defaults are Google's. */
export interface LocalGoogleHabits {
  /** Whether redirects carry `iss` (RFC 9207); Google sends it to some people and announces it to nobody. */
  readonly issuerInResponse: boolean
  /** Lifetime of the access tokens to come, in whole seconds, one at least; Google's is 3599. */
  readonly accessTokenSeconds: number
  /** Whether each refresh answers with a new refresh token and spends the old one; Google's do not rotate. */
  readonly rotateRefreshTokens: boolean
  /** Whether refreshing with a good token is refused because the organisation asks for a fresh sign-in (`invalid_rapt`). */
  readonly reauthRequired: boolean
}

/** How often each thing was asked of it since it started. */
export interface LocalGoogleCounts {
  /** Authorization requests, whatever became of them. */
  readonly authorizations: number
  /** Token requests with `grant_type=authorization_code`, whatever became of them. */
  readonly exchanges: number
  /** Token requests with `grant_type=refresh_token`, whatever became of them. */
  readonly refreshes: number
  /** Revocation requests (RFC 7009), whatever became of them. */
  readonly revocations: number
  /** Userinfo requests, whatever became of them. */
  readonly userinfos: number
  /** Requests for its metadata. */
  readonly discoveries: number
}

/**
 * Accounts, grants, faults and habits belong to one instance: two of them in one process know nothing of each other.
 *
 * @example
 * ```ts
 * import { Console, Effect, Layer } from "effect"
 * import { FetchHttpClient, HttpClient } from "effect/http"
 * import { LocalGoogle, LocalGoogleOidc } from "mcp-gas/testing"
 *
 * const program = Effect.gen(function*() {
 *   const { counts, fail, issuer } = yield* LocalGoogle
 *   const status = Effect.map(HttpClient.get(`${issuer}/.well-known/openid-configuration`), (response) => response.status)
 *   yield* fail("discovery", { _tag: "Respond", status: 503, body: "{}" }, 1)
 *   yield* Console.log(yield* status) // → 503
 *   yield* Console.log(yield* status) // → 200
 *   yield* Console.log((yield* counts).discoveries) // → 2
 * })
 *
 * await Effect.runPromise(Effect.provide(program, Layer.merge(LocalGoogleOidc.layer(), FetchHttpClient.layer)))
 * ```
 */
export class LocalGoogle extends Context.Service<LocalGoogle, {
  /** `http://127.0.0.1:<port>`; discovery is at `/.well-known/openid-configuration`. */
  readonly issuer: string
  /** The first client it knows: a desktop client with a secret, for any loopback port. */
  readonly clientId: string
  /** The secret of that client. */
  readonly clientSecret: Redacted.Redacted<string>
  /** Every client it knows, the first one included. Consents to one of them say nothing about the others. */
  readonly clients: ReadonlyArray<LocalClient>
  /** Who can consent, in the order of the consent page. */
  readonly accounts: ReadonlyArray<LocalAccount>
  /** Changes habits from the next request on. */
  readonly change: (habits: Partial<LocalGoogleHabits>) => Effect.Effect<void>
  /**
   * Puts a fault on the next `times` requests to an endpoint (every one, if not said), in place of any earlier fault
   * there. Requests are counted before the fault strikes them.
   */
  readonly fail: (endpoint: LocalEndpoint, fault: LocalFault, times?: number) => Effect.Effect<void>
  /** Takes all faults away and lets hanging requests go on. */
  readonly heal: Effect.Effect<void>
  /**
   * What the person did at myaccount.google.com: every code and token of this account is dead from now on. An address
   * that nobody here has is none of its business.
   */
  readonly revokeGrants: (email: string) => Effect.Effect<void>
  /** How often each thing was asked of it by now. */
  readonly counts: Effect.Effect<LocalGoogleCounts>
  /**
   * Every code, code verifier and token that an answered token request brought or was answered with since it started: for
   * tests that look for them where they must not be.
   */
  readonly secrets: Effect.Effect<ReadonlyArray<Redacted.Redacted<string>>>
}>()("mcp-gas/services/local-google/LocalGoogle") {}
