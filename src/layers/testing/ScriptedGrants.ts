/**
 * What a scripted provider has issued, and what of it is still good.
 */
import { DateTime, type Duration, Effect, Equal, HashMap, Option, Redacted, Ref } from "effect"
import type { LocalAccount } from "../../services/local-google/LocalGoogle.ts"
import type { AuthorizationRequest } from "../../services/provider/AuthorizationServer.ts"

type Secret = Redacted.Redacted<string>

/** What one consent stands for; it ends as a whole. */
export interface Grant {
  readonly number: number
  readonly account: LocalAccount
  readonly scopes: ReadonlyArray<string>
}

interface Code {
  readonly grant: Grant
  readonly request: AuthorizationRequest
}

/** Tokens as they are issued together. */
export interface Pair {
  readonly access: Secret
  readonly refresh: Secret
  readonly expiresAt: DateTime.Utc
}

interface Issued {
  /** How many secrets there have been. */
  readonly count: number
  readonly grants: HashMap.HashMap<number, Grant>
  readonly codes: HashMap.HashMap<Secret, Code>
  readonly accessTokens: HashMap.HashMap<Secret, { readonly grant: number; readonly expiresAt: DateTime.Utc }>
  readonly refreshTokens: HashMap.HashMap<Secret, { readonly grant: number; readonly spent: boolean }>
}

export interface ScriptedGrants {
  /** Issues a code for a request that was consented to. */
  readonly consented: (
    request: AuthorizationRequest,
    account: LocalAccount,
    scopes: ReadonlyArray<string>
  ) => Effect.Effect<Secret>
  /** Spends a code; none where it is not one for this request, was spent, or its grant has ended. */
  readonly redeem: (request: AuthorizationRequest, code: Secret) => Effect.Effect<Option.Option<Grant>>
  /** Issues tokens that last this long. */
  readonly issue: (grant: Grant, lifetime: Duration.Input) => Effect.Effect<Pair>
  /** The grant of a token of either kind, whatever became of the token, unless the grant has ended. */
  readonly of: (token: Secret) => Effect.Effect<Option.Option<Grant>>
  /** The grant of an access token that is still good, and until when. */
  readonly active: (
    accessToken: Secret
  ) => Effect.Effect<Option.Option<{ readonly grant: Grant; readonly expiresAt: DateTime.Utc }>>
  /**
   * The grant of a refresh token, unless it has ended. One that `spends` works once, and the second time it ends its grant (RFC 9700
   * section 4.14.2).
   */
  readonly present: (refreshToken: Secret, spends: boolean) => Effect.Effect<Option.Option<Grant>>
  /** Ends grants. */
  readonly end: (which: (grant: Grant) => boolean) => Effect.Effect<void>
}

const nothing: Issued = {
  count: 0,
  grants: HashMap.empty(),
  codes: HashMap.empty(),
  accessTokens: HashMap.empty(),
  refreshTokens: HashMap.empty()
}

/** RFC 6749 section 4.1.3, RFC 7636 section 4.6. */
const isSameRequest = (one: AuthorizationRequest, other: AuthorizationRequest): boolean =>
  one.redirectUri === other.redirectUri && Equal.equals(one.codeVerifier, other.codeVerifier)

const without = (all: Issued, which: (grant: Grant) => boolean): Issued => ({
  ...all,
  grants: HashMap.filter(all.grants, (grant) => !which(grant))
})

const grantOf = (all: Issued, number: number) => HashMap.get(all.grants, number)

/** Grants of one provider; they are forgotten with what this effect returns. */
export const make: Effect.Effect<ScriptedGrants> = Effect.gen(function*() {
  const issued = yield* Ref.make(nothing)

  const consented: ScriptedGrants["consented"] = (request, account, scopes) =>
    Ref.modify(issued, (all) => {
      const number = all.count + 1
      const grant = { number, account, scopes }
      const code = Redacted.make(`code-${number}`, { label: "code" })
      return [code, {
        ...all,
        count: number,
        grants: HashMap.set(all.grants, number, grant),
        codes: HashMap.set(all.codes, code, { grant, request })
      }]
    })

  const redeem: ScriptedGrants["redeem"] = (request, code) =>
    Ref.modify(issued, (all) => {
      const known = Option.filter(HashMap.get(all.codes, code), (found) => isSameRequest(found.request, request))
      const grant = Option.flatMap(known, (found) => grantOf(all, found.grant.number))
      return [grant, { ...all, codes: HashMap.remove(all.codes, code) }]
    })

  const issue: ScriptedGrants["issue"] = Effect.fnUntraced(function*({ number: grant }, lifetime) {
    const expiresAt = DateTime.addDuration(yield* DateTime.now, lifetime)
    return yield* Ref.modify(issued, (all) => {
      const count = all.count + 1
      const access = Redacted.make(`access-${count}`, { label: "access token" })
      const refresh = Redacted.make(`refresh-${count}`, { label: "refresh token" })
      return [{ access, refresh, expiresAt }, {
        ...all,
        count,
        accessTokens: HashMap.set(all.accessTokens, access, { grant, expiresAt }),
        refreshTokens: HashMap.set(all.refreshTokens, refresh, { grant, spent: false })
      }]
    })
  })

  const of: ScriptedGrants["of"] = (token) =>
    Effect.map(Ref.get(issued), (all) =>
      HashMap.get(all.refreshTokens, token).pipe(
        Option.orElse(() => HashMap.get(all.accessTokens, token)),
        Option.flatMap(({ grant }) => grantOf(all, grant))
      ))

  const active: ScriptedGrants["active"] = Effect.fnUntraced(function*(accessToken) {
    const all = yield* Ref.get(issued)
    const now = yield* DateTime.now
    return HashMap.get(all.accessTokens, accessToken).pipe(
      Option.filter(({ expiresAt }) => DateTime.isLessThan(now, expiresAt)),
      Option.flatMap(({ expiresAt, grant }) =>
        Option.map(grantOf(all, grant), (found) => ({ grant: found, expiresAt }))
      )
    )
  })

  const present: ScriptedGrants["present"] = (refreshToken, spends) =>
    Ref.modify(issued, (all) => {
      const known = HashMap.get(all.refreshTokens, refreshToken)
      if (Option.isNone(known)) return [Option.none(), all]
      const { grant, spent } = known.value
      if (spent) return [Option.none(), without(all, ({ number }) => number === grant)]
      return [
        grantOf(all, grant),
        { ...all, refreshTokens: HashMap.set(all.refreshTokens, refreshToken, { grant, spent: spends }) }
      ]
    })

  const end: ScriptedGrants["end"] = (which) => Ref.update(issued, (all) => without(all, which))

  return { consented, redeem, issue, of, active, present, end }
})
