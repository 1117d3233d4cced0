/**
 * An `AuthorizationServer` in memory. Checkpoints: `discovery`, `authorizationUrl`, `exchange`, `userinfo`, `refresh`, `revoke`.
 */
import { Context, DateTime, Effect, Layer, Redacted } from "effect"
import { redirected } from "../../src/layers/testing/AuthorizationRedirect.ts"
import {
  AuthorizationServer,
  type ExchangeFailed,
  ProviderUnreachable
} from "../../src/services/provider/AuthorizationServer.ts"
import { AccountKey } from "../../src/services/sign-in/AccountKey.ts"
import { Account } from "../../src/services/sign-in/Session.ts"
import { Checkpoints } from "./checkpoints.ts"

/** What the provider is like; change it at any time. */
export interface Behaviour {
  /** Scopes granted; absent: those that are asked for. */
  granted: ReadonlyArray<string> | undefined
  /** What the ID token says. */
  idToken: Account
  /** What the userinfo endpoint says; absent: it cannot be reached. */
  userinfo: Account | undefined
  /** Fails the exchange, after it was counted. */
  exchangeFailure: ExchangeFailed | undefined
  /** Fails refreshes, after they were counted. */
  refreshFailure: ProviderUnreachable | undefined
  /** Fails the look at its metadata. */
  discoveryFailure: ProviderUnreachable | undefined
  /** Whether authorization responses must name the issuer. */
  issuerRequired: boolean
}

export class FakeProvider extends Context.Service<FakeProvider, {
  readonly behaviour: Behaviour
  /** The codes that were exchanged, in order. */
  readonly codes: ReadonlyArray<string>
  /** The tokens that were revoked, in order. */
  readonly revoked: ReadonlyArray<string>
}>()("mcp-gas/test/support/fakeProvider") {}

export const issuer = "https://provider.test"
export const ada = new Account({ sub: "1815", email: "ada@example.com", name: "Ada" })
/** The slot that only `ada` may sign in to, and one that she may not. */
export const adaKey = AccountKey.make("ada@example.com")
export const graceKey = AccountKey.make("grace@example.com")

/** Labelled as no other layer would, because nobody may depend on it. */
const issued = (token: string) => Redacted.make(token, { label: "issued" })

/** Provides `AuthorizationServer` and the means to steer it. */
export const layer = Layer.unwrap(Effect.gen(function*() {
  const checkpoints = yield* Checkpoints
  const behaviour: Behaviour = {
    granted: undefined,
    idToken: new Account({ sub: "1815", email: "ada@example.com" }),
    userinfo: ada,
    exchangeFailure: undefined,
    refreshFailure: undefined,
    discoveryFailure: undefined,
    issuerRequired: false
  }
  const codes: Array<string> = []
  const revoked: Array<string> = []

  const grant = (tokens: { readonly access: string; readonly refresh: string }, scopes: ReadonlyArray<string>) =>
    Effect.map(DateTime.now, (now) => ({
      accessToken: issued(tokens.access),
      refreshToken: issued(tokens.refresh),
      expiresAt: DateTime.add(now, { hours: 1 }),
      grantedScopes: behaviour.granted ?? scopes,
      account: behaviour.idToken,
      clientId: "client"
    }))

  const server = AuthorizationServer.of({
    clientId: Effect.succeed("client"),
    issuer,
    rotatesRefreshTokens: false,
    responseIssuer: checkpoints.pass("discovery").pipe(
      Effect.andThen(Effect.suspend(() => behaviour.discoveryFailure ?? Effect.void)),
      Effect.map(() => ({ identifier: issuer, required: behaviour.issuerRequired }))
    ),
    authorizationUrl: (request) =>
      Effect.map(checkpoints.pass("authorizationUrl"), () =>
        `${issuer}/authorize?${new URLSearchParams({
          redirect_uri: request.redirectUri,
          state: Redacted.value(request.state),
          scope: request.scopes.join(" "),
          ...(request.loginHint === undefined ? {} : { login_hint: request.loginHint })
        })}`),
    exchange: Effect.fnUntraced(function*(request, code) {
      codes.push(Redacted.value(code))
      yield* checkpoints.pass("exchange")
      if (behaviour.exchangeFailure !== undefined) return yield* behaviour.exchangeFailure
      return yield* grant({
        access: `access-${Redacted.value(code)}`,
        refresh: `refresh-${Redacted.value(code)}`
      }, request.scopes)
    }),
    refresh: (_token, scopes) =>
      checkpoints.pass("refresh").pipe(
        Effect.andThen(Effect.suspend(() => behaviour.refreshFailure ?? Effect.void)),
        Effect.andThen(grant({ access: "access-refreshed", refresh: "refreshed" }, scopes)),
        Effect.map((tokens) => ({
          ...tokens,
          accessToken: Redacted.make("access-refreshed", { label: "access token" }),
          refreshToken: undefined
        }))
      ),
    revoke: (token) => Effect.map(checkpoints.pass("revoke"), () => void revoked.push(Redacted.value(token))),
    userinfo: () =>
      Effect.flatMap(checkpoints.pass("userinfo"), () =>
        behaviour.userinfo === undefined
          ? Effect.fail(
            new ProviderUnreachable({ operation: "userinfo", problem: "The provider is away.", ambiguous: false })
          )
          : Effect.succeed(behaviour.userinfo))
  })
  return Layer.merge(
    Layer.succeed(AuthorizationServer, server),
    Layer.succeed(FakeProvider, { behaviour, codes, revoked })
  )
}))

/** Changes what the provider is like. */
export const behave = (changes: Partial<Behaviour>) =>
  FakeProvider.use(({ behaviour }) => Effect.sync(() => void Object.assign(behaviour, changes)))

export { redirected }

/** Where the browser of a person who says yes is sent. */
export const consented = (flow: { readonly authorizationUrl: string }, code = "code-1"): string =>
  redirected(flow.authorizationUrl, { code, iss: issuer })

/** Where the browser of a person who says no is sent. */
export const denied = (flow: { readonly authorizationUrl: string }): string =>
  redirected(flow.authorizationUrl, { error: "access_denied", iss: issuer })
