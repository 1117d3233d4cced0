/**
 * What this process knows of the slots: the newest of each that it has seen, and the tokens that a resource refused.
 */
import { Effect, Equal, HashMap, Option, type Redacted, Ref, type Scope, Stream, SynchronizedRef } from "effect"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { freshnessAt, isIssuedBy, type Session } from "../../services/sign-in/Session.ts"
import type { SessionStore, Slot } from "../../services/storage/SessionStore.ts"

export interface SessionsLive {
  /** Keeps the newest of what is known, so that a late answer cannot bring back what a sign-out ended. */
  readonly remember: (slot: Slot) => Effect.Effect<void>
  /** The newest slot that is known; it may not be the newest there is. */
  readonly newest: (key: AccountKey) => Effect.Effect<Option.Option<Slot>>
  /** The session to work with without asking the store: none if what others write would go unseen. */
  readonly session: (key: AccountKey) => Effect.Effect<Option.Option<Session>>
  /** How many of the slots that are known are signed in. */
  readonly count: Effect.Effect<number>
  /**
   * The session that can be handed out at a moment, in milliseconds since 1970, without a second look: fresh, issued by this issuer
   * and refused by nobody. In one step, for what is asked most often.
   */
  readonly freshAt: (key: AccountKey, issuer: string, now: number) => Session | undefined
  /** Notes that a resource refused this token, unless it is known to have been replaced. */
  readonly refuse: (key: AccountKey, token: Redacted.Redacted<string>) => Effect.Effect<void>
  readonly isRefused: (session: Session) => Effect.Effect<boolean>
  /** Forgets what was refused: the provider was asked since, and whatever it issued is to be tried. */
  readonly renewed: (key: AccountKey) => Effect.Effect<void>
}

const sessionOf = (slot: Slot): Option.Option<Session> =>
  slot.state._tag === "SignedIn" ? Option.some(slot.state.session) : Option.none()

/** Follows `store` until the Scope closes. */
export const make = Effect.fnUntraced(
  function*(store: SessionStore["Service"]): Effect.fn.Return<SessionsLive, never, Scope.Scope> {
    const slots = yield* SynchronizedRef.make(HashMap.empty<AccountKey, Slot>())
    const refused = yield* Ref.make(HashMap.empty<AccountKey, Redacted.Redacted<string>>())
    const watched = yield* Ref.make(true)

    const newest = (key: AccountKey) => Effect.map(SynchronizedRef.get(slots), HashMap.get(key))

    const remember = (slot: Slot) =>
      SynchronizedRef.update(slots, (all) => {
        const known = HashMap.get(all, slot.key)
        // A slot nobody ever wrote says nothing worth keeping; there are as many of them as there are names.
        const isOld = Option.isNone(known) ? slot.generation === 0 : known.value.generation > slot.generation
        return isOld ? all : HashMap.set(all, slot.key, slot)
      })

    const session = Effect.fnUntraced(function*(key: AccountKey) {
      return (yield* Ref.get(watched)) ? Option.flatMap(yield* newest(key), sessionOf) : Option.none()
    })

    const count = Effect.map(
      SynchronizedRef.get(slots),
      HashMap.reduce(0, (sum, { state }) => state._tag === "SignedIn" ? sum + 1 : sum)
    )

    const isRefused = ({ key, tokens }: Session) =>
      Effect.map(
        Ref.get(refused),
        (all) => Option.exists(HashMap.get(all, key), (token) => Equal.equals(token, tokens.accessToken))
      )

    const refuse = Effect.fnUntraced(function*(key: AccountKey, token: Redacted.Redacted<string>) {
      const known = Option.flatMap(yield* newest(key), sessionOf)
      if (Option.exists(known, ({ tokens }) => !Equal.equals(tokens.accessToken, token))) return
      yield* Ref.update(refused, (all) => HashMap.set(all, key, token))
    })

    yield* Stream.runForEach(store.watch, remember).pipe(
      Effect.catch((error) => Effect.logWarning("The session store can no longer be watched.", error.message)),
      // Whatever ended it, what other processes do goes unseen from now on, so that every call has to ask the store.
      Effect.ensuring(Ref.set(watched, false)),
      // Watched before the first slot can be read, so that nothing happens in between.
      Effect.forkScoped({ startImmediately: true })
    )

    const freshAt = (key: AccountKey, issuer: string, now: number) => {
      const slot = Option.getOrUndefined(HashMap.get(SynchronizedRef.getUnsafe(slots), key))
      if (slot?.state._tag !== "SignedIn" || !Ref.getUnsafe(watched)) return undefined
      const { session: known } = slot.state
      const refusals = Ref.getUnsafe(refused)
      const isAsItWas = (HashMap.isEmpty(refusals) || !HashMap.has(refusals, key)) && isIssuedBy(known, issuer)
      return isAsItWas && freshnessAt(known, now) === "fresh" ? known : undefined
    }

    const renewed = (key: AccountKey) => Ref.update(refused, (all) => HashMap.remove(all, key))

    return { remember, newest, session, count, freshAt, refuse, isRefused, renewed }
  }
)
