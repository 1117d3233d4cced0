/**
 * What becomes of tokens that the provider has issued: they are kept, or given way, or revoked. None are forgotten.
 */
import { Effect, Equal, Exit, Fiber, FiberSet, HashMap, Option, Ref, type Scope } from "effect"
import { AuthorizationServer } from "../../services/provider/AuthorizationServer.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import {
  type Generation,
  isIssuedBy,
  ownClient,
  type Session,
  type SessionDraft
} from "../../services/sign-in/Session.ts"
import {
  type GenerationPassed,
  SessionStore,
  type Slot,
  type StoreUnavailable
} from "../../services/storage/SessionStore.ts"
import { patiently } from "../storage/StorePatience.ts"

/** What a refresh brought, and the session it renews. */
export interface Renewal {
  readonly session: Session
  readonly draft: SessionDraft
}

export interface TokensIssued {
  /**
   * Stores what a refresh brought. A store that cannot be written is tried for a moment; the tokens are then kept in
   * memory, as `unsaved`, since the ones they replace may be worth nothing any more.
   */
  readonly keep: (renewal: Renewal) => Effect.Effect<Slot, GenerationPassed | StoreUnavailable>
  /**
   * What was brought for the session in this slot and could not be stored. What has been overtaken since is given up, and
   * revoked if that was a sign-out.
   */
  readonly unsaved: (slot: Slot) => Effect.Effect<Option.Option<Renewal>>
  /**
   * Revokes the tokens of a session at the provider, as the client they were issued to; goes on when whoever asked for it
   * has left. Whether it was confirmed.
   */
  readonly revoke: (draft: SessionDraft) => Effect.Effect<boolean>
  /** Revokes what was issued, in the background, if a sign-out has come since `began` and nobody has signed in again. */
  readonly dropIfSignedOut: (now: Slot, began: Generation, draft: SessionDraft) => Effect.Effect<void>
}

/**
 * Whether what a refresh of this session brought may be written over what the slot holds now.
 *
 * It may if those still are the same tokens, whatever its generation has become: a store can be exchanged and put
 * back. It may, too, if another process was refused that token meanwhile: a provider that replaces refresh tokens takes
 * each of them once, and it was taken here.
 */
const isItsTurn = (now: Slot, session: Session): boolean => {
  switch (now.state._tag) {
    case "SignedIn":
      return Equal.equals(now.state.session.tokens.accessToken, session.tokens.accessToken) &&
        Equal.equals(now.state.session.tokens.refreshToken, session.tokens.refreshToken)
    case "NeedsSignIn":
      return now.state.ended.reason === "revoked" && now.generation === session.generation + 1
    default:
      return false
  }
}

/** Closing the Scope tries once more to store what is unsaved, and waits for revocations under way. */
export const make: Effect.Effect<
  TokensIssued,
  never,
  SessionStore | AuthorizationServer | AuthEvents | Scope.Scope
> = Effect.gen(
  function*() {
    const store = yield* SessionStore
    const provider = yield* AuthorizationServer
    const events = yield* AuthEvents
    const runRevocation = yield* FiberSet.makeRuntime<never, boolean>()
    const renewals = yield* Ref.make(HashMap.empty<AccountKey, Renewal>())

    const revoking = (draft: SessionDraft) =>
      Effect.sync(() => {
        const { accessToken, refreshToken } = draft.tokens
        // From its first step on: what closing interrupts before that would never be revoked.
        return runRevocation(
          isIssuedBy(draft, provider.issuer)
            ? Effect.isSuccess(provider.revoke(refreshToken ?? accessToken, ownClient(draft)))
            : Effect.succeed(false),
          { uninterruptible: true }
        )
      })

    /**
     * What was issued while a sign-out happened must not outlive it. Once somebody has signed in again it is left alone:
     * at Google, revoking one token ends the whole grant, the new sign-in's included.
     */
    const dropIfSignedOut = (now: Slot, began: Generation, draft: SessionDraft) =>
      Effect.andThen(
        now.lastSignOut > began && now.state._tag !== "SignedIn" ? Effect.asVoid(revoking(draft)) : Effect.void,
        now.lastSignOut > began ? events.publish({ _tag: "TokensDropped", key: now.key }) : Effect.void
      )

    const write = (
      { draft, session }: Renewal,
      expected: Generation
    ): Effect.Effect<Slot, GenerationPassed | StoreUnavailable> =>
      store.write(session.key, expected, { _tag: "SignedIn", draft }).pipe(
        Effect.catchTag(
          "GenerationPassed",
          (passed) =>
            Effect.flatMap(
              store.read(session.key),
              (now) =>
                isItsTurn(now, session)
                  ? write({ draft, session }, now.generation)
                  : Effect.andThen(dropIfSignedOut(now, session.generation, draft), Effect.fail(passed))
            )
        )
      )

    const forget = (key: AccountKey) => Ref.update(renewals, (all) => HashMap.remove(all, key))

    const unsaved = Effect.fnUntraced(function*(slot: Slot) {
      const found = HashMap.get(yield* Ref.get(renewals), slot.key)
      if (Option.isNone(found)) return found
      const { draft, session } = found.value
      if (isItsTurn(slot, session)) return found
      yield* forget(slot.key)
      yield* dropIfSignedOut(slot, session.generation, draft)
      return Option.none()
    }, Effect.uninterruptible)

    const keep = (renewal: Renewal) =>
      patiently(write(renewal, renewal.session.generation)).pipe(
        Effect.onExit((exit) =>
          Exit.isFailure(exit) && Option.exists(Exit.findErrorOption(exit), ({ _tag }) => _tag === "StoreUnavailable")
            ? Ref.update(renewals, (all) => HashMap.set(all, renewal.session.key, renewal))
            : forget(renewal.session.key)
        )
      )

    yield* Effect.addFinalizer(() =>
      Effect.flatMap(
        Ref.get(renewals),
        (all) =>
          Effect.forEach(HashMap.values(all), (renewal) => Effect.ignore(write(renewal, renewal.session.generation)))
      )
    )

    return {
      keep,
      unsaved,
      revoke: (draft) => Effect.flatMap(revoking(draft), Fiber.join),
      dropIfSignedOut
    }
  }
)
