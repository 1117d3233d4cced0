/**
 * A provider as it must be feared: an in-memory model of what was issued, behind `AuthorizationServer`.
 *
 * Where it rotates, a refresh spends the refresh token that was sent, and a spent one that is sent again ends the whole
 * grant (RFC 9700 section 4.14.2). Revoking a token that is spent does nothing (RFC 7009 section 2.2). It is slow, loses
 * requests and answers, and turns requests away, as often as it is told to, on the `Clock` and by `Random`.
 */
import { Clock, DateTime, Duration, Effect, Layer, Random, Redacted } from "effect"
import {
  AuthorizationServer,
  ProviderUnreachable,
  RefreshRejected
} from "../../src/services/provider/AuthorizationServer.ts"
import { Account, FlowId, SessionDraft, Tokens } from "../../src/services/sign-in/Session.ts"

/** How likely each fault is, from 0 to 1. They exclude each other. */
export interface Faults {
  /** The request does not get there, and whoever sent it knows. */
  readonly unsent: number
  /** 429 or 503, half of them with `Retry-After`. */
  readonly turnedAway: number
  /** The request is lost; whoever sent it cannot know, and waits for ten seconds. */
  readonly lostRequest: number
  /** The request is acted on and the answer is lost. */
  readonly lostAnswer: number
}

export const noFaults: Faults = { unsent: 0, turnedAway: 0, lostRequest: 0, lostAnswer: 0 }

/** What one consent stands for; all tokens that go back to it end with it. */
export interface Grant {
  readonly name: string
  ended: "no" | "revoked" | "reused"
}

interface Issued {
  readonly grant: Grant
  spent: boolean
  /** Whoever sent it got no clear answer. */
  doubtful: boolean
}

const lifetime = Duration.hours(1)
const patience = Duration.seconds(10)

const unreachable = (problem: string, ambiguous: boolean, retryAfter?: number) =>
  new ProviderUnreachable({
    operation: "refresh",
    problem,
    ambiguous,
    ...(retryAfter === undefined ? {} : { retryAfter })
  })

/** A provider nobody has consented to anything at yet. */
export const make = (options: { readonly rotates: boolean; readonly faults: Faults }) => {
  const { faults, rotates } = options
  const refreshTokens = new Map<string, Issued>()
  const accessTokens = new Map<string, { readonly grant: Grant; readonly expiresAt: DateTime.Utc }>()
  const grants: Array<Grant> = []
  let count = 0
  const seen = { posts: 0, refreshes: 0, reuses: 0, revocations: 0 }

  const issueAccess = Effect.fnUntraced(function*(grant: Grant) {
    const expiresAt = DateTime.addDuration(yield* DateTime.now, lifetime)
    const token = `access-${++count}-of-${grant.name}`
    accessTokens.set(token, { grant, expiresAt })
    return { accessToken: Redacted.make(token), expiresAt }
  })

  const issueRefresh = (grant: Grant) => {
    const token = `refresh-${++count}-of-${grant.name}`
    refreshTokens.set(token, { grant, spent: false, doubtful: false })
    return Redacted.make(token)
  }

  /** A person consents: a new grant, and what a sign-in makes of it. */
  const consent = Effect.fnUntraced(function*(name: string) {
    const grant: Grant = { name: `${name}-${grants.length + 1}`, ended: "no" }
    grants.push(grant)
    const now = yield* DateTime.now
    const { accessToken, expiresAt } = yield* issueAccess(grant)
    return new SessionDraft({
      account: new Account({ sub: name }),
      tokens: new Tokens({ accessToken, refreshToken: issueRefresh(grant), issuedAt: now, expiresAt }),
      grantedScopes: ["openid"],
      clientId: "a client",
      flowId: FlowId.make(grant.name),
      signedInAt: now
    })
  })

  const act = Effect.fnUntraced(function*(token: string, grantedScopes: ReadonlyArray<string>) {
    const issued = refreshTokens.get(token)
    if (issued === undefined) return yield* Effect.die(`nobody ever issued ${token}`)
    const { grant, spent } = issued
    if (spent) {
      seen.reuses++
      grant.ended = "reused"
    }
    if (grant.ended !== "no") return yield* new RefreshRejected({ reason: "revoked" })
    issued.spent = rotates
    seen.refreshes++
    return {
      ...(yield* issueAccess(grant)),
      refreshToken: rotates ? issueRefresh(grant) : undefined,
      grantedScopes,
      account: new Account({}),
      clientId: "a client"
    }
  })

  /** Most answers come in no time, some take seconds. */
  const latency = Effect.flatMap(
    Random.next,
    (luck) => Effect.sleep(luck < 0.8 ? luck * 250 : (luck - 0.8) * 40_000)
  )

  const refresh = Effect.fnUntraced(function*(token: Redacted.Redacted<string>, scopes: ReadonlyArray<string>) {
    seen.posts++
    const began = yield* Clock.currentTimeMillis
    const giveUp = Effect.flatMap(
      Clock.currentTimeMillis,
      (now) => Effect.sleep(Math.max(0, Duration.toMillis(patience) - (now - began)))
    )
    const doubt = (problem: string) =>
      Effect.suspend(() => {
        const issued = refreshTokens.get(Redacted.value(token))
        if (issued !== undefined) issued.doubtful = true
        return unreachable(problem, true)
      })
    const luck = yield* Random.next
    const below = (...sum: ReadonlyArray<number>) => luck < sum.reduce((all, one) => all + one, 0)
    if (below(faults.unsent)) return yield* unreachable("no route to the provider", false)
    if (below(faults.unsent, faults.turnedAway)) {
      yield* latency
      const wish = yield* Random.nextIntBetween(1, 240)
      return yield* unreachable("it answered with HTTP status 429", false, wish > 120 ? wish : undefined)
    }
    if (below(faults.unsent, faults.turnedAway, faults.lostRequest)) {
      yield* giveUp
      return yield* doubt("it did not answer in time")
    }
    yield* latency
    const answer = yield* Effect.result(act(Redacted.value(token), scopes))
    if (below(faults.unsent, faults.turnedAway, faults.lostRequest, faults.lostAnswer)) {
      yield* luck * 1e6 % 2 < 1 ? giveUp : Effect.void
      return yield* doubt("the connection failed")
    }
    return yield* Effect.fromResult(answer)
  })

  const revoke = Effect.fnUntraced(function*(token: Redacted.Redacted<string>) {
    yield* latency
    seen.revocations++
    const issued = refreshTokens.get(Redacted.value(token))
    if (issued !== undefined && !issued.spent && issued.grant.ended === "no") issued.grant.ended = "revoked"
  })

  return {
    layer: Layer.mock(AuthorizationServer, {
      clientId: Effect.succeed("a client"),
      issuer: "https://provider.example",
      responseIssuer: Effect.succeed({ identifier: "https://provider.example", required: false }),
      rotatesRefreshTokens: rotates,
      refresh,
      revoke
    }),
    consent,
    /** Why a resource would refuse this token now; nothing if it would not. */
    refusal: (token: Redacted.Redacted<string>) =>
      Effect.map(DateTime.now, (now) => {
        const issued = accessTokens.get(Redacted.value(token))
        if (issued === undefined) return "unknown"
        if (issued.grant.ended !== "no") return `its grant is ${issued.grant.ended}`
        return DateTime.isLessThan(now, issued.expiresAt) ? undefined : "it has expired"
      }),
    /** Whether this refresh token was exchanged, or may have been as far as anybody else can know. */
    isDoubtful: (token: Redacted.Redacted<string>) => {
      const issued = refreshTokens.get(Redacted.value(token))
      return issued !== undefined && (issued.spent || issued.doubtful)
    },
    grants: grants as ReadonlyArray<Grant>,
    seen: seen as Readonly<typeof seen>
  }
}

export type RotatingProvider = ReturnType<typeof make>
