/**
 * A Map of sign-ins under way, looked into before one begins. Invariant: one tab and one exchange for one account.
 *
 * Here and in the other programs each `yield*` stands for an `await`, and what lies between two of them is not interrupted.
 */
import { Deferred, Effect, Exit } from "effect"
import * as ScheduleChoices from "../../../src/layers/exploring/ScheduleChoices.ts"
import { named } from "../../../src/layers/exploring/ScheduleNotes.ts"
import * as KeyedLockMemory from "../../../src/layers/sign-in/KeyedLockMemory.ts"
import { KeyedLock } from "../../../src/services/sign-in/KeyedLock.ts"
import { key, make as makeWorld, type NotSignedIn, type Tokens, type World } from "./fakes.ts"

type SignIn = (key: string) => Effect.Effect<Tokens, NotSignedIn>

type Flow = Deferred.Deferred<Tokens, NotSignedIn>

/** A person consents in a tab, the code is exchanged, the tokens are stored. */
const attempt = Effect.fnUntraced(function*({ browser, provider, store }: World, account: string) {
  const code = yield* Deferred.make<string>()
  const stored = yield* Deferred.make<void, NotSignedIn>()
  yield* browser.open(Effect.fnUntraced(function*(brought) {
    yield* Deferred.succeed(code, brought)
    return Exit.isSuccess(yield* Effect.exit(Deferred.await(stored))) ? "signed in" : "not signed in"
  }))
  return yield* Deferred.await(code).pipe(
    Effect.flatMap(provider.exchange),
    Effect.tap((tokens) => store.write(account, tokens)),
    Effect.onExit((exit) => Deferred.done(stored, Exit.asVoid(exit)))
  )
})

/** The pattern: looked into, then an `await`, then set, and deleted in a `finally`. */
const withMap = (world: World): SignIn => {
  const flows = new Map<string, Flow>()
  return Effect.fnUntraced(function*(account) {
    const found = flows.get(account)
    if (found !== undefined) {
      world.tell("joins the flow in the Map")
      return yield* Deferred.await(found)
    }
    world.tell("finds no flow in the Map")
    const stored = yield* world.store.read(account)
    if (stored !== undefined) return stored
    world.tell("puts its flow into the Map")
    const flow = Deferred.makeUnsafe<Tokens, NotSignedIn>()
    flows.set(account, flow)
    return yield* Effect.onExit(attempt(world, account), (exit) =>
      Effect.sync(() => {
        flows.delete(account)
        Deferred.doneUnsafe(flow, exit)
      }))
  })
}

/** The pattern at its worst: whoever has waited for somebody else's flow does not look again, and begins another one. */
const oneByOne = (world: World): SignIn => {
  const flows = new Map<string, Deferred.Deferred<void>>()
  return Effect.fnUntraced(function*(account) {
    const stored = yield* world.store.read(account)
    if (stored !== undefined) return stored
    for (let flow = flows.get(account); flow !== undefined; flow = flows.get(account)) yield* Deferred.await(flow)
    const flow = Deferred.makeUnsafe<void>()
    flows.set(account, flow)
    return yield* Effect.ensuring(
      attempt(world, account),
      Effect.sync(() => {
        flows.delete(account)
        Deferred.doneUnsafe(flow, Effect.void)
      })
    )
  })
}

/** The same Map under a lock, held from the look to the registration; whoever joins waits without it. */
const withLock = Effect.fnUntraced(function*(world: World): Effect.fn.Return<SignIn, never, KeyedLock> {
  const lock = yield* KeyedLock
  const flows = new Map<string, Flow>()
  const enter = Effect.fnUntraced(function*(account: string) {
    const found = flows.get(account)
    if (found !== undefined) return found
    const flow = yield* Deferred.make<Tokens, NotSignedIn>()
    const stored = yield* world.store.read(account)
    if (stored !== undefined) {
      yield* Deferred.succeed(flow, stored)
      return flow
    }
    flows.set(account, flow)
    const ended = Effect.onExit(attempt(world, account), (exit) => {
      flows.delete(account)
      return Deferred.done(flow, exit)
    })
    // Nobody's child: it is not for the caller who began it to take it along.
    yield* Effect.forkDetach(ended)
    return flow
  })
  return (account) => Effect.flatMap(lock.withLock(account)(enter(account)), Deferred.await)
})

/** Two callers at once, for one account. */
const twoCallers = Effect.fnUntraced(function*(world: World, signIn: SignIn) {
  const callers = [named("caller 1")(signIn(key)), named("caller 2")(signIn(key))]
  yield* ScheduleChoices.inAnyOrder(Effect.all(callers, { concurrency: "unbounded" }))
  yield* world.browser.shown
  const { exchanges } = world.provider.seen
  const tabs = world.browser.tabs.length
  if (tabs !== 1 || exchanges !== 1) {
    return yield* Effect.die(new Error(`${tabs} tabs and ${exchanges} exchanges for one account`))
  }
}, ScheduleChoices.inOrder)

export const serialised = Effect.flatMap(makeWorld, (world) => twoCallers(world, oneByOne(world)))

export const original = Effect.flatMap(makeWorld, (world) => twoCallers(world, withMap(world)))

export const control = Effect.gen(function*() {
  const world = yield* makeWorld
  yield* twoCallers(world, yield* withLock(world))
}).pipe(Effect.provide(KeyedLockMemory.layer), ScheduleChoices.inOrder)
