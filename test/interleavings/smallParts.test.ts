/**
 * Small parts that everything else stands on, in every order there is: a lock and a lease let one in at a time and keep nothing,
 * and of two who change a flow one is first.
 */
import { Duration, Effect, Exit, Fiber, Layer, Option, Ref, Scope } from "effect"
import { atAnyMoment, inAnyOrder, inOrder, pick } from "../../src/layers/exploring/ScheduleChoices.ts"
import { named, note } from "../../src/layers/exploring/ScheduleNotes.ts"
import * as KeyedLockMemory from "../../src/layers/sign-in/KeyedLockMemory.ts"
import * as SharedLook from "../../src/layers/sign-in/SharedLook.ts"
import * as FlowStoreMemory from "../../src/layers/storage/FlowStoreMemory.ts"
import * as LeasesMemory from "../../src/layers/storage/LeasesMemory.ts"
import { KeyedLock } from "../../src/services/sign-in/KeyedLock.ts"
import { FlowStore } from "../../src/services/storage/FlowStore.ts"
import { Leases } from "../../src/services/storage/Leases.ts"
import type { StoreUnavailable } from "../../src/services/storage/SessionStore.ts"
import { exploreThese } from "../support/exploring.ts"
import { asks, delivers, flow } from "../support/flowData.ts"

const broken = (what: string) => Effect.die(new Error(what))

/** Three who go through a gate that lets one in at a time, one of whom leaves at any moment. */
const oneAtATime = (gate: <A>(inside: Effect.Effect<A>) => Effect.Effect<A>) =>
  Effect.gen(function*() {
    const within = yield* Ref.make(0)
    const inside = Effect.acquireUseRelease(
      Effect.tap(Ref.updateAndGet(within, (count) => count + 1), (count) =>
        count > 1 ? broken(`${count} are in at the same time`) : note("is in")),
      () =>
        Effect.sleep("10 millis"),
      () => Ref.update(within, (count) => count - 1)
    )
    yield* inAnyOrder(Effect.gen(function*() {
      const all = yield* Effect.forEach([1, 2, 3], (one) => Effect.forkChild(named(`caller ${one}`)(gate(inside))))
      const leaver = all[yield* pick(3)]
      yield* atAnyMoment
      if (leaver !== undefined) yield* Fiber.interrupt(leaver)
      for (const each of all) {
        const exit = yield* Fiber.await(each)
        if (Exit.isFailure(exit) && !Exit.hasInterrupts(exit)) yield* exit
      }
    }))
  })

const locked = Effect.gen(function*() {
  const lock = yield* KeyedLock
  yield* oneAtATime(lock.withLock("a key"))
  const left = yield* lock.keys
  if (left.length > 0) return yield* broken("a key is kept that nobody holds")
}).pipe(Effect.provide(Layer.fresh(KeyedLockMemory.layer)), inOrder)

const leased = Effect.gen(function*() {
  const leases = yield* Leases
  yield* oneAtATime((inside) => Effect.scoped(Effect.andThen(Effect.orDie(leases.hold("a lease")), inside)))
  const isFree = yield* Effect.scoped(Effect.orDie(leases.tryHold("a lease")))
  if (!isFree) return yield* broken("a lease is kept that nobody holds")
}).pipe(Effect.provide(Layer.fresh(LeasesMemory.layer)), inOrder)

/** Two who each write and then look have seen what they wrote, whoever shares a look with whom, although a third one leaves at any moment. */
const lookedAt = Effect.scoped(Effect.gen(function*() {
  const written = yield* Ref.make<ReadonlyArray<string>>([])
  const ask = yield* SharedLook.make((_key: string) => Effect.tap(Ref.get(written), () => note("looks")))
  const writer = (name: string) =>
    Effect.gen(function*() {
      yield* Ref.update(written, (all) => [...all, name])
      yield* note("has written")
      if (!(yield* ask("a key")).includes(name)) return yield* broken(`${name} is not told what it has written`)
    })
  yield* inAnyOrder(Effect.gen(function*() {
    const leaver = yield* Effect.forkChild(named("leaver")(ask("a key")))
    const writers = yield* Effect.forEach(["one", "other"], (name) => Effect.forkChild(named(name)(writer(name))))
    yield* atAnyMoment
    yield* Fiber.interrupt(leaver)
    yield* Effect.forEach(writers, Fiber.join)
  }))
})).pipe(inOrder)

/** Of those who ask while a look's Scope closes at any moment, nobody is left without an answer, be it that they are interrupted. */
const lookedAtTheEnd = Effect.gen(function*() {
  const scope = yield* Scope.make()
  const ask = yield* Scope.provide(SharedLook.make((_key: string) => Effect.delay(note("looks"), "10 millis")), scope)
  yield* inAnyOrder(Effect.gen(function*() {
    const asking = yield* Effect.forEach(
      [1, 2, 3],
      (one) => Effect.forkChild(named(`caller ${one}`)(Effect.exit(ask("a key"))))
    )
    yield* atAnyMoment
    yield* Scope.close(scope, Exit.void)
    yield* Effect.forEach(asking, Fiber.join)
  }))
}).pipe(inOrder)

type Store = FlowStore["Service"]

const begun = flow("a")

const claims = (store: Store) =>
  Effect.map(store.claimTab(begun, Duration.minutes(1)), ({ _tag }) => _tag === "Granted")

/** Two do this to one flow; one of them is told that he was the first. */
const firstOfTwo = (does: (store: Store, one: "1" | "2") => Effect.Effect<boolean, StoreUnavailable>) =>
  Effect.gen(function*() {
    const store = yield* FlowStore
    yield* store.begin(begun, Option.none())
    const [one, two] = yield* inAnyOrder(Effect.all([does(store, "1"), does(store, "2")], { concurrency: 2 }))
    if (one === two) return yield* broken(one ? "both are first" : "neither is first")
  }).pipe(Effect.orDie, Effect.provide(Layer.fresh(FlowStoreMemory.layer)), inOrder)

const programs = {
  "a keyed lock": locked,
  "a lease": leased,
  "a shared look": lookedAt,
  "a shared look, whose Scope closes": lookedAtTheEnd,
  "who claims a tab": firstOfTwo(claims),
  "who delivers an address": firstOfTwo((store, one) => store.change(begun.id, delivers(one))),
  "who cancels": firstOfTwo((store) => store.change(begun.id, asks("cancel")))
}

exploreThese(
  "small parts",
  Object.entries(programs).map(([name, program]) => ({ name, program, extent: { times: 4 } }))
)
