/**
 * Many who ask at once have one look; nobody gets an answer from before they asked.
 */
import { assert, describe, it } from "@effect/vitest"
import { Data, Deferred, Effect, Exit, Fiber, Queue, Ref, Scope } from "effect"
import * as SharedLook from "../../../src/layers/sign-in/SharedLook.ts"

class Blind extends Data.TaggedError("Blind") {}

/** A look at a number that changes, which can be held; tells of each that begins. */
const looking = Effect.gen(function*() {
  const news = yield* Ref.make(0)
  const begun = yield* Queue.unbounded<string>()
  const held = yield* Deferred.make<void>()
  const look = (key: string) =>
    Effect.gen(function*() {
      const seen = yield* Ref.get(news)
      yield* Queue.offer(begun, key)
      yield* Deferred.await(held)
      return seen
    })
  return { news, begun, look, open: Deferred.succeed(held, undefined) }
})

const atOnce = <A, E>(asking: Effect.Effect<A, E>) =>
  Effect.forkChild(Effect.all([asking, asking, asking], { concurrency: "unbounded" }), { startImmediately: true })

describe("SharedLook", () => {
  it.effect("who comes first looks at once, all who come meanwhile share the next look, with the news", () =>
    Effect.gen(function*() {
      const { begun, look, news, open } = yield* looking
      const ask = yield* SharedLook.make(look)
      const first = yield* Effect.forkChild(ask("one"), { startImmediately: true })
      assert.strictEqual(yield* Queue.size(begun), 1)
      yield* Ref.set(news, 1)
      const others = yield* atOnce(ask("one"))
      yield* open
      assert.strictEqual(yield* Fiber.join(first), 0)
      assert.deepStrictEqual(yield* Fiber.join(others), [1, 1, 1])
      assert.strictEqual(yield* Queue.size(begun), 2)
    }))

  it.effect("once nobody waits any more, the next one is another, at once", () =>
    Effect.gen(function*() {
      const { begun, look, news, open } = yield* looking
      const ask = yield* SharedLook.make(look)
      yield* open
      assert.strictEqual(yield* ask("one"), 0)
      yield* Ref.set(news, 1)
      assert.strictEqual(yield* ask("one"), 1)
      assert.strictEqual(yield* Queue.size(begun), 2)
    }))

  it.effect("each key has looks of its own", () =>
    Effect.gen(function*() {
      const { begun, look, open } = yield* looking
      const ask = yield* SharedLook.make(look)
      const asking = yield* Effect.forkChild(Effect.all([ask("one"), ask("other")], { concurrency: 2 }))
      assert.sameMembers([yield* Queue.take(begun), yield* Queue.take(begun)], ["one", "other"])
      yield* open
      yield* Fiber.join(asking)
    }))

  it.effect("a caller who leaves leaves it to the others, the one who came first too", () =>
    Effect.gen(function*() {
      const { begun, look, open } = yield* looking
      const ask = yield* SharedLook.make(look)
      const first = yield* Effect.forkChild(ask("one"), { startImmediately: true })
      const second = yield* Effect.forkChild(ask("one"), { startImmediately: true })
      const others = yield* atOnce(ask("one"))
      yield* Queue.take(begun)
      yield* Fiber.interruptAll([first, second])
      yield* open
      assert.deepStrictEqual(yield* Fiber.join(others), [0, 0, 0])
    }))

  it.effect("all are told of a failure, and the next look is another one", () =>
    Effect.gen(function*() {
      const failing = yield* Ref.make(true)
      const ask = yield* SharedLook.make((_key: string) =>
        Effect.flatMap(Ref.get(failing), (fails) => fails ? new Blind() : Effect.succeed("seen"))
      )
      const exits = yield* Effect.all([Effect.exit(ask("one")), Effect.exit(ask("one"))], { concurrency: 2 })
      for (const exit of exits) assert.isTrue(Exit.isFailure(exit) && Exit.hasFails(exit))
      yield* Ref.set(failing, false)
      assert.strictEqual(yield* ask("one"), "seen")
    }))

  it.effect("who waits when the Scope closes is interrupted, and so is who asks then", () =>
    Effect.gen(function*() {
      const { begun, look } = yield* looking
      const scope = yield* Scope.make()
      const ask = yield* Scope.provide(SharedLook.make(look), scope)
      const waiting = yield* Effect.forkChild(Effect.exit(ask("one")), { startImmediately: true })
      const next = yield* Effect.forkChild(Effect.exit(ask("one")), { startImmediately: true })
      yield* Queue.take(begun)
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.join(waiting)))
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.join(next)))
      assert.isTrue(Exit.hasInterrupts(yield* Effect.exit(ask("one"))))
    }))
})
