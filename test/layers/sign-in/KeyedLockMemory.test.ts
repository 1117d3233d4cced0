import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Ref, Scope } from "effect"
import * as KeyedLockMemory from "../../../src/layers/sign-in/KeyedLockMemory.ts"
import { KeyedLock } from "../../../src/services/sign-in/KeyedLock.ts"

/** Takes `key` and keeps it until it is told to let go. */
const hold = Effect.fnUntraced(function*(key: string) {
  const { withLock } = yield* KeyedLock
  const held = yield* Deferred.make<void>()
  const letGo = yield* Deferred.make<void>()
  const fiber = yield* Deferred.succeed(held, undefined).pipe(
    Effect.andThen(Deferred.await(letGo)),
    withLock(key),
    Effect.forkChild
  )
  yield* Deferred.await(held)
  return { fiber, release: Effect.andThen(Deferred.succeed(letGo, undefined), Fiber.await(fiber)) }
})

describe("KeyedLockMemory", () => {
  it.effect("at most one effect of a key runs at a time", () =>
    Effect.gen(function*() {
      const { withLock } = yield* KeyedLock
      const inside = yield* Ref.make(0)
      const most = yield* Ref.make(0)
      const visit = Effect.gen(function*() {
        const now = yield* Ref.updateAndGet(inside, (count) => count + 1)
        yield* Ref.update(most, (before) => Math.max(before, now))
        yield* Effect.yieldNow
        yield* Ref.update(inside, (count) => count - 1)
      })
      yield* Effect.all(Array.from({ length: 200 }, () => Effect.andThen(Effect.yieldNow, withLock("key")(visit))), {
        concurrency: "unbounded"
      })
      assert.strictEqual(yield* Ref.get(most), 1)
      assert.strictEqual(yield* Ref.get(inside), 0)
    }).pipe(Effect.provide(KeyedLockMemory.layer)))

  it.effect("different keys never wait for each other", () =>
    Effect.gen(function*() {
      const { withLock } = yield* KeyedLock
      const one = yield* hold("one")
      assert.strictEqual(yield* withLock("two")(Effect.succeed("in")), "in")
      yield* one.release
    }).pipe(Effect.provide(KeyedLockMemory.layer)))

  it.effect("callers get in in the order they came, newcomers at the end", () =>
    Effect.gen(function*() {
      const { withLock } = yield* KeyedLock
      const holder = yield* hold("key")
      const order = yield* Ref.make<ReadonlyArray<number>>([])
      const enter = (index: number): Effect.Effect<unknown> =>
        withLock("key")(Ref.update(order, (before) => [...before, index])).pipe(
          // Comes back at the very moment the next one in line is being woken.
          Effect.andThen(index < 50 ? enter(index + 50) : Effect.void)
        )
      const fibers = yield* Effect.forEach(
        Array.from({ length: 50 }, (_, index) => index),
        (index) => Effect.forkChild(enter(index), { startImmediately: true })
      )
      yield* holder.release
      yield* Fiber.joinAll(fibers)
      assert.deepStrictEqual(yield* Ref.get(order), Array.from({ length: 100 }, (_, index) => index))
    }).pipe(Effect.provide(KeyedLockMemory.layer)))

  it.effect("a caller that is interrupted while waiting leaves at once and never runs; the others keep their turn", () =>
    Effect.gen(function*() {
      const { withLock } = yield* KeyedLock
      const holder = yield* hold("key")
      const ran = yield* Ref.make<ReadonlyArray<string>>([])
      const enter = (name: string) =>
        Effect.forkChild(withLock("key")(Ref.update(ran, (before) => [...before, name])), { startImmediately: true })
      const [first, leaver, last] = yield* Effect.all([enter("first"), enter("leaver"), enter("last")])
      yield* Fiber.interrupt(leaver)
      assert.isUndefined(holder.fiber.pollUnsafe())
      yield* holder.release
      yield* Fiber.joinAll([first, last])
      assert.deepStrictEqual(yield* Ref.get(ran), ["first", "last"])
    }).pipe(Effect.provide(KeyedLockMemory.layer)))

  for (
    const [how, end] of [
      ["fails", (_: Fiber.Fiber<void, string>) => Effect.fail("no")],
      ["dies", () => Effect.die(new Error("bug"))],
      ["is interrupted", (fiber: Fiber.Fiber<void, string>) => Effect.as(Fiber.interrupt(fiber), undefined)]
    ] as const
  ) {
    it.effect(`a holder that ${how} lets the next one in`, () =>
      Effect.gen(function*() {
        const { keys, withLock } = yield* KeyedLock
        const held = yield* Deferred.make<void>()
        const go = yield* Deferred.make<void, string>()
        const holder = yield* Deferred.succeed(held, undefined).pipe(
          Effect.andThen(Deferred.await(go)),
          withLock("key"),
          Effect.forkChild
        )
        yield* Deferred.await(held)
        const next = yield* Effect.forkChild(withLock("key")(Effect.succeed("in")), { startImmediately: true })
        assert.isUndefined(next.pollUnsafe())
        yield* Effect.forkChild(Deferred.into(end(holder), go))
        assert.isTrue(Exit.isFailure(yield* Fiber.await(holder)))
        assert.strictEqual(yield* Fiber.join(next), "in")
        assert.deepStrictEqual(yield* keys, [])
      }).pipe(Effect.provide(KeyedLockMemory.layer)))
  }

  it.effect("keeps a key while it is held or waited for, and nothing for any other", () =>
    Effect.gen(function*() {
      const { keys, withLock } = yield* KeyedLock
      assert.deepStrictEqual(yield* keys, [])
      const one = yield* hold("one")
      const two = yield* hold("two")
      const waiting = yield* Effect.forkChild(withLock("one")(Effect.never), { startImmediately: true })
      assert.deepStrictEqual((yield* keys).toSorted(), ["one", "two"])
      yield* one.release
      yield* two.release
      assert.deepStrictEqual(yield* keys, ["one"])
      yield* Fiber.interrupt(waiting)
      assert.deepStrictEqual(yield* keys, [])
    }).pipe(Effect.provide(KeyedLockMemory.layer)))

  it.effect("a Scope that the effect asks for is its caller's: it outlives the lock", () =>
    Effect.gen(function*() {
      const { withLock } = yield* KeyedLock
      const closed = yield* Ref.make(false)
      const scope = yield* Scope.make()
      yield* Effect.addFinalizer(() => Ref.set(closed, true)).pipe(withLock("key"), Scope.provide(scope))
      assert.isFalse(yield* Ref.get(closed))
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(yield* Ref.get(closed))
    }).pipe(Effect.provide(KeyedLockMemory.layer)))
})
