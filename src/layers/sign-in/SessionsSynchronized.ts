/**
 * `Sessions` as a `SynchronizedRef` of the newest slots this process knows, over the store that decides.
 *
 * A fresh token comes from the ref, without I/O. Anything else is renewed, and whatever is issued by that, or by signing
 * in, is kept by compare-and-swap or not at all.
 */
import { Effect, Layer, Option } from "effect"
import { AuthorizationServer } from "../../services/provider/AuthorizationServer.ts"
import * as Scopes from "../../services/provider/Scopes.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import { freshness, isIssuedBy, isUsable, type Session, type SessionDraft } from "../../services/sign-in/Session.ts"
import { Sessions, SignedOutMeanwhile, SignInRequired } from "../../services/sign-in/Sessions.ts"
import type { Leases } from "../../services/storage/Leases.ts"
import { SessionStore, type Slot, type StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { patiently } from "../storage/StorePatience.ts"
import * as SessionRenewal from "./SessionRenewal.ts"
import * as SessionsLive from "./SessionsLive.ts"
import * as TokensIssued from "./TokensIssued.ts"

/** The session of another sign-in that was stored since `began`, if nothing of what the draft has would be lost with it. */
const overtakenBy = (current: Slot, began: Slot, draft: SessionDraft): Option.Option<Session> => {
  if (current.generation === began.generation || current.state._tag !== "SignedIn") return Option.none()
  const { session } = current.state
  const isAnother = session.flowId !== draft.flowId &&
    (began.state._tag !== "SignedIn" || session.flowId !== began.state.session.flowId)
  return isAnother && session.clientId === draft.clientId &&
      Scopes.missing(draft.grantedScopes, session.grantedScopes).length === 0
    ? Option.some(session)
    : Option.none()
}

type Needs = SessionStore | AuthorizationServer | AuthEvents | Leases

/**
 * Provides `Sessions`; needs `SessionStore`, the provider (`AuthorizationServer`), `AuthEvents` and `Leases`. Closing the layer's
 * Scope waits for refreshes that have been sent and for tokens that are being revoked, each of which ends by itself, and tries
 * once more to store what a refresh brought and could not be stored.
 */
export const layer: Layer.Layer<Sessions, never, Needs> = Layer.effect(
  Sessions,
  Effect.gen(function*() {
    const store = yield* SessionStore
    const { issuer } = yield* AuthorizationServer
    const events = yield* AuthEvents
    // Made before the renewals, and so closed after them: what is issued at the last moment may still have to be revoked.
    const issued = yield* TokensIssued.make
    const live = yield* SessionsLive.make(store)
    const renewal = yield* SessionRenewal.make(live, issued)

    const slot = Effect.fn("Sessions.slot")(function*(key: AccountKey) {
      return yield* Effect.tap(store.read(key), live.remember)
    })

    const renewed = Effect.fn("Sessions.fresh")(function*(
      key: AccountKey
    ): Effect.fn.Return<Session, SessionRenewal.NotFresh> {
      const session = yield* renewal.usable(key)
      // What was under way already may have looked at the token before it was refused.
      if (yield* live.isRefused(session)) return yield* renewed(key)
      const now = yield* live.newest(key)
      // The answer may stem from before a sign-out that this caller knows of.
      return Option.isSome(now) && now.value.generation > session.generation && now.value.state._tag !== "SignedIn"
        ? yield* SignInRequired.of(now.value)
        : session
    })

    const canUse = Effect.fnUntraced(function*(session: Session) {
      return isIssuedBy(session, issuer) && (yield* isUsable(session)) && !(yield* live.isRefused(session))
    })

    const renewedIfNeeded = Effect.fnUntraced(function*(key: AccountKey) {
      const known = yield* live.session(key)
      const session = Option.isSome(known) && (yield* canUse(known.value)) ? known.value : yield* renewed(key)
      if ((yield* freshness(session)) === "aging") yield* renewal.inAdvance(session)
      return session
    })

    /** Most callers find a fresh session, and get it in one step: no span, no look at the store, nobody to wait for. */
    const handed = <A>(key: AccountKey, what: (session: Session) => A) =>
      Effect.clockWith((clock) => {
        const session = live.freshAt(key, issuer, clock.currentTimeMillisUnsafe())
        return session === undefined ? Effect.map(renewedIfNeeded(key), what) : Effect.succeed(what(session))
      })

    const fresh = (key: AccountKey) => handed(key, (session) => session)

    const invalidate = Effect.fn("Sessions.invalidate")(live.refuse)

    const establish = Effect.fn("Sessions.establish")(function*<E = never>(
      began: Slot,
      draft: SessionDraft,
      standing: Effect.Effect<void, E> = Effect.void
    ) {
      const key = began.key
      const attempt: Effect.Effect<Session, SignedOutMeanwhile | StoreUnavailable | E> = Effect.gen(function*() {
        yield* standing
        const current = yield* patiently(store.read(key))
        if (current.lastSignOut > began.generation) {
          yield* issued.dropIfSignedOut(current, began.generation, draft)
          return yield* new SignedOutMeanwhile({ key })
        }
        const winner = Option.filter(overtakenBy(current, began, draft), (session) => isIssuedBy(session, issuer))
        if (Option.isSome(winner)) {
          yield* events.publish({ _tag: "FlowOvertaken", key, flowId: draft.flowId })
          return winner.value
        }
        const written = yield* patiently(store.write(key, current.generation, { _tag: "SignedIn", draft }))
        yield* live.remember(written)
        return written.state._tag === "SignedIn"
          ? written.state.session
          : yield* Effect.die("a store answered a sign-in with a slot that is not signed in")
      }).pipe(Effect.catchTag(
        "GenerationPassed",
        () => Effect.andThen(events.publish({ _tag: "WriteLost", key }), Effect.suspend(() => attempt))
      ))
      return yield* attempt
    }, Effect.uninterruptible)

    const signOut = Effect.fn("Sessions.signOut")(function*(key: AccountKey) {
      const { after, before } = yield* store.tombstone(key)
      yield* live.remember(after)
      yield* events.publish({ _tag: "SignedOut", key })
      if (before.state._tag === "NeedsSignIn" && before.state.ended.sealed === true) {
        return { was: Option.some(before.state.ended.account), revoke: Effect.succeedSome(false) }
      }
      if (before.state._tag !== "SignedIn") {
        return { was: Option.none(), revoke: Effect.succeedNone }
      }
      const { session } = before.state
      // What a refresh brought and could not be stored has replaced what is stored.
      const unsaved = yield* issued.unsaved(before)
      const last = Option.match(unsaved, { onNone: () => session, onSome: ({ draft }) => draft })
      return { was: Option.some(session.account), revoke: Effect.asSome(issued.revoke(last)) }
    }, Effect.uninterruptible)

    return Sessions.of({
      slot,
      watch: store.watch,
      live: live.count,
      canUse,
      fresh,
      accessToken: (key) => handed(key, ({ tokens }) => tokens.accessToken),
      invalidate,
      establish,
      signOut
    })
  })
)
