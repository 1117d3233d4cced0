import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Queue } from "effect"
import { gate, put, visits } from "../../../support/checkpoints.ts"
import { FakeBrowser } from "../../../support/fakeBrowser.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get, nextTurns } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import {
  begin,
  cancel,
  flowOf,
  home,
  layerSignIn,
  pending,
  scopes,
  signInElsewhere,
  start,
  stored,
  work
} from "../../../support/signIn.ts"

describe("Joining", () => {
  it.effect("of a hundred simultaneous callers one begins, the others join, and all get the same session", () =>
    Effect.gen(function*() {
      const started = yield* Effect.all(Array.from({ length: 100 }, () => start(work)), { concurrency: "unbounded" })
      assert.strictEqual(started.filter(({ _tag }) => _tag === "Began").length, 1)
      assert.strictEqual(started.filter(({ _tag }) => _tag === "Joined").length, 99)
      const flows = yield* Effect.forEach(started, flowOf)
      const [first] = flows
      assert.isDefined(first)
      for (const flow of flows) {
        assert.strictEqual(flow.id, first.id)
        assert.strictEqual(flow.authorizationUrl, first.authorizationUrl)
        assert.deepStrictEqual(flow.expiresAt, first.expiresAt)
      }

      const waiting = yield* Effect.forkChild(
        Effect.forEach(flows, ({ outcome }) => outcome, { concurrency: "unbounded" })
      )
      assert.strictEqual((yield* get(FakeProvider.consented(first))).status, 200)
      const sessions = yield* Fiber.join(waiting)
      assert.strictEqual(new Set(sessions).size, 1)
      assert.strictEqual(yield* visits("exchange"), 1)
      assert.strictEqual(yield* Queue.size(yield* FakeBrowser), 1)
      assert.strictEqual(yield* RecordedEvents.count("FlowStarted"), 1)
      assert.strictEqual(yield* RecordedEvents.count("FlowJoined"), 99)
      assert.strictEqual(yield* RecordedEvents.count("FlowSettled"), 1)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a caller that comes while the flow is still opening joins it", () =>
    Effect.gen(function*() {
      const discovery = yield* gate("discovery")
      const first = yield* Effect.forkChild(start(work))
      yield* discovery.reached
      assert.isTrue(Option.isNone(yield* pending(work)))
      const second = yield* Effect.forkChild(start(work), { startImmediately: true })
      yield* discovery.open
      const [began, joined] = [yield* Fiber.join(first), yield* Fiber.join(second)]
      assert.strictEqual(began._tag, "Began")
      assert.strictEqual(joined._tag, "Joined")
      assert.strictEqual((yield* flowOf(began)).id, (yield* flowOf(joined)).id)
      assert.strictEqual(yield* visits("listen"), 1)
    }).pipe(Effect.provide(layerSignIn())))

  for (const place of ["discovery", "exchange"] as const) {
    it.effect(`a key that is stuck in its ${place} does not delay another key`, () =>
      Effect.gen(function*() {
        const stuck = yield* gate(place)
        const first = yield* Effect.forkChild(Effect.gen(function*() {
          const flow = yield* begin(work)
          yield* get(FakeProvider.consented(flow, "code-work"))
          return yield* flow.outcome
        }))
        yield* stuck.reached
        const open = Effect.gen(function*() {
          const flow = yield* begin(home)
          yield* get(FakeProvider.consented(flow, "code-home"))
          return yield* flow.outcome
        })
        // The obstacle is lifted for whoever comes from now on; the first caller still waits at it.
        yield* put(place, Effect.void)
        assert.strictEqual((yield* open).key, home)
        assert.isUndefined(first.pollUnsafe())
        yield* stuck.open
        assert.strictEqual((yield* Fiber.join(first)).key, work)
      }).pipe(Effect.provide(layerSignIn())))
  }

  it.effect("once signed in, start answers with the session, without network or flow", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      yield* get(FakeProvider.consented(flow))
      const session = yield* flow.outcome
      const again = yield* start(work)
      assert.isTrue(again._tag === "AlreadyAuthenticated" && again.session === session)
      assert.isTrue(Option.isNone(yield* pending(work)))
      for (const place of ["discovery", "listen", "exchange"]) assert.strictEqual(yield* visits(place), 1)
      assert.strictEqual(yield* visits("refresh"), 0)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a session that lacks a scope is not enough: a flow begins, and the session stays meanwhile", () =>
    Effect.gen(function*() {
      yield* signInElsewhere(work, ["openid", "email"])
      const started = yield* start(work)
      assert.strictEqual(started._tag, "Began")
      assert.strictEqual((yield* stored(work))._tag, "SignedIn")
      const flow = yield* flowOf(started)
      yield* get(FakeProvider.consented(flow))
      assert.include((yield* flow.outcome).grantedScopes, "script.projects")
      assert.strictEqual((yield* start(work))._tag, "AlreadyAuthenticated")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("with a store that takes its time, still one begins and the others join", () =>
    Effect.gen(function*() {
      yield* put("read", Effect.yieldNow)
      const started = yield* Effect.all(Array.from({ length: 10 }, () => start(work)), { concurrency: "unbounded" })
      assert.strictEqual(started.filter(({ _tag }) => _tag === "Began").length, 1)
      assert.strictEqual(new Set((yield* Effect.forEach(started, flowOf)).map(({ id }) => id)).size, 1)
      assert.strictEqual(yield* visits("listen"), 1)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a session that was stored while start looked for one is the answer: it looks twice", () =>
    Effect.gen(function*() {
      const haveRead = yield* gate("have read")
      const starting = yield* Effect.forkChild(start(work))
      yield* haveRead.reached
      yield* put("have read", Effect.void)
      yield* signInElsewhere(work, scopes)
      yield* haveRead.open
      assert.strictEqual((yield* Fiber.join(starting))._tag, "AlreadyAuthenticated")
      assert.strictEqual(yield* visits("listen"), 0)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a session that somebody else stored is the answer, even while a flow is pending", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      yield* signInElsewhere(work, scopes)
      assert.strictEqual((yield* start(work))._tag, "AlreadyAuthenticated")
      assert.strictEqual(Option.getOrThrow(yield* pending(work)).id, flow.id)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a browser opens once, for the first caller who wants one", () =>
    Effect.gen(function*() {
      const opened = yield* FakeBrowser
      assert.strictEqual((yield* start(work, false))._tag, "Began")
      assert.strictEqual((yield* start(work, false))._tag, "Joined")
      // The browser has a fiber of its own, which has had its chance now.
      yield* nextTurns
      assert.strictEqual(yield* visits("browser"), 0)
      const joined = yield* start(work, true)
      assert.strictEqual(joined._tag, "Joined")
      assert.strictEqual(yield* Queue.take(opened), (yield* flowOf(joined)).authorizationUrl)
      const others = yield* Effect.all(Array.from({ length: 20 }, () => start(work)), { concurrency: "unbounded" })
      assert.isTrue(others.every(({ _tag }) => _tag === "Joined"))
      yield* cancel(work)
      assert.strictEqual(yield* visits("browser"), 1)
    }).pipe(Effect.provide(layerSignIn())))
})
