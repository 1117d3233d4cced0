/**
 * One slot that people and programs are about to do something to, at the same moment.
 */
import { Context, Effect, Exit, Layer, Queue, Scope } from "effect"
import * as AuthEventsPubSub from "../../src/layers/sign-in/AuthEventsPubSub.ts"
import * as SessionsSynchronized from "../../src/layers/sign-in/SessionsSynchronized.ts"
import * as LeasesMemory from "../../src/layers/storage/LeasesMemory.ts"
import { AccountKey } from "../../src/services/sign-in/AccountKey.ts"
import type { Session } from "../../src/services/sign-in/Session.ts"
import { Sessions } from "../../src/services/sign-in/Sessions.ts"
import { SessionStore, StoreUnavailable } from "../../src/services/storage/SessionStore.ts"
import * as RotatingProvider from "./rotatingProvider.ts"
import { watching } from "./sessionStreams.ts"

/** The slot that all of it is about. */
export const key = AccountKey.make("default")

const unavailable = new StoreUnavailable({ problem: "the disk is full", remedy: "make room" })

/** A process on the store that is there, which cannot be written while `disk.isFull`. */
const startProcess = Effect.fnUntraced(function*(
  provider: RotatingProvider.RotatingProvider,
  disk: { readonly isFull: boolean },
  scope: Scope.Scope
) {
  const inner = yield* SessionStore
  const store = Layer.succeed(SessionStore, {
    ...inner,
    write: (...write) => Effect.suspend(() => disk.isFull ? Effect.fail(unavailable) : inner.write(...write))
  })
  const sessions = Context.get(
    yield* Layer.buildWithScope(
      Layer.provide(SessionsSynchronized.layer, [store, provider.layer, AuthEventsPubSub.layer, LeasesMemory.layer]),
      scope
    ),
    Sessions
  )
  return sessions
})

/** How a call ended: the sign-in that was given, or the code of the failure. */
const ended = (exit: Exit.Exit<Session, { readonly _tag: string; readonly reason?: string }>) =>
  Exit.isSuccess(exit)
    ? exit.value.flowId
    : exit.cause.reasons.map((reason) =>
      reason._tag === "Fail" ? reason.error.reason ?? reason.error._tag : reason._tag
    ).join()

/** A slot with a sign-in that is to be renewed, and another consent that waits to be stored. */
export const make = Effect.fnUntraced(function*(options: {
  readonly rotates: boolean
  /** How old the first sign-in's token is, which lasts 60. */
  readonly minutes: number
  /** Whether there is another process; `other` is the same one otherwise. */
  readonly isShared: boolean
}) {
  const { isShared, minutes, rotates } = options
  const provider = RotatingProvider.make({ rotates, faults: RotatingProvider.noFaults })
  const scope = yield* Scope.make()
  const disk = { isFull: false }
  const store = yield* SessionStore
  const sessions = yield* startProcess(provider, disk, scope)
  const first = yield* provider.consent("first")
  yield* sessions.establish(yield* sessions.slot(key), first)
  yield* Effect.sleep(minutes * 60_000)
  const other = isShared ? yield* startProcess(provider, disk, scope) : sessions
  const began = yield* sessions.slot(key)
  const writes = yield* watching(store.watch)
  const second = yield* provider.consent("second")
  const [firstGrant, secondGrant] = provider.grants
  const call = (by = sessions) => Effect.map(Effect.exit(by.fresh(key)), ended)
  /** Signs out, and goes on while the provider is told. */
  const signOut = <A>(next: Effect.Effect<A>, by = sessions) =>
    Effect.flatMap(
      by.signOut(key),
      ({ revoke }) => Effect.map(Effect.all([next, revoke], { concurrency: 2 }), ([answer]) => answer)
    )
  return {
    provider,
    disk,
    sessions,
    other,
    began,
    first,
    second,
    call,
    signOut,
    /** What a flow does that began before all this. */
    establish: (by = sessions) => Effect.map(Effect.exit(by.establish(began, second)), ended),
    /** A sign-in from its beginning. */
    signInAgain: (by = sessions) =>
      Effect.flatMap(
        Effect.orDie(by.slot(key)),
        (slot) => Effect.map(Effect.exit(by.establish(slot, second)), ended)
      ),
    /** Which sign-in the slot holds, or why it holds none. */
    state: Effect.map(store.read(key), ({ state }) => state._tag === "SignedIn" ? state.session.flowId : state._tag),
    /** Whether the provider has given others for the tokens that the slot holds. */
    isSpent: Effect.map(
      store.read(key),
      ({ state }) =>
        state._tag === "SignedIn" && state.session.tokens.refreshToken !== undefined &&
        provider.isDoubtful(state.session.tokens.refreshToken)
    ),
    /** Returns when the slot has been written. */
    written: Queue.take(writes),
    close: Scope.close(scope, Exit.void),
    grants: () => [firstGrant?.ended, secondGrant?.ended]
  }
})

/** What there is before the race. */
export type ContestedSlot = Effect.Success<ReturnType<typeof make>>
