import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Scope, Stream } from "effect"
import * as AuthEventsPubSub from "../../../src/layers/sign-in/AuthEventsPubSub.ts"
import { type AuthEvent, AuthEvents } from "../../../src/services/sign-in/AuthEvents.ts"
import { FlowId } from "../../../src/services/sign-in/Session.ts"

const event = (name: string): AuthEvent => ({ _tag: "CallbackAccepted", flowId: FlowId.make(name) })

describe("AuthEventsPubSub", () => {
  it.effect("every subscriber gets every event, in order", () =>
    Effect.gen(function*() {
      const events = yield* AuthEvents
      const one = yield* events.subscribe
      const two = yield* events.subscribe
      yield* Effect.forEach(["first", "second"], (name) => events.publish(event(name)))
      for (const stream of [one, two]) {
        assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(stream, 2)), [event("first"), event("second")])
      }
    }).pipe(Effect.provide(AuthEventsPubSub.layer)))

  it.effect("subscribed is when subscribe has returned, not when the stream is run; what came before is gone", () =>
    Effect.gen(function*() {
      const events = yield* AuthEvents
      yield* events.publish(event("before"))
      const stream = yield* events.subscribe
      yield* events.publish(event("after"))
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(stream, 1)), [event("after")])
    }).pipe(Effect.provide(AuthEventsPubSub.layer)))

  it.effect("publishing needs no subscriber", () =>
    AuthEvents.use(({ publish }) => publish(event("unheard"))).pipe(Effect.provide(AuthEventsPubSub.layer)))

  it.effect("a subscriber that never reads holds nobody up, and loses the oldest events alone", () =>
    Effect.gen(function*() {
      const events = yield* AuthEvents
      const idle = yield* events.subscribe
      const names = Array.from({ length: 10_000 }, (_, index) => String(index))
      yield* Effect.forEach(names, (name) => events.publish(event(name)), { discard: true })
      const late = yield* events.subscribe
      yield* events.publish(event("last"))
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(late, 1)), [event("last")])
      const kept = yield* Stream.runCollect(
        Stream.takeUntil(idle, (each) => each._tag === "CallbackAccepted" && each.flowId === "last")
      )
      assert.isAtLeast(kept.length, 4_000)
      assert.deepStrictEqual(kept, [...names, "last"].slice(-kept.length).map(event))
    }).pipe(Effect.provide(AuthEventsPubSub.layer)))

  it.effect("a subscription ends with its Scope, whether it is being read or not", () =>
    Effect.gen(function*() {
      const events = yield* AuthEvents
      const scope = yield* Scope.make()
      const [reading, idle] = yield* Effect.all([events.subscribe, events.subscribe]).pipe(Scope.provide(scope))
      const read = yield* Deferred.make<void>()
      const seen = yield* Effect.forkChild(
        Stream.runCollect(Stream.tap(reading, () => Deferred.succeed(read, undefined))),
        { startImmediately: true }
      )
      yield* events.publish(event("only"))
      yield* Deferred.await(read)
      yield* Scope.close(scope, Exit.void)
      yield* events.publish(event("unheard"))
      assert.deepStrictEqual(yield* Fiber.join(seen), [event("only")])
      assert.deepStrictEqual(yield* Stream.runCollect(idle), [])
    }).pipe(Effect.provide(AuthEventsPubSub.layer)))

  it.effect("closing the layer ends every subscription, and telling nobody is not a failure", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(AuthEventsPubSub.layer, scope)
      const events = yield* Effect.provide(AuthEvents, context)
      const seen = yield* Effect.forkChild(Stream.runCollect(yield* events.subscribe), { startImmediately: true })
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* Fiber.join(seen), [])
      yield* events.publish(event("unheard"))
    }))
})
