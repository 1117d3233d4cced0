/**
 * Renewing sessions: one fiber per key, which all callers of that key share and none of them owns, so that a caller can
 * leave without taking the refresh along.
 */
import {
  Clock,
  DateTime,
  Duration,
  Effect,
  Fiber,
  FiberMap,
  HashMap,
  Option,
  Ref,
  type Scope,
  type Tracer
} from "effect"
import type { ClientMisconfigured } from "../../services/config/Config.ts"
import { AuthorizationServer, type ProviderUnreachable } from "../../services/provider/AuthorizationServer.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import { type Freshness, freshness, isIssuedBy, ownClient, type Session } from "../../services/sign-in/Session.ts"
import { SignInRequired } from "../../services/sign-in/Sessions.ts"
import { Leases } from "../../services/storage/Leases.ts"
import { SessionStore, type Slot, type StoreUnavailable } from "../../services/storage/SessionStore.ts"
import * as RefreshBackoff from "./RefreshBackoff.ts"
import type { SessionsLive } from "./SessionsLive.ts"
import * as TokenRefresh from "./TokenRefresh.ts"
import type { TokensIssued } from "./TokensIssued.ts"

export type NotFresh = SignInRequired | ProviderUnreachable | ClientMisconfigured | StoreUnavailable

export interface SessionRenewal {
  /** A session that can be used, from the store or by a refresh that all callers of this key share. */
  readonly usable: (key: AccountKey) => Effect.Effect<Session, NotFresh>
  /** Has a session renewed that can be used meanwhile, unless that is under way or was tried to no avail just now. */
  readonly inAdvance: (session: Session) => Effect.Effect<void>
}

/** How often a slot is looked at while somebody else renews it. */
const lookEvery = Duration.millis(200)

/**
 * How long another process is waited for that renews the same session: longer than it needs if it is alive and awake. One
 * that is stopped keeps its lease, and must not keep everybody else from their tokens; the generations see to the rest.
 */
const leaseLimit = Duration.seconds(15)

/** How long a session that could not be renewed in advance is left alone. */
const restNanos = Duration.toNanosUnsafe(Duration.seconds(30))

/** Closing the Scope waits for refreshes that have been sent. */
export const make = Effect.fnUntraced(function*(
  live: SessionsLive,
  issued: TokensIssued
): Effect.fn.Return<SessionRenewal, never, Leases | SessionStore | AuthorizationServer | AuthEvents | Scope.Scope> {
  const store = yield* SessionStore
  const leases = yield* Leases
  const provider = yield* AuthorizationServer
  const events = yield* AuthEvents
  const backoff = yield* RefreshBackoff.make
  const refresh = yield* TokenRefresh.make(issued, backoff)
  const renewals = yield* FiberMap.make<AccountKey, Session, NotFresh>()
  const runRenewal = yield* FiberMap.runtime(renewals)<never>()
  /** When each key was last tried in advance. */
  const tried = yield* Ref.make(HashMap.empty<AccountKey, bigint>())

  /** A token whose replacement may have been issued and lost is good to its very end, and then a person is needed. */
  const unclear = Effect.fnUntraced(function*(session: Session) {
    const isOver = DateTime.isGreaterThanOrEqualTo(yield* DateTime.now, session.tokens.expiresAt) ||
      (yield* live.isRefused(session))
    if (!isOver) return session
    return yield* new SignInRequired({
      key: session.key,
      reason: "expired",
      account: session.account,
      because: "refresh_unclear"
    })
  })

  /** Stores what an earlier refresh brought and could not be stored then: none if there is nothing like that. */
  const saved = Effect.fnUntraced(function*(slot: Slot) {
    const found = yield* issued.unsaved(slot)
    if (Option.isNone(found)) return false
    yield* issued.keep(found.value).pipe(
      Effect.flatMap(live.remember),
      Effect.andThen(events.publish({ _tag: "RefreshPerformed", key: slot.key })),
      Effect.uninterruptible
    )
    return true
  })

  /** One refresh, and what everybody hears of it: who closes the layer meanwhile does not keep that back. */
  const refreshed = Effect.fnUntraced(function*(session: Session, presentedAt: DateTime.Utc | undefined) {
    const what = yield* refresh(session, presentedAt)
    if (what._tag !== "Written") return what
    const { slot, took } = what
    yield* live.remember(slot)
    yield* live.renewed(slot.key)
    if (slot.state._tag === "SignedIn") {
      yield* events.publish({ _tag: "RefreshPerformed", key: slot.key, ...(took === undefined ? {} : { took }) })
    }
    return what
  }, Effect.uninterruptible)

  /** Who else renews this session on this machine is waited for, so that there is usually nothing left to do. */
  const alone = Effect.fnUntraced(function*(key: AccountKey) {
    yield* leases.hold(`refresh ${key}`).pipe(
      Effect.timeoutOption(leaseLimit),
      // A lease saves work and nothing else: where there is none to be had, it goes without.
      Effect.ignore
    )
  })

  /**
   * Reads, adopts or refreshes until the slot says something that holds. Whoever loses a write reads again. A session that
   * is as fresh as `enough`, or fresher, is left as it is. `hasTried` says that this is not the first it has to do with it: what
   * it then finds is not what it has waited for.
   */
  const renew = (
    key: AccountKey,
    enough: Freshness,
    isAlone = false,
    hasTried = false
  ): Effect.Effect<Session, NotFresh> => {
    const again = Effect.suspend(() => renew(key, enough, isAlone, hasTried))
    const onceMore = Effect.suspend(() => renew(key, enough, isAlone, true))
    return Effect.gen(function*() {
      const slot = yield* Effect.tap(store.read(key), live.remember)
      if (yield* saved(slot)) return yield* onceMore
      if (slot.state._tag !== "SignedIn") return yield* SignInRequired.of(slot)
      const { session } = slot.state
      // What is not this provider's is neither sent to it nor handed out for it. Kept all the same: the configuration may change back.
      if (!isIssuedBy(session, provider.issuer)) return yield* SignInRequired.of(slot)
      const age = (yield* live.isRefused(session)) ? "stale" : yield* freshness(session)
      const isEnough = age === "fresh" || age === enough
      if (isEnough && isAlone && !hasTried) yield* events.publish({ _tag: "RefreshAdopted", key })
      if (isEnough) return session
      // Nobody but the client it was issued to can renew it.
      if (ownClient(session) === undefined && (yield* provider.clientId) !== session.clientId) {
        return yield* SignInRequired.of(slot)
      }
      if (!isAlone) {
        return yield* Effect.scoped(
          Effect.andThen(alone(key), Effect.suspend(() => renew(key, enough, true, hasTried)))
        )
      }
      const what = yield* refreshed(session, slot.presentedAt)
      if (what._tag === "Unclear") return yield* unclear(session)
      if (what._tag === "UnderWay") return yield* Effect.delay(again, lookEvery)
      if (what.slot.state._tag !== "SignedIn") return yield* SignInRequired.of(what.slot)
      return what.slot.state.session
    }).pipe(
      Effect.catchTag("GenerationPassed", () => Effect.andThen(events.publish({ _tag: "WriteLost", key }), onceMore))
    )
  }

  // Begins only when it is registered: a fiber that starts on the spot could be asked for before it is. A trace of its own,
  // since it is nobody's; `caller` is linked.
  const begin = (key: AccountKey, enough: Freshness, caller: Tracer.AnySpan | undefined) =>
    runRenewal(
      key,
      Effect.andThen(
        Effect.yieldNow,
        Effect.withSpan(renew(key, enough), "Sessions.renew", {
          root: true,
          links: caller === undefined ? [] : [{ span: caller, attributes: { "auth.link": "begun_by" } }]
        })
      )
    )

  return {
    usable: (key) =>
      Effect.withFiber(({ cache: { span } }) =>
        Option.match(FiberMap.getUnsafe(renewals, key), {
          onNone: () => Fiber.join(begin(key, "aging", span)),
          onSome: (running) => Effect.andThen(events.publish({ _tag: "RefreshShared", key }), Fiber.join(running))
        })
      ),
    inAdvance: Effect.fnUntraced(function*(session) {
      const { key } = session
      if (Option.isSome(yield* backoff.braked(session))) return
      const now = yield* Clock.monotonicTimeNanos
      const isTooSoon = yield* Ref.modify(
        tried,
        (all) =>
          Option.exists(HashMap.get(all, key), (at) => now - at < restNanos)
            ? [true, all]
            : [false, HashMap.set(all, key, now)]
      )
      if (!isTooSoon && !FiberMap.hasUnsafe(renewals, key)) begin(key, "fresh", undefined)
    })
  }
})
