/**
 * The sign-ins of this process, by their keys, and the fibers that they live in.
 */
import { Deferred, Effect, Exit, HashMap, Option, Ref, type Scope } from "effect"
import { SecureRandom } from "effect/crypto"
import { Hex } from "effect/encoding"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { FlowId } from "../../services/sign-in/Session.ts"
import * as AuthFlowEntry from "./AuthFlowEntry.ts"
import * as AuthFlowSpan from "./AuthFlowSpan.ts"

export interface AuthFlowEntries {
  /** The newest sign-in of every key, until nothing of it is left. */
  readonly all: Effect.Effect<Iterable<AuthFlowEntry.AuthFlowEntry>>
  /** The newest sign-in of a key, until nothing of it is left. */
  readonly newest: (key: AccountKey) => Effect.Effect<Option.Option<AuthFlowEntry.AuthFlowEntry>>
  /** The same, if it can be joined. */
  readonly joinable: (key: AccountKey) => Effect.Effect<Option.Option<AuthFlowEntry.AuthFlowEntry>>
  /** The same, if it was ended from outside and is not gone yet. The next one waits for that: this one may still hold the port. */
  readonly leaving: (key: AccountKey) => Effect.Effect<Option.Option<AuthFlowEntry.AuthFlowEntry>>
  /** Registers a sign-in and starts its fiber; whatever becomes of the fiber, the sign-in settles. */
  readonly begin: (key: AccountKey) => Effect.Effect<AuthFlowEntry.AuthFlowEntry>
}

/** `live` is what a sign-in does from its registration on. Its fibers belong to the Scope. */
export const make = (
  live: (entry: AuthFlowEntry.AuthFlowEntry) => Effect.Effect<void>
): Effect.Effect<AuthFlowEntries, never, Scope.Scope | SecureRandom.SecureRandom> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const random = yield* SecureRandom.SecureRandom
    /** The newest sign-in of each key, until nothing of it is left. */
    const entries = yield* Ref.make(HashMap.empty<AccountKey, AuthFlowEntry.AuthFlowEntry>())

    const newest = (key: AccountKey) => Effect.map(Ref.get(entries), HashMap.get(key))

    /** One that has settled is nobody's to join, even while its pages can still be reloaded. */
    const joinable = (key: AccountKey) =>
      Effect.map(
        newest(key),
        Option.filter((entry) => !Deferred.isDoneUnsafe(entry.outcome) && !Deferred.isDoneUnsafe(entry.condemned))
      )

    const leaving = (key: AccountKey) =>
      Effect.map(
        newest(key),
        Option.filter((entry) => Deferred.isDoneUnsafe(entry.condemned) && !Deferred.isDoneUnsafe(entry.over))
      )

    /** Registers a sign-in and starts its fiber; whatever becomes of the fiber, the sign-in settles. */
    const begin = Effect.fnUntraced(function*(key: AccountKey) {
      const id = FlowId.make(Hex.encode(yield* random.randomBytes(8)))
      const entry = yield* AuthFlowEntry.make(key, id, yield* AuthFlowSpan.make(id))
      yield* Ref.update(entries, HashMap.set(key, entry))
      const forget = Ref.update(entries, (all) =>
        Option.contains(HashMap.get(all, key), entry) ? HashMap.remove(all, key) : all)
      const over = Effect.andThen(forget, Deferred.succeed(entry.over, undefined))
      const fiber = yield* Effect.forkIn(Effect.ensuring(live(entry), over), scope).pipe(
        Effect.withParentSpan(entry.span)
      )
      fiber.addObserver((exit) => {
        // Only news for a fiber that died of a bug, or that a closing Scope never let begin.
        const lost = Exit.isFailure(exit) && !Exit.hasInterrupts(exit)
          ? Exit.failCause(exit.cause)
          : Exit.fail(AuthFlowEntry.shutdown)
        Deferred.doneUnsafe(entry.opened, lost)
        Deferred.doneUnsafe(entry.outcome, lost)
        Deferred.doneUnsafe(entry.over, Effect.void)
        AuthFlowSpan.end(entry, fiber)
      })
      return entry
    })

    return { all: Effect.map(Ref.get(entries), HashMap.values), newest, joinable, leaving, begin }
  })
