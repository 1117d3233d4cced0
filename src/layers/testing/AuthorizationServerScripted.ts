/**
 * `AuthorizationServer` in memory, for tests: no network, no hashes, no time but that of the `Clock`.
 */
import { Context, Effect, Exit, HashMap, Layer, Option, Redacted, Ref } from "effect"
import type { LocalAccount } from "../../services/local-google/LocalGoogle.ts"
import { PersonLost } from "../../services/local-google/Person.ts"
import {
  type AuthorizationRequest,
  AuthorizationServer,
  ExchangeFailed,
  ProviderUnreachable,
  RefreshRejected
} from "../../services/provider/AuthorizationServer.ts"
import { Account } from "../../services/sign-in/Session.ts"
import { type ScriptedHabits, ScriptedProvider, type ScriptedRequest } from "../../services/testing/ScriptedProvider.ts"
import { redirected } from "./AuthorizationRedirect.ts"
import { consented } from "./ScriptedConsent.ts"
import * as ScriptedGates from "./ScriptedGates.ts"
import * as ScriptedGrants from "./ScriptedGrants.ts"
import * as ScriptedRequests from "./ScriptedRequests.ts"

/** Who can consent, and what the provider is like to begin with. */
export interface Options {
  /** Who can consent; Ada and Grace of `example.com` unless said. */
  readonly accounts?: readonly [LocalAccount, ...Array<LocalAccount>]
  /** Whether each refresh replaces the refresh token, and one that is sent twice ends its grant; not so unless said. */
  readonly rotatesRefreshTokens?: boolean
  /** What it is like until that is changed. */
  readonly habits?: Partial<ScriptedHabits>
}

const people: readonly [LocalAccount, ...Array<LocalAccount>] = [
  { sub: "1815", email: "ada@example.com", name: "Ada Lovelace" },
  { sub: "1906", email: "grace@example.com", name: "Grace Hopper" }
]

const usual: ScriptedHabits = {
  grantedScopes: undefined,
  accessTokenLifetime: "1 hour",
  exchangeFailure: undefined,
  refreshFailure: undefined,
  isAway: false
}

const issuer = "https://provider.test"
const clientId = "scripted-client"

const emailOf = (grant: Option.Option<ScriptedGrants.Grant>) => Option.getOrUndefined(grant)?.account.email

const away = (operation: string) =>
  new ProviderUnreachable({ operation, problem: "The provider is away.", ambiguous: false })

/**
 * Provides `AuthorizationServer`, and `ScriptedProvider` to steer it; needs nothing. Its metadata need no network, as Google's. Secrets
 * are numbered: they are the same in every run. The code verifier is compared as it is, so that no hash of it is in the address.
 */
export const layer = (options: Options = {}): Layer.Layer<AuthorizationServer | ScriptedProvider> =>
  Layer.effectContext(Effect.gen(function*() {
    const { accounts = people, rotatesRefreshTokens = false } = options
    const habits = yield* Ref.make<ScriptedHabits>({ ...usual, ...options.habits })
    const asked = yield* Ref.make(HashMap.empty<string, AuthorizationRequest>())
    const requests = yield* ScriptedRequests.make
    const grants = yield* ScriptedGrants.make
    const gates = yield* ScriptedGates.make

    /** What it is like when a request reaches it; a turn later at least, so that others come in between as they do with a network. */
    const reached = Effect.fnUntraced(function*<E>(unreachable: E) {
      yield* Effect.yieldNow
      const now = yield* Ref.get(habits)
      return now.isAway ? yield* Effect.fail(unreachable) : now
    })

    /** Notes a token request, and issues tokens unless it has to fail. */
    const answered = <E>(
      kind: ScriptedRequest["kind"],
      grant: Option.Option<ScriptedGrants.Grant>,
      { accessTokenLifetime }: ScriptedHabits,
      failure: E | undefined,
      unknown: () => E
    ) =>
      (failure === undefined ? Effect.fromOption(grant, unknown) : Effect.fail(failure)).pipe(
        Effect.onExit((exit) => requests.note(kind, emailOf(grant), Exit.isSuccess(exit))),
        Effect.flatMap((found) => Effect.map(grants.issue(found, accessTokenLifetime), (pair) => ({ found, pair }))),
        Effect.map(({ found, pair }) => ({
          accessToken: pair.access,
          refreshToken: pair.refresh,
          expiresAt: pair.expiresAt,
          grantedScopes: found.scopes,
          account: new Account(found.account),
          clientId
        }))
      )

    const server = AuthorizationServer.of({
      clientId: Effect.succeed(clientId),
      issuer,
      rotatesRefreshTokens,
      responseIssuer: Effect.succeed({ identifier: issuer, required: true }),
      authorizationUrl: Effect.fn("AuthorizationServer.authorizationUrl")(function*(request) {
        yield* Ref.update(asked, HashMap.set(Redacted.value(request.state), request))
        return `${issuer}/authorize?${new URLSearchParams({
          response_type: "code",
          client_id: clientId,
          redirect_uri: request.redirectUri,
          scope: request.scopes.join(" "),
          state: Redacted.value(request.state),
          ...(request.loginHint === undefined ? {} : { login_hint: request.loginHint })
        })}`
      }),
      exchange: Effect.fn("AuthorizationServer.exchange")(function*(request, code) {
        yield* gates.pass("exchange")
        const now = yield* reached(new ExchangeFailed({ error: "network", ambiguous: false }))
        const grant = yield* grants.redeem(request, code)
        return yield* answered(
          "exchange",
          grant,
          now,
          now.exchangeFailure,
          () => new ExchangeFailed({ error: "invalid_grant", ambiguous: false })
        )
      }),
      refresh: Effect.fn("AuthorizationServer.refresh")(function*(refreshToken) {
        yield* gates.pass("refresh")
        const now = yield* reached(away("refresh"))
        const grant = now.refreshFailure === undefined
          ? yield* grants.present(refreshToken, rotatesRefreshTokens)
          : yield* grants.of(refreshToken)
        const tokens = yield* answered<RefreshRejected | ProviderUnreachable>(
          "refresh",
          grant,
          now,
          now.refreshFailure,
          () => new RefreshRejected({ reason: "revoked" })
        )
        return rotatesRefreshTokens ? tokens : { ...tokens, refreshToken: undefined }
      }),
      revoke: Effect.fn("AuthorizationServer.revoke")(function*(token) {
        yield* gates.pass("revocation")
        yield* reached(away("revoke"))
        const grant = yield* grants.of(token)
        yield* requests.note("revocation", emailOf(grant), Option.isSome(grant))
        yield* grants.end(({ number }) => Option.exists(grant, (found) => found.number === number))
      }),
      userinfo: Effect.fn("AuthorizationServer.userinfo")(function*({ accessToken }) {
        yield* reached(away("userinfo"))
        yield* requests.noteUserinfo
        const active = yield* grants.active(accessToken)
        if (Option.isNone(active)) return yield* away("userinfo")
        return new Account(active.value.grant.account)
      })
    })

    const provider = ScriptedProvider.of({
      issuer,
      accounts,
      change: (changes) => Ref.update(habits, (all) => ({ ...all, ...changes })),
      authorize: Effect.fn("ScriptedProvider.authorize")(function*(authorizationUrl, answer) {
        const step = "open the consent page"
        const now = yield* reached(new PersonLost({ step, found: "no answer" }))
        const url = URL.parse(authorizationUrl)
        const request = HashMap.get(yield* Ref.get(asked), url?.searchParams.get("state") ?? "")
        if (url?.origin !== issuer || Option.isNone(request)) {
          return yield* new PersonLost({ step, found: "an address that this provider has not made" })
        }
        if (answer._tag === "Deny") {
          yield* requests.note("authorization", undefined, false)
          return redirected(authorizationUrl, { error: "access_denied", iss: issuer })
        }
        const scopes = now.grantedScopes ?? request.value.scopes
        const granted = yield* consented({ request: request.value, accounts, scopes }, answer)
        const code = yield* grants.consented(request.value, granted.account, granted.scopes)
        yield* requests.note("authorization", granted.account.email, true)
        return redirected(authorizationUrl, { code: Redacted.value(code), iss: issuer })
      }),
      introspect: Effect.fn("ScriptedProvider.introspect")(function*(accessToken) {
        return Option.map(yield* grants.active(accessToken), ({ expiresAt, grant: { account, scopes } }) => ({
          account,
          scopes,
          expiresAt
        }))
      }),
      revokeGrants: (email) => grants.end(({ account }) => account.email === email),
      holding: gates.holding,
      requests: requests.all,
      counts: requests.counts
    })

    return Context.make(AuthorizationServer, server).pipe(Context.add(ScriptedProvider, provider))
  }))
