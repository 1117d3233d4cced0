import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Fiber, Layer, Option, Queue, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as AuthFlowsFibers from "../../../../src/layers/sign-in/AuthFlowsFibers.ts"
import { type AuthFlow, AuthFlows } from "../../../../src/services/sign-in/AuthFlows.ts"
import { AuthorizationRefused, ConsentDenied, FlowCancelled } from "../../../../src/services/sign-in/FlowFailure.ts"
import { Checkpoints, gate, put, visits } from "../../../support/checkpoints.ts"
import { FakeBrowser } from "../../../support/fakeBrowser.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get, refuses } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import {
  begin,
  cancel,
  complete,
  home,
  layerSignIn,
  logout,
  pending,
  portOf,
  scopes,
  signIn,
  start,
  stored,
  work
} from "../../../support/signIn.ts"

type Engine = Layer.Success<ReturnType<typeof layerSignIn>>

describe("Ending", () => {
  it.effect("cancel settles every waiter, and nobody listens when it returns", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const waiters = yield* Effect.forkChild(
        Effect.all(Array.from({ length: 3 }, () => Effect.flip(flow.outcome)), { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      assert.deepStrictEqual(yield* cancel(work), { _tag: "Cancelled", flowId: flow.id })
      assert.isTrue(yield* refuses(portOf(flow)))
      assert.isTrue(Option.isNone(yield* pending(work)))
      const cancelled = new FlowCancelled({ by: "cancel" })
      assert.deepStrictEqual(yield* Fiber.join(waiters), [cancelled, cancelled, cancelled])
      assert.strictEqual((yield* start(work))._tag, "Began")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("cancel with nothing pending says so, before the first flow and after the last", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* cancel(work), { _tag: "NothingPending" })
      const flow = yield* begin(work)
      yield* get(FakeProvider.consented(flow))
      yield* flow.outcome
      assert.deepStrictEqual(yield* cancel(work), { _tag: "NothingPending" })
      assert.strictEqual((yield* stored(work))._tag, "SignedIn")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("two cancels at once both answer that the flow was cancelled", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const answers = yield* Effect.all([cancel(work), cancel(work)], { concurrency: "unbounded" })
      const cancelled = { _tag: "Cancelled", flowId: flow.id } as const
      assert.deepStrictEqual(answers, [cancelled, cancelled])
      assert.isTrue(yield* refuses(portOf(flow)))
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("cancel leaves the flow of another key alone", () =>
    Effect.gen(function*() {
      const [gone, kept] = [yield* begin(work), yield* begin(home)]
      yield* cancel(work)
      assert.isTrue(yield* refuses(portOf(gone)))
      yield* get(FakeProvider.consented(kept))
      assert.strictEqual((yield* kept.outcome).key, home)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("cancel during the exchange waits for it: the person had finished, and the session is stored", () =>
    Effect.gen(function*() {
      const exchange = yield* gate("exchange")
      const flow = yield* begin(work)
      const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
      yield* exchange.reached
      const cancelling = yield* Effect.forkChild(cancel(work), { startImmediately: true })
      assert.isUndefined(cancelling.pollUnsafe())
      yield* exchange.open
      assert.deepStrictEqual(yield* Fiber.join(cancelling), { _tag: "Finished", flowId: flow.id })
      assert.strictEqual((yield* stored(work))._tag, "SignedIn")
      assert.include((yield* Fiber.join(page)).text, "<h1>Signed in</h1>")
    }).pipe(Effect.provide(layerSignIn())))

  for (const place of ["discovery", "listen", "authorizationUrl"]) {
    it.effect(`cancel while the flow opens does not wait for its ${place}`, () =>
      Effect.gen(function*() {
        const arrived = yield* gate(place)
        const starting = yield* Effect.forkChild(Effect.flip(start(work)))
        yield* arrived.reached
        const joining = yield* Effect.forkChild(Effect.flip(start(work)), { startImmediately: true })
        assert.strictEqual((yield* cancel(work))._tag, "Cancelled")
        const cancelled = new FlowCancelled({ by: "cancel" })
        assert.deepStrictEqual(yield* Fiber.join(starting), cancelled)
        assert.deepStrictEqual(yield* Fiber.join(joining), cancelled)
        yield* put(place, Effect.void)
        assert.strictEqual((yield* start(work))._tag, "Began")
      }).pipe(Effect.provide(layerSignIn())))
  }

  it.effect("cancel shows a browser that is waiting the page of a cancelled sign-in", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const answer = yield* gate("answer")
      const cancelling = yield* Effect.forkChild(cancel(work))
      yield* answer.reached
      const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
      yield* RecordedEvents.heard("CallbackDuplicate")
      yield* answer.open
      assert.strictEqual((yield* Fiber.join(cancelling))._tag, "Cancelled")
      const { status, text } = yield* Fiber.join(page)
      assert.strictEqual(status, 410)
      assert.include(text, "Sign-in cancelled")
      assert.strictEqual(yield* visits("exchange"), 0)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a person's no settles every waiter, with the listener gone and the page delivered", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const waiter = yield* Effect.forkChild(
        Effect.all([Effect.flip(flow.outcome), refuses(portOf(flow))]),
        { startImmediately: true }
      )
      const { status, text } = yield* get(FakeProvider.denied(flow))
      assert.strictEqual(status, 200)
      assert.include(text, "Sign-in declined")
      assert.deepStrictEqual(yield* Fiber.join(waiter), [new ConsentDenied(), true])
      assert.strictEqual(yield* visits("exchange"), 0)
      assert.strictEqual((yield* start(work))._tag, "Began")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a provider's no is told in the provider's words", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const { status, text } = yield* get(
        FakeProvider.redirected(flow.authorizationUrl, { error: "invalid_scope", error_description: "No <such> scope" })
      )
      assert.strictEqual(status, 400)
      assert.include(text, "No &lt;such&gt; scope")
      assert.deepStrictEqual(
        yield* Effect.flip(flow.outcome),
        new AuthorizationRefused({ error: "invalid_scope", description: "No <such> scope" })
      )
      assert.isTrue(yield* refuses(portOf(flow)))
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("logout ends a pending flow, and nobody listens when it returns", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const answer = yield* logout(work)
      assert.deepStrictEqual(answer.flow, { _tag: "Cancelled", flowId: flow.id })
      assert.isTrue(Option.isNone(answer.was))
      assert.isTrue(yield* refuses(portOf(flow)))
      assert.isTrue(Option.isNone(yield* pending(work)))
      assert.deepStrictEqual(yield* Effect.flip(flow.outcome), new FlowCancelled({ by: "logout" }))
      assert.strictEqual((yield* start(work))._tag, "Began")
    }).pipe(Effect.provide(layerSignIn())))

  for (const place of ["exchange", "userinfo", "store"]) {
    it.effect(`logout that comes at the ${place} wins: nothing is stored, and what was issued is revoked`, () =>
      Effect.gen(function*() {
        const arrived = yield* gate(place)
        const flow = yield* begin(work)
        const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
        yield* arrived.reached
        const leaving = yield* Effect.forkChild(logout(work))
        yield* RecordedEvents.heard("SignedOut")
        yield* arrived.open
        yield* Fiber.join(leaving)
        assert.isTrue(yield* refuses(portOf(flow)))
        assert.deepStrictEqual(yield* Effect.flip(flow.outcome), new FlowCancelled({ by: "logout" }))
        assert.strictEqual((yield* stored(work))._tag, "SignedOut")
        const { status, text } = yield* Fiber.join(page)
        assert.strictEqual(status, 410)
        assert.notInclude(text, "Signed in")
        const { revoked } = yield* FakeProvider.FakeProvider
        assert.deepStrictEqual(revoked, ["refresh-code-1"])
      }).pipe(Effect.provide(layerSignIn())))
  }

  it.effect("logout cuts the lingering of a finished flow, and revokes what it stored", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      yield* get(FakeProvider.consented(flow))
      yield* flow.outcome
      assert.isFalse(yield* refuses(portOf(flow)))
      const answer = yield* logout(work)
      assert.isTrue(yield* refuses(portOf(flow)))
      assert.deepStrictEqual(answer.flow, { _tag: "NothingPending" })
      assert.deepStrictEqual(answer.was, Option.some(FakeProvider.ada))
      assert.deepStrictEqual(answer.revoked, Option.some(true))
      const { revoked } = yield* FakeProvider.FakeProvider
      assert.deepStrictEqual(revoked, ["refresh-code-1"])
    }).pipe(Effect.provide(layerSignIn())))

  const endings: Record<string, (flow: AuthFlow) => Effect.Effect<void, never, Engine>> = {
    "cancel": () => Effect.ignore(cancel(work)),
    "logout": () => Effect.ignore(logout(work)),
    "the deadline": () => TestClock.adjust("5 minutes"),
    "a no": (flow) => Effect.ignore(get(FakeProvider.denied(flow))),
    "a paste": (flow) => Effect.ignore(complete(work, FakeProvider.consented(flow))),
    "logout during the exchange": (flow) =>
      Effect.gen(function*() {
        const exchange = yield* gate("exchange")
        yield* Effect.forkChild(get(FakeProvider.consented(flow)))
        yield* exchange.reached
        yield* Effect.andThen(
          Effect.forkChild(Effect.andThen(RecordedEvents.heard("SignedOut"), exchange.open)),
          Effect.ignore(logout(work))
        )
      })
  }
  for (const [what, end] of Object.entries(endings)) {
    it.effect(`after ${what} nobody hears of it while the listener is still closing`, () =>
      Effect.gen(function*() {
        // A browser that is slow to be given up: the flow closes what it opened last first, so the listener waits for it.
        const givingUp = yield* gate("giving up the browser")
        const { pass } = yield* Checkpoints
        yield* put("browser", Effect.onInterrupt(Effect.never, () => pass("giving up the browser")))
        const flow = yield* begin(work)
        yield* Queue.take(yield* FakeBrowser)
        const waiter = yield* Effect.forkChild(Effect.exit(flow.outcome), { startImmediately: true })
        const ending = yield* Effect.forkChild(end(flow), { startImmediately: true })
        yield* givingUp.reached
        const before = { refused: yield* refuses(portOf(flow)), heard: waiter.pollUnsafe() !== undefined }
        yield* givingUp.open
        assert.deepStrictEqual(before, { refused: false, heard: false })
        yield* Fiber.join(waiter)
        assert.isTrue(yield* refuses(portOf(flow)))
        yield* Fiber.join(ending)
      }).pipe(Effect.provide(layerSignIn())))
  }

  it.effect("a flow that begins after a logout is not touched by it", () =>
    Effect.gen(function*() {
      const revocation = yield* gate("revoke")
      const first = yield* begin(work)
      yield* get(FakeProvider.consented(first))
      yield* first.outcome
      const leaving = yield* Effect.forkChild(logout(work))
      yield* revocation.reached
      const second = yield* begin(work)
      assert.notStrictEqual(second.id, first.id)
      yield* revocation.open
      yield* Fiber.join(leaving)
      yield* get(FakeProvider.consented(second, "code-2"))
      assert.strictEqual((yield* second.outcome).key, work)
    }).pipe(Effect.provide(layerSignIn())))
})

describe("Closing the layer's Scope", () => {
  it.effect("cancels pending flows and frees their ports before it has closed", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* signIn(scope)
      const flows = yield* Effect.forEach([work, home], begin).pipe(Effect.provide(context))
      const waiters = yield* Effect.forkChild(
        Effect.forEach(flows, ({ outcome }) => Effect.flip(outcome), { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      yield* Scope.close(scope, Exit.void)
      for (const flow of flows) assert.isTrue(yield* refuses(portOf(flow)))
      const shutdown = new FlowCancelled({ by: "shutdown" })
      assert.deepStrictEqual(yield* Fiber.join(waiters), [shutdown, shutdown])
    }))

  it.effect("cancels a flow that is still opening", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* signIn(scope)
      const error = yield* Effect.gen(function*() {
        const discovery = yield* gate("discovery")
        const starting = yield* Effect.forkChild(Effect.flip(start(work)))
        yield* discovery.reached
        yield* Scope.close(scope, Exit.void)
        return yield* Fiber.join(starting)
      }).pipe(Effect.provide(context))
      assert.deepStrictEqual(error, new FlowCancelled({ by: "shutdown" }))
    }))

  it.effect("waits for an exchange under way, stores its session and delivers its page", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* signIn(scope)
      yield* Effect.gen(function*() {
        const exchange = yield* gate("exchange")
        const flow = yield* begin(work)
        const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
        yield* exchange.reached
        const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
        assert.isUndefined(closing.pollUnsafe())
        yield* exchange.open
        yield* Fiber.join(closing)
        assert.strictEqual((yield* flow.outcome).key, work)
        assert.include((yield* Fiber.join(page)).text, "<h1>Signed in</h1>")
        assert.isTrue(yield* refuses(portOf(flow)))
      }).pipe(Effect.provide(context))
    }))

  it.effect("cuts the lingering of a finished flow", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* signIn(scope)
      const flow = yield* Effect.provide(begin(work), context)
      yield* get(FakeProvider.consented(flow))
      yield* flow.outcome
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(yield* refuses(portOf(flow)))
    }))

  it.effect("makes every later start fail, with a type and at once", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* signIn(scope)
      yield* Scope.close(scope, Exit.void)
      const error = yield* Effect.flip(start(work)).pipe(Effect.provide(context))
      assert.deepStrictEqual(error, new FlowCancelled({ by: "shutdown" }))
      assert.isTrue(Option.isNone(yield* Effect.provide(pending(work), context)))
      assert.deepStrictEqual(yield* Effect.provide(cancel(work), context), { _tag: "NothingPending" })
    }))

  it.effect("tells a start that is still looking for a session why it got none", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* signIn(scope)
      const error = yield* Effect.gen(function*() {
        const read = yield* gate("read")
        const starting = yield* Effect.forkChild(Effect.flip(start(work)))
        yield* read.reached
        yield* Scope.close(scope, Exit.void)
        return yield* Fiber.join(starting)
      }).pipe(Effect.provide(context))
      assert.deepStrictEqual(error, new FlowCancelled({ by: "shutdown" }))
    }))

  it.effect("is noticed by start even while everything else lives on, and leaves no flow behind", () =>
    Effect.gen(function*() {
      const others = yield* signIn(yield* Effect.scope)
      const scope = yield* Scope.make()
      const context = yield* Layer.build(
        AuthFlowsFibers.layer({ scopes, timeout: Duration.minutes(5) })
      ).pipe(Scope.provide(scope), Effect.provide(others))
      const flows = Context.get(context, AuthFlows)
      yield* Scope.close(scope, Exit.void)
      const error = yield* Effect.flip(flows.start(work, { openBrowser: true }))
      assert.deepStrictEqual(error, new FlowCancelled({ by: "shutdown" }))
      assert.deepStrictEqual(yield* flows.cancel(work), { _tag: "NothingPending" })
    }))
})
