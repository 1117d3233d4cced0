/**
 * The counters of a machine in the file of its stores: there if the file is, and never a reason to make one.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Option, Scope } from "effect"
import { TestClock } from "effect/testing"
import { existsSync, rmSync } from "node:fs"
import * as MachineCountersBatched from "../../../src/layers/observability/MachineCountersBatched.ts"
import { CounterStore } from "../../../src/services/observability/CounterStore.ts"
import { MachineCounters } from "../../../src/services/observability/MachineCounters.ts"
import { SessionStore } from "../../../src/services/storage/SessionStore.ts"
import { ada, generation, signIn } from "../../support/sessionData.ts"
import { fileOf, home, layerAt } from "../../support/sessionsFile.ts"

/** A process that counts, until it is ended. */
const process = Effect.fnUntraced(function*(at: string) {
  const scope = yield* Effect.acquireRelease(Scope.make(), (own) => Scope.close(own, Exit.void))
  const layer = MachineCountersBatched.layer.pipe(Layer.provideMerge(layerAt(at)), Layer.fresh)
  const built = yield* Layer.buildWithScope(layer, scope)
  const counters = Context.get(built, MachineCounters)
  const store = Context.get(built, SessionStore)
  return {
    add: counters.add(["auth_flows_started"]),
    signIn: store.write(ada, generation(0), signIn()),
    started: Effect.map(counters.read, ({ counts }) => counts.get("auth_flows_started") ?? 0),
    kept: Effect.map(
      Context.get(built, CounterStore).read,
      ({ counts, since }) => ({ started: counts.get("auth_flows_started") ?? 0, isSince: Option.isSome(since) })
    ),
    end: Scope.close(scope, Exit.void)
  }
})

describe("CounterStoreFile", () => {
  it.effect("makes no file to count in, and counts in one that somebody has made", () =>
    Effect.gen(function*() {
      const at = yield* home
      const one = yield* process(at)
      yield* one.add
      assert.strictEqual(yield* one.started, 1)
      yield* TestClock.adjust("1 second")
      assert.isFalse(existsSync(fileOf(at)))
      yield* one.signIn
      yield* one.add
      yield* one.end
      const other = yield* process(at)
      assert.deepStrictEqual(yield* other.kept, { started: 2, isSince: true })
    }).pipe(Effect.scoped))

  it.effect("what processes have counted stays when they end, before the file is closed, and adds up", () =>
    Effect.gen(function*() {
      const at = yield* home
      const one = yield* process(at)
      const other = yield* process(at)
      yield* one.signIn
      for (const { add } of [one, other, other]) yield* add
      yield* one.end
      assert.strictEqual(yield* other.started, 3)
      yield* other.end
      assert.deepStrictEqual(yield* (yield* process(at)).kept, { started: 3, isSince: true })
    }).pipe(Effect.scoped))

  it.effect("what was counted goes with the file, and no other file is made for it", () =>
    Effect.gen(function*() {
      const at = yield* home
      const one = yield* process(at)
      yield* one.signIn
      yield* one.add
      rmSync(at, { recursive: true })
      yield* one.end
      assert.isFalse(existsSync(at))
      assert.deepStrictEqual(yield* (yield* process(at)).kept, { started: 0, isSince: false })
    }).pipe(Effect.scoped))
})
