/**
 * One refresh: noted, sent, and kept. From the note on nothing interrupts it, and every step of it ends by itself.
 */
import { Clock, DateTime, Duration, Effect, Option, Schedule } from "effect"
import type { ClientMisconfigured } from "../../services/config/Config.ts"
import {
  AuthorizationServer,
  type ProviderUnreachable,
  type RefreshRejected
} from "../../services/provider/AuthorizationServer.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import { ownClient, type Session, SessionDraft, Tokens } from "../../services/sign-in/Session.ts"
import {
  EndedSession,
  type GenerationPassed,
  SessionStore,
  type Slot,
  type StoreUnavailable
} from "../../services/storage/SessionStore.ts"
import { patiently } from "../storage/StorePatience.ts"
import * as PresentedTokens from "./PresentedTokens.ts"
import type { RefreshBackoff } from "./RefreshBackoff.ts"
import type { TokensIssued } from "./TokensIssued.ts"

type Failure = GenerationPassed | ProviderUnreachable | ClientMisconfigured | StoreUnavailable

/** How a refresh ended that did not fail. */
export type Refreshed =
  /** The slot as the refresh, or its refusal, has written it; and how long the refresh took, if it was one. */
  | { readonly _tag: "Written"; readonly slot: Slot; readonly took?: Duration.Duration }
  /** The refresh token was sent before and the answer is not known; it must not be sent again. */
  | { readonly _tag: "Unclear" }
  /** Somebody else has sent it and may be about to store what came of that: look again in a moment. */
  | { readonly _tag: "UnderWay" }

type RefreshToken = NonNullable<Tokens["refreshToken"]>

/** A provider that is away for a moment is asked three times, unless that takes too long for whoever waits. */
const attempts = { schedule: Schedule.jittered(Schedule.exponential("250 millis")), times: 2 }
const impatience = Duration.seconds(1)

const since = (moment: bigint) => Effect.map(Clock.monotonicTimeNanos, (now) => Duration.nanos(now - moment))

/** Makes `refresh` over the services it needs. */
export const make = Effect.fnUntraced(function*(issued: TokensIssued, backoff: RefreshBackoff) {
  const store = yield* SessionStore
  const provider = yield* AuthorizationServer
  const events = yield* AuthEvents
  const presented = yield* PresentedTokens.make(store, provider.rotatesRefreshTokens)

  const end = (session: Session, reason: EndedSession["reason"]) =>
    Effect.map(
      patiently(store.write(session.key, session.generation, {
        _tag: "NeedsSignIn",
        ended: new EndedSession({ ...session, reason })
      })),
      (slot): Refreshed => ({ _tag: "Written", slot })
    )

  /** Tells of a refresh that came to nothing, and how long that took. */
  const failed =
    ({ key }: Session, began: bigint) => (error: RefreshRejected | ProviderUnreachable | ClientMisconfigured) =>
      Effect.flatMap(since(began), (took) =>
        events.publish({
          _tag: "RefreshFailed",
          key,
          code: error._tag === "RefreshRejected" ? error.reason : error.code,
          took
        }))

  const post = Effect.fnUntraced(function*(session: Session, refreshToken: RefreshToken, began: bigint) {
    const isQuick = Effect.map(
      Clock.monotonicTimeNanos,
      (now) => now - began < Duration.toNanosUnsafe(impatience)
    )
    return yield* provider.refresh(refreshToken, session.grantedScopes, ownClient(session)).pipe(
      Effect.retry({
        ...attempts,
        while: (error) =>
          error._tag === "ProviderUnreachable" && error.retryAfter === undefined && presented.isRepeatable(error)
            ? isQuick
            : Effect.succeed(false)
      }),
      Effect.tapError(failed(session, began))
    )
  })

  const send = Effect.fnUntraced(
    function*(
      session: Session,
      refreshToken: RefreshToken
    ): Effect.fn.Return<Refreshed, Failure | RefreshRejected | PresentedTokens.NotToBeSent> {
      // Whoever waits for what comes of the note does not have to wait for this.
      yield* Effect.tapError(provider.responseIssuer, failed(session, yield* Clock.monotonicTimeNanos))
      yield* presented.note(session)
      const began = yield* Clock.monotonicTimeNanos
      const grant = yield* Effect.tapError(
        post(session, refreshToken, began),
        (error) => presented.settle(session, error)
      )
      const draft = new SessionDraft({
        ...session,
        tokens: new Tokens({
          ...session.tokens,
          accessToken: grant.accessToken,
          refreshToken: grant.refreshToken ?? refreshToken,
          issuedAt: yield* DateTime.now,
          expiresAt: grant.expiresAt
        }),
        grantedScopes: grant.grantedScopes,
        // Of one that was stored before this was kept, it is known from now on.
        issuer: provider.issuer
      })
      const slot = yield* issued.keep({ session, draft })
      return { _tag: "Written", slot, took: yield* since(began) }
    }
  )

  const asked = Effect.fnUntraced(function*(
    session: Session,
    refreshToken: RefreshToken,
    presentedAt: DateTime.Utc | undefined
  ): Effect.fn.Return<Refreshed, Failure> {
    const known = yield* presented.known(session, presentedAt)
    if (known._tag === "Rejected") return yield* end(session, known.reason)
    if (known._tag !== "Free") return known
    const braked = yield* backoff.braked(session)
    if (Option.isSome(braked)) return yield* braked.value
    return yield* send(session, refreshToken).pipe(
      Effect.tapError((error) => error._tag === "ProviderUnreachable" ? backoff.failed(session, error) : Effect.void),
      Effect.catchTag("RefreshRejected", ({ reason }) => end(session, reason)),
      Effect.tap(backoff.answered(session.key)),
      Effect.catchTag("NotToBeSent", ({ because }) => Effect.succeed<Refreshed>({ _tag: because }))
    )
  })

  /** Renews the session that a slot was just read to hold; ends by itself. To be run where nothing interrupts it. */
  return Effect.fnUntraced(
    function*(session: Session, presentedAt: DateTime.Utc | undefined): Effect.fn.Return<Refreshed, Failure> {
      const { refreshToken } = session.tokens
      return refreshToken === undefined
        ? yield* end(session, "expired")
        : yield* asked(session, refreshToken, presentedAt)
    }
  )
})
