/**
 * A provider that hands out codes to a person who consents, and keeps account of what becomes of them. It answers after some
 * virtual time; refresh tokens rotate, and one that is sent twice ends its grant.
 */
import { Context, DateTime, Effect, Layer, Redacted } from "effect"
import * as ScheduleNotes from "../../src/layers/exploring/ScheduleNotes.ts"
import { redirected } from "../../src/layers/testing/AuthorizationRedirect.ts"
import {
  AuthorizationServer,
  ExchangeFailed,
  RefreshRejected,
  type TokenGrant
} from "../../src/services/provider/AuthorizationServer.ts"
import { Account } from "../../src/services/sign-in/Session.ts"

/** What one consent stands for. */
interface Grant {
  readonly name: string
  ended: "no" | "revoked" | "reused"
}

export class ExploredProvider extends Context.Service<ExploredProvider, {
  /** Where a person who says yes is sent: another code each time. */
  readonly consent: (authorizationUrl: string) => string
  /** The `state` of every exchange, in order. */
  readonly exchanges: ReadonlyArray<string>
  /** Codes and refresh tokens that came a second time. */
  readonly reuses: ReadonlyArray<string>
  /** How many refreshes there were. */
  readonly refreshes: () => number
  /** Why a resource would refuse this access token; nothing if it would not. */
  readonly refusal: (token: Redacted.Redacted<string>) => string | undefined
}>()("mcp-gas/test/support/exploredProvider") {}

export const issuer = "https://provider.test"
const account = new Account({ sub: "1815", email: "ada@example.com", name: "Ada" })

/** Longer than what happens without waiting, different for each, so that early timers change who is first. */
const takes = { exchange: 30, userinfo: 10, refresh: 50, revoke: 20 } as const

/** Provides `AuthorizationServer` and the means to look behind it. */
export const layer: Layer.Layer<AuthorizationServer | ExploredProvider> = Layer.effectContext(Effect.sync(() => {
  const codes = new Map<string, { spent: boolean }>()
  const refreshTokens = new Map<string, { readonly grant: Grant; spent: boolean }>()
  const accessTokens = new Map<string, Grant>()
  const exchanges: Array<string> = []
  const reuses: Array<string> = []
  let count = 0
  let refreshes = 0

  const issue = (grant: Grant, grantedScopes: ReadonlyArray<string>): Effect.Effect<TokenGrant> =>
    Effect.map(DateTime.now, (now) => {
      const access = `access-${++count}`
      const refresh = `refresh-${count}`
      accessTokens.set(access, grant)
      refreshTokens.set(refresh, { grant, spent: false })
      return {
        accessToken: Redacted.make(access),
        refreshToken: Redacted.make(refresh),
        expiresAt: DateTime.add(now, { hours: 1 }),
        grantedScopes,
        account,
        clientId: "client"
      }
    })

  const server = AuthorizationServer.of({
    clientId: Effect.succeed("client"),
    issuer,
    rotatesRefreshTokens: true,
    responseIssuer: Effect.succeed({ identifier: issuer, required: false }),
    authorizationUrl: ({ redirectUri, state }) =>
      Effect.sync(() =>
        `${issuer}/authorize?${new URLSearchParams({ redirect_uri: redirectUri, state: Redacted.value(state) })}`
      ),
    exchange: Effect.fnUntraced(function*(request, code) {
      exchanges.push(Redacted.value(request.state))
      yield* ScheduleNotes.note(`exchanges ${Redacted.value(code)}`)
      const known = codes.get(Redacted.value(code))
      const isSpent = known?.spent === true
      if (isSpent) reuses.push(Redacted.value(code))
      if (known !== undefined) known.spent = true
      yield* Effect.sleep(takes.exchange)
      if (known === undefined || isSpent) {
        return yield* new ExchangeFailed({ error: "invalid_grant", ambiguous: false })
      }
      return yield* issue({ name: Redacted.value(code), ended: "no" }, request.scopes)
    }),
    userinfo: () => Effect.delay(Effect.succeed(account), takes.userinfo),
    refresh: Effect.fnUntraced(function*(token, scopes) {
      refreshes++
      yield* ScheduleNotes.note(`refreshes ${Redacted.value(token)}`)
      const issued = refreshTokens.get(Redacted.value(token))
      if (issued?.spent === true) {
        reuses.push(Redacted.value(token))
        issued.grant.ended = "reused"
      }
      if (issued !== undefined) issued.spent = true
      yield* Effect.sleep(takes.refresh)
      if (issued === undefined || issued.grant.ended !== "no") return yield* new RefreshRejected({ reason: "revoked" })
      return yield* issue(issued.grant, scopes)
    }),
    revoke: Effect.fnUntraced(function*(token) {
      yield* Effect.sleep(takes.revoke)
      const issued = refreshTokens.get(Redacted.value(token))
      // Of a token that has been replaced, most providers know nothing any more (RFC 7009 section 2.2).
      if (issued !== undefined && !issued.spent && issued.grant.ended === "no") issued.grant.ended = "revoked"
    })
  })

  return Context.make(AuthorizationServer, server).pipe(Context.add(ExploredProvider, {
    consent: (authorizationUrl) => {
      const code = `code-${codes.size + 1}`
      codes.set(code, { spent: false })
      return redirected(authorizationUrl, { code, iss: issuer })
    },
    exchanges,
    reuses,
    refreshes: () => refreshes,
    refusal: (token) => {
      const grant = accessTokens.get(Redacted.value(token))
      if (grant === undefined) return "nobody has issued it"
      return grant.ended === "no" ? undefined : `its grant is ${grant.ended}`
    }
  }))
}))
