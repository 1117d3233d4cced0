/**
 * What every `Leases` does, wherever it keeps them.
 */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, type Layer, Scope } from "effect"
import { Leases } from "../../src/services/storage/Leases.ts"

/** A lease in a Scope of its own. */
const held = Effect.fnUntraced(function*(name: string) {
  const leases = yield* Leases
  const scope = yield* Scope.make()
  yield* Scope.provide(leases.hold(name), scope)
  return { release: Scope.close(scope, Exit.void) }
})

const isFree = (name: string) => Effect.scoped(Leases.use(({ tryHold }) => tryHold(name)))

/** `layer` is a fresh set of leases for each test. */
export const leasesContract = <E>(what: string, layer: Layer.Layer<Leases, E>) =>
  describe(what, () => {
    it.live("one holder at a time; it is free when the holder's Scope has closed, however that was", () =>
      Effect.gen(function*() {
        const leases = yield* Leases
        const { release } = yield* held("a")
        assert.isFalse(yield* isFree("a"))
        yield* release
        assert.isTrue(yield* isFree("a"))
        for (const ending of [Effect.void, Effect.fail("no"), Effect.die("no"), Effect.interrupt]) {
          yield* Effect.exit(Effect.scoped(Effect.andThen(leases.hold("a"), ending)))
          assert.isTrue(yield* isFree("a"))
        }
      }).pipe(Effect.provide(layer)))

    it.live("who waits gets it when it comes free, and of many each gets it once", () =>
      Effect.gen(function*() {
        const leases = yield* Leases
        const { release } = yield* held("a")
        let inside = 0
        let most = 0
        const entering = Effect.gen(function*() {
          yield* leases.hold("a")
          most = Math.max(most, ++inside)
          yield* Effect.yieldNow
          inside--
        }).pipe(Effect.scoped)
        const waiting = yield* Effect.forkChild(Effect.all(Array.from({ length: 20 }, () => entering), {
          concurrency: "unbounded"
        }))
        yield* Effect.yieldNow
        assert.isUndefined(waiting.pollUnsafe())
        yield* release
        assert.lengthOf(yield* Fiber.join(waiting), 20)
        assert.strictEqual(most, 1)
      }).pipe(Effect.provide(layer)))

    it.live("a long-held one keeps nobody from another", () =>
      Effect.gen(function*() {
        const { release } = yield* held("a")
        const other = yield* held("b")
        yield* other.release
        assert.isFalse(yield* isFree("a"))
        yield* release
      }).pipe(Effect.provide(layer)))

    it.live("who leaves while waiting has nothing, and takes nobody's turn", () =>
      Effect.gen(function*() {
        const leases = yield* Leases
        const { release } = yield* held("a")
        const inside = yield* Deferred.make<void>()
        const leaving = yield* Effect.forkChild(
          Effect.scoped(Effect.andThen(leases.hold("a"), Deferred.succeed(inside, undefined))),
          { startImmediately: true }
        )
        yield* Effect.yieldNow
        yield* Fiber.interrupt(leaving)
        yield* release
        assert.isTrue(yield* isFree("a"))
        assert.isFalse(Deferred.isDoneUnsafe(inside))
      }).pipe(Effect.provide(layer)))

    it.live("whatever its name is made of", () =>
      Effect.gen(function*() {
        for (const name of ["flow ada@example.com", "../../etc/passwd", "a/b\\c:d*?", "", "\u{1f511}".repeat(200)]) {
          const { release } = yield* held(name)
          assert.isFalse(yield* isFree(name))
          assert.isTrue(yield* isFree(`${name}x`))
          yield* release
          assert.isTrue(yield* isFree(name))
        }
      }).pipe(Effect.provide(layer)))
  })
