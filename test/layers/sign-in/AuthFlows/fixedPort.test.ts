import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { ExchangeFailed } from "../../../../src/services/provider/AuthorizationServer.ts"
import type { AuthFlow } from "../../../../src/services/sign-in/AuthFlows.ts"
import { CallbackUnavailable } from "../../../../src/services/sign-in/CallbackServer.ts"
import { Checkpoints, gate, put, visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { freePort, get, nextTurns, occupy, refuses } from "../../../support/loopbackClient.ts"
import { begin, cancel, complete, home, logout, portOf, signIn, start, work } from "../../../support/signIn.ts"

/** The engine on a port of its own. */
const onFixedPort = <A, E, R>(test: (port: number) => Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const port = yield* freePort
    return yield* Effect.provide(test(port), yield* signIn(yield* Effect.scope, { port }))
  })

const refused = new ExchangeFailed({ error: "invalid_grant", ambiguous: false })

describe("On a fixed port", () => {
  it.effect("the flow listens there and nowhere else", () =>
    onFixedPort((port) =>
      Effect.gen(function*() {
        const flow = yield* begin(work)
        assert.strictEqual(flow.redirectUri, `http://127.0.0.1:${port}/callback`)
        yield* get(FakeProvider.consented(flow))
        assert.strictEqual((yield* flow.outcome).key, work)
      })
    ))

  it.effect("a port that another program holds is named in the error, and start works once it is free", () =>
    onFixedPort((port) =>
      Effect.gen(function*() {
        const error = yield* Effect.scoped(Effect.andThen(occupy(port), Effect.flip(start(work))))
        assert.deepStrictEqual(error, new CallbackUnavailable({ port, reason: "EADDRINUSE" }))
        assert.strictEqual((yield* start(work))._tag, "Began")
      })
    ))

  it.effect("a second key is told that the port is taken while the first one is pending", () =>
    onFixedPort((port) =>
      Effect.gen(function*() {
        const flow = yield* begin(work)
        assert.deepStrictEqual(
          yield* Effect.flip(start(home)),
          new CallbackUnavailable({ port, reason: "EADDRINUSE" })
        )
        yield* get(FakeProvider.consented(flow))
        assert.strictEqual((yield* flow.outcome).key, work)
      })
    ))

  it.effect("of two keys at once one gets the port, and the other is told so", () =>
    onFixedPort(() =>
      Effect.gen(function*() {
        const results = yield* Effect.all([Effect.result(start(work)), Effect.result(start(home))], {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(results.map(({ _tag }) => _tag).toSorted(), ["Failure", "Success"])
      })
    ))

  const endings = {
    "cancel": () => Effect.asVoid(cancel(work)),
    "logout": () => Effect.asVoid(logout(work)),
    "the deadline": (flow: AuthFlow) => Effect.andThen(TestClock.adjust("5 minutes"), Effect.exit(flow.outcome))
  }
  for (const [name, end] of Object.entries(endings)) {
    it.effect(`after ${name} the next start works at once`, () =>
      onFixedPort(() =>
        Effect.gen(function*() {
          yield* end(yield* begin(work))
          assert.strictEqual((yield* start(work))._tag, "Began")
        })
      ))
  }

  it.effect("a caller that starts anew as soon as it hears of a failure gets the port", () =>
    onFixedPort(() =>
      Effect.gen(function*() {
        yield* FakeProvider.behave({ exchangeFailure: refused })
        const flow = yield* begin(work)
        const retrying = yield* Effect.forkChild(
          Effect.catchTag(flow.outcome, "ExchangeFailed", () => start(work)),
          { startImmediately: true }
        )
        const page = yield* get(FakeProvider.consented(flow))
        assert.include(page.text, "Sign-in failed")
        const again = yield* Fiber.join(retrying)
        assert.isTrue("_tag" in again && again._tag === "Began")
      })
    ))

  it.effect("another key that starts as soon as the first has signed in gets the port", () =>
    onFixedPort(() =>
      Effect.gen(function*() {
        const flow = yield* begin(work)
        const next = yield* Effect.forkChild(Effect.andThen(flow.outcome, begin(home)), { startImmediately: true })
        assert.include((yield* get(FakeProvider.consented(flow))).text, "<h1>Signed in</h1>")
        const second = yield* Fiber.join(next)
        yield* get(FakeProvider.consented(second, "code-2"))
        assert.strictEqual((yield* second.outcome).key, home)
      })
    ))

  it.effect("a flow that has settled and does not linger yet gives its port up too", () =>
    onFixedPort(() =>
      Effect.gen(function*() {
        const linger = yield* gate("linger")
        const first = yield* begin(work)
        yield* get(FakeProvider.consented(first))
        yield* first.outcome
        yield* linger.reached
        const listen = yield* gate("listen")
        const starting = yield* Effect.forkChild(start(home))
        yield* listen.reached
        yield* listen.open
        yield* nextTurns
        yield* linger.open
        assert.strictEqual((yield* Fiber.join(starting))._tag, "Began")
      })
    ))

  it.effect("a new flow waits until the one that gives its port up has really closed", () =>
    onFixedPort((port) =>
      Effect.gen(function*() {
        // A browser that is slow to be given up: the listener is closed after it.
        const givingUp = yield* gate("giving up the browser")
        const { pass } = yield* Checkpoints
        yield* put("browser", Effect.onInterrupt(Effect.never, () => pass("giving up the browser")))
        const first = yield* begin(work)
        yield* get(FakeProvider.consented(first))
        yield* first.outcome
        yield* put("browser", Effect.void)
        const starting = yield* Effect.forkChild(begin(home))
        yield* givingUp.reached
        yield* nextTurns
        const waits = starting.pollUnsafe() === undefined
        yield* givingUp.open
        assert.isTrue(waits)
        assert.strictEqual(portOf(yield* Fiber.join(starting)), port)
      })
    ))

  it.effect("a flow that completes by paste frees the port before its outcome settles", () =>
    onFixedPort(() =>
      Effect.gen(function*() {
        const flow = yield* begin(work)
        yield* complete(work, FakeProvider.consented(flow))
        assert.strictEqual((yield* start(home))._tag, "Began")
      })
    ))

  it.effect("a lingering flow gives its port up to a new one, whose callbacks are its own", () =>
    onFixedPort((port) =>
      Effect.gen(function*() {
        const first = yield* begin(work)
        yield* get(FakeProvider.consented(first))
        yield* first.outcome
        assert.isFalse(yield* refuses(port))
        const second = yield* begin(home)
        assert.include((yield* get(FakeProvider.consented(first))).text, "Not this sign-in")
        yield* get(FakeProvider.consented(second, "code-2"))
        assert.strictEqual((yield* second.outcome).key, home)
        assert.strictEqual(yield* visits("exchange"), 2)
      })
    ))

  it.effect("a start that leaves while it waits for the port does not take the next one's turn", () =>
    onFixedPort((port) =>
      Effect.gen(function*() {
        const linger = yield* gate("linger")
        const first = yield* begin(work)
        yield* get(FakeProvider.consented(first))
        yield* first.outcome
        yield* linger.reached
        // Waits for a port that is not given up yet, and is cancelled there.
        const listen = yield* gate("listen")
        const leaving = yield* Effect.forkChild(Effect.flip(start(home)))
        yield* listen.reached
        yield* listen.open
        yield* nextTurns
        yield* cancel(home)
        assert.strictEqual((yield* Fiber.join(leaving))._tag, "FlowCancelled")

        const again = yield* gate("listen")
        const staying = yield* Effect.forkChild(begin(home))
        yield* again.reached
        yield* again.open
        yield* nextTurns
        yield* linger.open
        assert.strictEqual(portOf(yield* Fiber.join(staying)), port)
      })
    ))
})
