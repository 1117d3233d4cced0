/**
 * A lock made of a Map: `while (locks.has(key)) await locks.get(key)`. Invariant: what was stored last is the newest token,
 * and the provider takes it.
 */
import { Clock, Deferred, Effect } from "effect"
import * as ScheduleChoices from "../../../src/layers/exploring/ScheduleChoices.ts"
import { named } from "../../../src/layers/exploring/ScheduleNotes.ts"
import * as KeyedLockMemory from "../../../src/layers/sign-in/KeyedLockMemory.ts"
import { KeyedLock } from "../../../src/services/sign-in/KeyedLock.ts"
import { key, make as makeWorld, NotSignedIn, type Tokens, type World } from "./fakes.ts"

type TokensOf = (key: string) => Effect.Effect<Tokens, NotSignedIn>

/** What is stored, and whether it can be used. */
const look = Effect.fnUntraced(function*({ store }: World, account: string) {
  const tokens = yield* store.read(account)
  if (tokens === undefined) return yield* new NotSignedIn({ reason: "never" })
  return { tokens, isFresh: tokens.expiresAt > (yield* Clock.currentTimeMillis) }
})

const renew = ({ provider, store }: World, account: string, tokens: Tokens) =>
  Effect.tap(provider.refresh(tokens), (renewed) => store.write(account, renewed))

const lookAndRenew = (world: World, account: string) =>
  Effect.flatMap(
    look(world, account),
    ({ isFresh, tokens }) => isFresh ? Effect.succeed(tokens) : renew(world, account, tokens)
  )

/** The pattern. Whoever finds no lock looks first whether one is needed, or else takes it at once. */
const withMap = (world: World, isTakenAtOnce: boolean): TokensOf => {
  const locks = new Map<string, Deferred.Deferred<void>>()

  const take = (account: string) => {
    world.tell("takes the lock")
    const lock = Deferred.makeUnsafe<void>()
    locks.set(account, lock)
    return Effect.sync(() => {
      locks.delete(account)
      Deferred.doneUnsafe(lock, Effect.void)
    })
  }

  return Effect.fnUntraced(function*(account) {
    for (let lock = locks.get(account); lock !== undefined; lock = locks.get(account)) {
      world.tell("waits for the lock")
      yield* Deferred.await(lock)
    }
    world.tell("finds no lock")
    if (isTakenAtOnce) {
      const release = take(account)
      return yield* Effect.ensuring(lookAndRenew(world, account), release)
    }
    const { isFresh, tokens } = yield* look(world, account)
    if (isFresh) return tokens
    const release = take(account)
    return yield* Effect.ensuring(renew(world, account, tokens), release)
  })
}

/** The same under a lock that cannot be looked at without being taken. */
const withLock = Effect.fnUntraced(function*(world: World): Effect.fn.Return<TokensOf, never, KeyedLock> {
  const lock = yield* KeyedLock
  return (account) => lock.withLock(account)(lookAndRenew(world, account))
})

/** Two calls that need a token, the moment after it has expired. */
const twoCalls = Effect.fnUntraced(function*(world: World, tokensOf: TokensOf) {
  const { provider, store } = world
  yield* named("before")(store.write(key, { ...(yield* provider.issue), expiresAt: 0 }))
  const calls = [named("call 1")(Effect.exit(tokensOf(key))), named("call 2")(Effect.exit(tokensOf(key)))]
  yield* ScheduleChoices.inAnyOrder(Effect.all(calls, { concurrency: "unbounded" }))
  const stored = yield* store.read(key)
  if (stored?.refresh !== "refresh-2" || provider.seen.isEnded) {
    return yield* Effect.die(new Error(`the provider does not take ${stored?.refresh}, which is stored, any more`))
  }
}, ScheduleChoices.inOrder)

export const atOnce = Effect.flatMap(makeWorld, (world) => twoCalls(world, withMap(world, true)))

export const original = Effect.flatMap(makeWorld, (world) => twoCalls(world, withMap(world, false)))

export const control = Effect.gen(function*() {
  const world = yield* makeWorld
  yield* twoCalls(world, yield* withLock(world))
}).pipe(Effect.provide(KeyedLockMemory.layer), ScheduleChoices.inOrder)
