/**
 * A Map of resolvers, through which whoever completes a sign-in finds whoever waits for it. Invariant: every waiter is
 * answered.
 */
import { Deferred, Duration, Effect, Fiber } from "effect"
import * as ScheduleChoices from "../../../src/layers/exploring/ScheduleChoices.ts"
import { named } from "../../../src/layers/exploring/ScheduleNotes.ts"
import * as KeyedLockMemory from "../../../src/layers/sign-in/KeyedLockMemory.ts"
import { KeyedLock } from "../../../src/services/sign-in/KeyedLock.ts"
import { key, make as makeWorld, NotSignedIn, type Page, type Tokens, type World } from "./fakes.ts"

interface SignInOut {
  readonly signIn: (key: string) => Effect.Effect<Tokens, NotSignedIn>
  readonly signOut: (key: string) => Effect.Effect<void>
}

const timeout = Duration.minutes(5)

const timedOut = new NotSignedIn({ reason: "timed out" })

type Waiting = Deferred.Deferred<Tokens, NotSignedIn>

/** The pattern: whoever deletes a resolver is not bound to settle it. */
const withMap = ({ browser, provider, store, tell }: World): SignInOut => {
  const resolvers = new Map<string, { readonly waiting: Waiting; readonly timer: Fiber.Fiber<void> }>()

  const callback = Effect.fnUntraced(
    function*(account: string, code: string): Effect.fn.Return<Page, NotSignedIn> {
      const tokens = yield* provider.exchange(code)
      const resolver = resolvers.get(account)
      if (resolver === undefined) {
        tell("finds no resolver, drops the tokens")
      } else {
        resolvers.delete(account)
        yield* Fiber.interrupt(resolver.timer)
        yield* store.write(account, tokens)
        Deferred.doneUnsafe(resolver.waiting, Effect.succeed(tokens))
      }
      return "signed in"
    },
    Effect.orElseSucceed((): Page => "not signed in")
  )

  return {
    signIn: Effect.fnUntraced(function*(account) {
      const stored = yield* store.read(account)
      if (stored !== undefined) return stored
      const waiting = Deferred.makeUnsafe<Tokens, NotSignedIn>()
      const expire = Effect.sync(() => {
        resolvers.delete(account)
        Deferred.doneUnsafe(waiting, Effect.fail(timedOut))
      })
      const timer = yield* Effect.forkDetach(Effect.delay(expire, timeout))
      tell("registers its resolver")
      resolvers.set(account, { waiting, timer })
      yield* browser.open((code) => callback(account, code))
      return yield* Deferred.await(waiting)
    }),
    signOut: Effect.fnUntraced(function*(account) {
      yield* store.remove(account)
      const resolver = resolvers.get(account)
      tell(resolver === undefined ? "finds no resolver" : "deletes the resolver and its timer")
      if (resolver === undefined) return
      resolvers.delete(account)
      yield* Fiber.interrupt(resolver.timer)
    })
  }
}

/** A Deferred that whoever ends the sign-in settles, under the account's lock together with what is stored. */
const withLock = Effect.fnUntraced(
  function*({ browser, provider, store }: World): Effect.fn.Return<SignInOut, never, KeyedLock> {
    const lock = yield* KeyedLock
    const pending = new Map<string, Waiting>()

    /** For whoever holds the lock. Whose it was, was answered. */
    const ended = Effect.fnUntraced(function*(account: string, answer: Effect.Effect<Tokens, NotSignedIn>) {
      const waiting = pending.get(account)
      if (waiting === undefined) return
      pending.delete(account)
      yield* Deferred.done(waiting, yield* Effect.exit(answer))
    })

    const callback = Effect.fnUntraced(
      function*(account: string, waiting: Waiting, code: string): Effect.fn.Return<Page, NotSignedIn> {
        const tokens = yield* provider.exchange(code)
        const stored = Effect.suspend(() =>
          pending.get(account) === waiting
            ? Effect.as(ended(account, Effect.as(store.write(account, tokens), tokens)), true)
            : Effect.succeed(false)
        )
        return (yield* lock.withLock(account)(stored)) ? "signed in" : "not signed in"
      },
      Effect.orElseSucceed((): Page => "not signed in")
    )

    /** Settled already if somebody is signed in. */
    const register = Effect.fnUntraced(function*(account: string) {
      const waiting = yield* Deferred.make<Tokens, NotSignedIn>()
      const stored = yield* store.read(account)
      if (stored === undefined) {
        yield* ended(account, new NotSignedIn({ reason: "another sign-in has begun" }))
        pending.set(account, waiting)
      } else {
        yield* Deferred.succeed(waiting, stored)
      }
      return waiting
    })

    return {
      signIn: Effect.fnUntraced(function*(account) {
        const waiting = yield* lock.withLock(account)(register(account))
        if (yield* Deferred.isDone(waiting)) return yield* Deferred.await(waiting)
        yield* browser.open((code) => callback(account, waiting, code))
        const late = lock.withLock(account)(ended(account, timedOut))
        return yield* Deferred.await(waiting).pipe(
          Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.andThen(late, Deferred.await(waiting)) })
        )
      }),
      signOut: (account) =>
        lock.withLock(account)(
          Effect.andThen(store.remove(account), ended(account, new NotSignedIn({ reason: "signed out" })))
        )
    }
  }
)

/** Somebody changes accounts: signs out and in again, with a client that does not wait for the first answer. */
const outAndIn = Effect.fnUntraced(function*({ browser, provider, store }: World, { signIn, signOut }: SignInOut) {
  yield* named("before")(store.write(key, yield* provider.issue))
  const callers = [named("sign-out")(signOut(key)), named("sign-in")(Effect.exit(signIn(key)))]
  yield* ScheduleChoices.inAnyOrder(Effect.all(callers, { concurrency: "unbounded" }))
  yield* browser.shown
}, ScheduleChoices.inOrder)

export const original = Effect.flatMap(makeWorld, (world) => outAndIn(world, withMap(world)))

export const control = Effect.gen(function*() {
  const world = yield* makeWorld
  yield* outAndIn(world, yield* withLock(world))
}).pipe(Effect.provide(KeyedLockMemory.layer), ScheduleChoices.inOrder)
