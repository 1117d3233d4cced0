/**
 * Counting for the machine: nobody waits for it, the store is asked once a second at most, and what is counted is kept.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Deferred, Effect, Exit, Fiber, Layer, Logger, Ref, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as MachineCountersBatched from "../../../src/layers/observability/MachineCountersBatched.ts"
import * as MachineCountersMemory from "../../../src/layers/observability/MachineCountersMemory.ts"
import type { Series } from "../../../src/services/observability/AuthCounts.ts"
import { CounterStore } from "../../../src/services/observability/CounterStore.ts"
import { MachineCounters, nothing, plus, type Tally } from "../../../src/services/observability/MachineCounters.ts"
import { StoreUnavailable } from "../../../src/services/storage/SessionStore.ts"

const unavailable = new StoreUnavailable({ problem: "The disk is full.", remedy: "Make room." })

/** A store that does as it is told, and one process that counts. */
const make = Effect.gen(function*() {
  const kept = yield* Ref.make(nothing)
  const writes = yield* Ref.make(0)
  const answer = yield* Ref.make<Effect.Effect<boolean, StoreUnavailable>>(Effect.succeed(true))
  const store = CounterStore.of({
    add: (tally) =>
      Ref.update(writes, (count) => count + 1).pipe(
        Effect.andThen(Effect.flatten(Ref.get(answer))),
        Effect.tap((isKept) => isKept ? Ref.update(kept, (before) => plus(before, tally)) : Effect.void)
      ),
    read: Ref.get(kept)
  })
  const scope = yield* Effect.acquireRelease(Scope.make(), (own) => Scope.close(own, Exit.void))
  const layer = MachineCountersBatched.layer.pipe(Layer.provide(Layer.succeed(CounterStore, store)))
  const counters = Context.get(yield* Layer.buildWithScope(layer, scope), MachineCounters)
  return {
    ...counters,
    answers: (next: Effect.Effect<boolean, StoreUnavailable>) => Ref.set(answer, next),
    writes: Ref.get(writes),
    kept: Effect.map(Ref.get(kept), countsIn),
    told: Effect.map(counters.read, countsIn),
    close: Scope.close(scope, Exit.void)
  }
})

const countsIn = ({ counts }: Tally) => Object.fromEntries(counts)

const started: ReadonlyArray<Series> = ["auth_flows_started"]

describe("MachineCountersMemory", () => {
  it.effect("has counted since the first count, and not since what counts nothing", () =>
    Effect.gen(function*() {
      const { add, read } = yield* MachineCounters
      yield* add([])
      assert.deepStrictEqual(yield* read, nothing)
      yield* TestClock.adjust("3 seconds")
      yield* add(started)
      const { since, ...told } = yield* read
      assert.deepStrictEqual(since, DateTime.make(3_000))
      assert.deepStrictEqual(countsIn({ since, ...told }), { auth_flows_started: 1 })
    }).pipe(Effect.provide(MachineCountersMemory.layer)))
})

describe("MachineCountersBatched", () => {
  it.effect("writes what was counted within a second, together; and nothing while there is nothing", () =>
    Effect.gen(function*() {
      const { add, kept, told, writes } = yield* make
      yield* TestClock.adjust("1 hour")
      yield* add([])
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* writes, 0)

      yield* Effect.repeat(add(["auth_flows_started", "races_prevented.joined"]), { times: 999 })
      assert.deepStrictEqual(yield* told, { auth_flows_started: 1_000, "races_prevented.joined": 1_000 })
      yield* TestClock.adjust("999 millis")
      assert.strictEqual(yield* writes, 0)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* writes, 1)
      assert.deepStrictEqual(yield* kept, { auth_flows_started: 1_000, "races_prevented.joined": 1_000 })

      yield* add(started)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* writes, 2)
      assert.deepStrictEqual(yield* told, { auth_flows_started: 1_001, "races_prevented.joined": 1_000 })
    }).pipe(Effect.scoped))

  it.effect("closing writes what is left, and asks for nothing where nothing is", () =>
    Effect.gen(function*() {
      const one = yield* make
      yield* one.add(started)
      yield* one.close
      assert.deepStrictEqual(yield* one.kept, { auth_flows_started: 1 })
      const other = yield* make
      yield* other.close
      assert.strictEqual(yield* other.writes, 0)
    }).pipe(Effect.scoped))

  it.effect("counting does not wait for a write under way, and reading tells each count once", () =>
    Effect.gen(function*() {
      const { add, answers, close, kept, told } = yield* make
      const reached = yield* Deferred.make<void>()
      const opened = yield* Deferred.make<boolean>()
      yield* answers(Effect.andThen(Deferred.succeed(reached, undefined), Deferred.await(opened)))
      yield* add(started)
      yield* TestClock.adjust("1 second")
      yield* Deferred.await(reached)
      yield* add(started)
      const reading = yield* Effect.forkChild(told, { startImmediately: true })
      assert.isUndefined(reading.pollUnsafe())
      yield* answers(Effect.succeed(true))
      yield* Deferred.succeed(opened, true)
      assert.deepStrictEqual(yield* Fiber.join(reading), { auth_flows_started: 2 })
      yield* close
      assert.deepStrictEqual(yield* kept, { auth_flows_started: 2 })
    }).pipe(Effect.scoped))

  it.effect("a store that is away costs one warning, and no count once it is back", () => {
    const lines: Array<unknown> = []
    return Effect.gen(function*() {
      const { add, answers, close, kept, told, writes } = yield* make
      const second = Effect.andThen(add(started), TestClock.adjust("1 second"))
      yield* answers(Effect.fail(unavailable))
      yield* second
      yield* second
      assert.deepStrictEqual(lines, [["The counters of this machine cannot be written now.", unavailable.message]])
      assert.deepStrictEqual(yield* told, { auth_flows_started: 2 })
      // Nobody tries by themselves what has failed.
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* writes, 2)
      yield* answers(Effect.succeed(true))
      yield* second
      assert.deepStrictEqual(yield* kept, { auth_flows_started: 3 })
      yield* answers(Effect.fail(unavailable))
      yield* second
      assert.strictEqual(lines.length, 2)
      yield* answers(Effect.succeed(true))
      yield* close
      assert.deepStrictEqual(yield* kept, { auth_flows_started: 4 })
    }).pipe(Effect.scoped, Effect.provide(Logger.layer([Logger.make(({ message }) => void lines.push(message))])))
  })

  it.effect("a bug in the store costs no count, and the counting goes on", () => {
    const levels: Array<string> = []
    return Effect.gen(function*() {
      const { add, answers, kept } = yield* make
      yield* answers(Effect.die("a bug"))
      yield* add(started)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(levels, ["Warn"])
      yield* answers(Effect.succeed(true))
      yield* add(started)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* kept, { auth_flows_started: 2 })
    }).pipe(Effect.scoped, Effect.provide(Logger.layer([Logger.make(({ logLevel }) => void levels.push(logLevel))])))
  })

  it.effect("where there is no place to keep them, counts wait for one, without a word", () =>
    Effect.gen(function*() {
      const { add, answers, kept } = yield* make
      yield* answers(Effect.succeed(false))
      yield* add(started)
      yield* TestClock.adjust("1 second")
      yield* answers(Effect.succeed(true))
      yield* add(started)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* kept, { auth_flows_started: 2 })
    }).pipe(Effect.scoped))
})
