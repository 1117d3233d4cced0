/**
 * `Sessions` as a `SynchronizedRef` of the newest slots this process knows, over the store that decides.
 *
 * A fresh token comes from the ref. Anything else goes to one fiber per key, which all callers of that key share and
 * none of them owns, so that a caller can leave without taking the refresh along.
 */
import { Effect, Fiber, FiberMap, FiberSet, HashMap, Layer, Option, Ref, Stream, SynchronizedRef } from "effect"
import type { ClientMisconfigured } from "../../services/config/Config.ts"
import {
  AuthorizationServer,
  type ProviderUnreachable,
  type RefreshRejected
} from "../../services/provider/AuthorizationServer.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import { type Generation, isFresh, type Session, SessionDraft, Tokens } from "../../services/sign-in/Session.ts"
import { Sessions, SignedOutMeanwhile, SignInRequired } from "../../services/sign-in/Sessions.ts"
import {
  EndedSession,
  type GenerationPassed,
  SessionStore,
  type Slot,
  type StoreUnavailable
} from "../../services/storage/SessionStore.ts"

type NotFresh = SignInRequired | ProviderUnreachable | ClientMisconfigured | StoreUnavailable

/**
 * Provides `Sessions`; needs the store, the provider and `AuthEvents`. Closing the layer's Scope waits for refreshes
 * that have been sent and for tokens that are being revoked, each of which ends by itself.
 */
export const layer: Layer.Layer<Sessions, never, SessionStore | AuthorizationServer | AuthEvents> = Layer.effect(
  Sessions,
  Effect.gen(function*() {
    const store = yield* SessionStore
    const provider = yield* AuthorizationServer
    const events = yield* AuthEvents
    const live = yield* SynchronizedRef.make(HashMap.empty<AccountKey, Slot>())
    const watched = yield* Ref.make(true)
    // Made before the refreshes, and so closed after them: a refresh that ends on closing may still have to revoke.
    const runRevocation = yield* FiberSet.makeRuntime<never, boolean>()
    const refreshes = yield* FiberMap.make<AccountKey, Session, NotFresh>()
    const runRefresh = yield* FiberMap.runtime(refreshes)<never>()

    /** Keeps the newest of what is known, so that a late answer cannot bring back what a sign-out ended. */
    const remember = (slot: Slot) =>
      SynchronizedRef.update(live, (all) => {
        const known = HashMap.get(all, slot.key)
        // A slot nobody ever wrote says nothing worth keeping; there are as many of them as there are names.
        const isOld = Option.isNone(known) ? slot.generation === 0 : known.value.generation > slot.generation
        return isOld ? all : HashMap.set(all, slot.key, slot)
      })

    const newest = (key: AccountKey) => Effect.map(SynchronizedRef.get(live), HashMap.get(key))

    const slot = Effect.fn("Sessions.slot")(function*(key: AccountKey) {
      return yield* Effect.tap(store.read(key), remember)
    })

    /** Goes on when whoever asked for it has left; closing waits for it. */
    const revoke = (tokens: Tokens) =>
      Effect.sync(() =>
        runRevocation(Effect.uninterruptible(
          Effect.isSuccess(provider.revoke(tokens.refreshToken ?? tokens.accessToken))
        ))
      )

    /**
     * What was issued while a sign-out happened must not outlive it. Once somebody has signed in again it is left alone:
     * at Google, revoking one token ends the whole grant, the new sign-in's included.
     */
    const dropIfSignedOut = (now: Slot, began: Generation, tokens: Tokens) =>
      now.lastSignOut > began && now.state._tag !== "SignedIn"
        ? revoke(tokens)
        : Effect.void

    /**
     * Writes what a refresh brought. That another process was refused the same refresh token meanwhile does not count: a
     * provider that replaces refresh tokens takes each of them once, and it was taken here.
     */
    const keep = (
      session: Session,
      draft: SessionDraft,
      expected: Generation
    ): Effect.Effect<Slot, GenerationPassed | StoreUnavailable> =>
      store.write(session.key, expected, { _tag: "SignedIn", draft }).pipe(
        Effect.catchTag(
          "GenerationPassed",
          (passed) =>
            Effect.flatMap(
              store.read(session.key),
              (now) =>
                now.state._tag === "NeedsSignIn" && now.generation === session.generation + 1
                  ? keep(session, draft, now.generation)
                  : Effect.andThen(dropIfSignedOut(now, session.generation, draft.tokens), Effect.fail(passed))
            )
        )
      )

    /** One refresh POST and the write that makes it count; from the POST on, nothing interrupts it. */
    const refreshOnce = Effect.fnUntraced(function*(session: Session) {
      const { refreshToken } = session.tokens
      if (refreshToken === undefined) {
        const ended = new EndedSession({ account: session.account, reason: "expired" })
        return yield* store.write(session.key, session.generation, { _tag: "NeedsSignIn", ended })
      }
      const grant = yield* provider.refresh(refreshToken, session.grantedScopes).pipe(
        Effect.tapError((error) =>
          events.publish({
            _tag: "RefreshFailed",
            key: session.key,
            code: error._tag === "RefreshRejected" ? error.reason : error.code
          })
        )
      )
      const tokens = new Tokens({
        accessToken: grant.accessToken,
        refreshToken: grant.refreshToken ?? refreshToken,
        expiresAt: grant.expiresAt
      })
      const draft = new SessionDraft({ ...session, tokens, grantedScopes: grant.grantedScopes })
      return yield* Effect.tap(
        keep(session, draft, session.generation),
        () => events.publish({ _tag: "RefreshPerformed", key: session.key })
      )
    }, Effect.uninterruptible)

    const end = (session: Session, rejected: RefreshRejected) =>
      store.write(session.key, session.generation, {
        _tag: "NeedsSignIn",
        ended: new EndedSession({ account: session.account, reason: rejected.reason })
      })

    /** Reads, adopts or refreshes until the slot says something that holds. Whoever loses a write reads again. */
    const renew = (key: AccountKey): Effect.Effect<Session, NotFresh> =>
      Effect.gen(function*() {
        const read = yield* slot(key)
        if (read.state._tag !== "SignedIn") return yield* SignInRequired.of(read)
        const { session } = read.state
        if (yield* isFresh(session)) return session
        // Nobody but the client it was issued to can renew it. Kept all the same: the configuration may change back.
        if ((yield* provider.clientId) !== session.clientId) return yield* SignInRequired.of(read)
        const written = yield* refreshOnce(session).pipe(
          Effect.catchTag("RefreshRejected", (rejected) => end(session, rejected))
        )
        yield* remember(written)
        return written.state._tag === "SignedIn" ? written.state.session : yield* SignInRequired.of(written)
      }).pipe(Effect.catchTag("GenerationPassed", () => Effect.suspend(() => renew(key))))

    const shared = (key: AccountKey) =>
      Effect.suspend(() =>
        Option.match(FiberMap.getUnsafe(refreshes, key), {
          // Begins only when it is registered: a fiber that starts on the spot could be asked for before it is.
          onNone: () => Fiber.join(runRefresh(key, Effect.andThen(Effect.yieldNow, renew(key)))),
          onSome: (running) => Effect.andThen(events.publish({ _tag: "RefreshShared", key }), Fiber.join(running))
        })
      )

    const fresh = Effect.fn("Sessions.fresh")(function*(key: AccountKey) {
      const known = yield* newest(key)
      if (Option.isSome(known) && known.value.state._tag === "SignedIn" && (yield* Ref.get(watched))) {
        const { session } = known.value.state
        if (yield* isFresh(session)) return session
      }
      const session = yield* shared(key)
      const now = yield* newest(key)
      // The answer may stem from before a sign-out that this caller knows of.
      return Option.isSome(now) && now.value.generation > session.generation && now.value.state._tag !== "SignedIn"
        ? yield* SignInRequired.of(now.value)
        : session
    })

    const establish = Effect.fn("Sessions.establish")(function*(began: Slot, draft: SessionDraft) {
      const key = began.key
      const attempt: Effect.Effect<Session, SignedOutMeanwhile | StoreUnavailable> = Effect.gen(function*() {
        const current = yield* store.read(key)
        if (current.lastSignOut > began.generation) {
          yield* dropIfSignedOut(current, began.generation, draft.tokens)
          return yield* new SignedOutMeanwhile({ key })
        }
        const written = yield* store.write(key, current.generation, { _tag: "SignedIn", draft })
        yield* remember(written)
        return written.state._tag === "SignedIn"
          ? written.state.session
          : yield* Effect.die("a store answered a sign-in with a slot that is not signed in")
      }).pipe(Effect.catchTag("GenerationPassed", () => Effect.suspend(() => attempt)))
      return yield* attempt
    }, Effect.uninterruptible)

    const signOut = Effect.fn("Sessions.signOut")(function*(key: AccountKey) {
      const { after, before } = yield* store.tombstone(key)
      yield* remember(after)
      yield* events.publish({ _tag: "SignedOut", key })
      if (before.state._tag !== "SignedIn") {
        return { was: Option.none(), revoke: Effect.succeedNone }
      }
      const { account, tokens } = before.state.session
      return { was: Option.some(account), revoke: Effect.asSome(Effect.flatMap(revoke(tokens), Fiber.join)) }
    }, Effect.uninterruptible)

    yield* Stream.runForEach(store.watch, remember).pipe(
      Effect.catch((error) => Effect.logWarning("The session store can no longer be watched.", error.message)),
      // What other processes do goes unseen from now on, so that every call has to ask the store.
      Effect.andThen(Ref.set(watched, false)),
      // Watched before the first slot can be read, so that nothing happens in between.
      Effect.forkScoped({ startImmediately: true })
    )

    return Sessions.of({
      slot,
      fresh,
      accessToken: (key) => Effect.map(fresh(key), (session) => session.tokens.accessToken),
      establish,
      signOut
    })
  })
)
