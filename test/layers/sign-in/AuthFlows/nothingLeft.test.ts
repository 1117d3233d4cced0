import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, type Layer, Metric, Option, Scope } from "effect"
import { TestClock } from "effect/testing"
import { ExchangeFailed } from "../../../../src/services/provider/AuthorizationServer.ts"
import type { AuthFlow, NotThisSignIn } from "../../../../src/services/sign-in/AuthFlows.ts"
import type { FlowFailure } from "../../../../src/services/sign-in/FlowFailure.ts"
import { KeyedLock } from "../../../../src/services/sign-in/KeyedLock.ts"
import { gate, put } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get, listeners, nextTurns, type NotConnected } from "../../../support/loopbackClient.ts"
import {
  begin,
  cancel,
  complete,
  type layerSignIn,
  logout,
  pending,
  signIn,
  start,
  work
} from "../../../support/signIn.ts"

/** Counts the fibers that live, those of layers and finalizers included. */
const countingFibers = <A, E, R>(test: (alive: () => number) => Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    let alive = 0
    return Effect.provideService(Effect.suspend(() => test(() => alive)), Metric.FiberRuntimeMetrics, {
      recordFiberStart: () => void alive++,
      recordFiberEnd: () => void alive--
    })
  })

/** All that the endings may use. */
type Engine = Layer.Success<ReturnType<typeof layerSignIn>>

type Ending = (flow: AuthFlow) => Effect.Effect<unknown, FlowFailure | NotThisSignIn | NotConnected, Engine>

const linger = TestClock.adjust("2 seconds")

const endings: Record<string, Ending> = {
  "a sign-in": (flow) => Effect.andThen(get(FakeProvider.consented(flow)), Effect.andThen(flow.outcome, linger)),
  "a paste": (flow) => complete(work, FakeProvider.consented(flow)),
  "a no": (flow) => Effect.andThen(get(FakeProvider.denied(flow)), Effect.exit(flow.outcome)),
  "a failed exchange": (flow) =>
    FakeProvider.behave({ exchangeFailure: new ExchangeFailed({ error: "invalid_grant", ambiguous: false }) }).pipe(
      Effect.andThen(get(FakeProvider.consented(flow))),
      Effect.andThen(Effect.exit(flow.outcome)),
      Effect.andThen(linger)
    ),
  "a bug": (flow) =>
    put("exchange", Effect.die("a bug")).pipe(
      Effect.andThen(get(FakeProvider.consented(flow))),
      Effect.andThen(Effect.exit(flow.outcome)),
      Effect.andThen(linger)
    ),
  "the deadline": (flow) => Effect.andThen(TestClock.adjust("5 minutes"), Effect.exit(flow.outcome)),
  "cancel": () => cancel(work),
  "cancel with a browser that never comes back": () => cancel(work),
  "logout": () => logout(work),
  "logout during the exchange": (flow) =>
    Effect.gen(function*() {
      const exchange = yield* gate("exchange")
      const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
      yield* exchange.reached
      const leaving = yield* Effect.forkChild(logout(work), { startImmediately: true })
      yield* exchange.open
      yield* Fiber.join(leaving)
      yield* Fiber.join(page)
    })
}

describe("Nothing is left", () => {
  for (const [what, end] of Object.entries(endings)) {
    it.effect(`after ${what}: no fiber, no listener, no lock, no flow`, () =>
      countingFibers((alive) =>
        Effect.gen(function*() {
          // The test clock keeps a fiber of its own until time first passes.
          yield* TestClock.adjust(0)
          const context = yield* signIn(yield* Effect.scope)
          yield* Effect.gen(function*() {
            if (what.includes("browser")) yield* put("browser", Effect.never)
            yield* nextTurns
            const before = { fibers: alive(), listeners: yield* listeners }
            const flow = yield* begin(work)
            assert.isAbove(alive(), before.fibers)
            assert.strictEqual(yield* listeners, before.listeners + 1)
            yield* end(flow)
            assert.deepStrictEqual({ listeners: yield* listeners, fibers: alive() }, before)
            assert.deepStrictEqual(yield* KeyedLock.use(({ keys }) => keys), [])
            assert.isTrue(Option.isNone(yield* pending(work)))
          }).pipe(Effect.provide(context))
        })
      ))
  }

  it.effect("after the layer's Scope has closed, whatever was going on", () =>
    countingFibers((alive) =>
      Effect.gen(function*() {
        yield* TestClock.adjust(0)
        yield* nextTurns
        const before = { fibers: alive(), listeners: yield* listeners }
        const scope = yield* Scope.make()
        const context = yield* signIn(scope)
        yield* Effect.gen(function*() {
          yield* begin(work)
          const lingering = yield* begin(FakeProvider.adaKey)
          yield* get(FakeProvider.consented(lingering))
          yield* lingering.outcome
          const discovery = yield* gate("discovery")
          const opening = yield* Effect.forkChild(Effect.exit(start(FakeProvider.graceKey)))
          yield* discovery.reached
          yield* Scope.close(scope, Exit.void)
          yield* Fiber.join(opening)
        }).pipe(Effect.provide(context))
        assert.deepStrictEqual({ listeners: yield* listeners, fibers: alive() }, before)
      })
    ))
})
