/**
 * Services that nobody asked for are not built, and a failure to build them is not for ever.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Ref, Scope } from "effect"
import * as OnDemand from "../../../src/layers/tools/OnDemand.ts"

class Answer extends Context.Service<Answer, number>()("mcp-gas/test/layers/tools/OnDemand.test/Answer") {}

/** A layer that counts how often it is built and closed. */
const counted = Effect.fnUntraced(function*<E = never>(make: Effect.Effect<number, E>) {
  const counts = yield* Ref.make({ built: 0, closed: 0 })
  const layer = Layer.effect(
    Answer,
    Effect.gen(function*() {
      yield* Ref.update(counts, (all) => ({ ...all, built: all.built + 1 }))
      yield* Effect.addFinalizer(() => Ref.update(counts, (all) => ({ ...all, closed: all.closed + 1 })))
      return yield* make
    })
  )
  return { layer, counts }
})

describe("services on demand", () => {
  it.effect("are built at the first use, once for all, and closed with the Scope", () =>
    Effect.gen(function*() {
      const { counts, layer } = yield* counted(Effect.succeed(42))
      const scope = yield* Scope.make()
      const services = yield* OnDemand.make(layer).pipe(Scope.provide(scope))
      assert.deepStrictEqual(yield* Ref.get(counts), { built: 0, closed: 0 })
      const all = yield* Effect.all(Array.from({ length: 20 }, () => services), { concurrency: "unbounded" })
      assert.isTrue(all.every((context) => Context.get(context, Answer) === 42))
      assert.deepStrictEqual(yield* Ref.get(counts), { built: 1, closed: 0 })
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* Ref.get(counts), { built: 1, closed: 1 })
    }))

  it.effect("are built again after a failure, which leaves nothing open", () =>
    Effect.gen(function*() {
      const ready = yield* Ref.make(false)
      const make = Effect.flatMap(Ref.get(ready), (is) => is ? Effect.succeed(7) : Effect.fail("not yet" as const))
      const { counts, layer } = yield* counted(make)
      const services = yield* OnDemand.make(layer)
      assert.strictEqual(yield* Effect.flip(services), "not yet")
      assert.deepStrictEqual(yield* Ref.get(counts), { built: 1, closed: 1 })
      yield* Ref.set(ready, true)
      assert.strictEqual(Context.get(yield* services, Answer), 7)
    }))

  it.effect("are built for the others when the one who built them leaves", () =>
    Effect.gen(function*() {
      const building = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const make = Effect.as(Effect.andThen(Deferred.succeed(building, undefined), Deferred.await(go)), 7)
      const { counts, layer } = yield* counted(make)
      const services = yield* OnDemand.make(layer)
      const first = yield* Effect.forkChild(services)
      yield* Deferred.await(building)
      const second = yield* Effect.forkChild(services, { startImmediately: true })
      yield* Fiber.interrupt(first)
      yield* Deferred.succeed(go, undefined)
      assert.strictEqual(Context.get(yield* Fiber.join(second), Answer), 7)
      assert.deepStrictEqual(yield* Ref.get(counts), { built: 2, closed: 1 })
    }))
})
