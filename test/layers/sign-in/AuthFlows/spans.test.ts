import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { Sessions } from "../../../../src/services/sign-in/Sessions.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import * as RecordedSpans from "../../../support/recordedSpans.ts"
import { begin, cancel, layerSignIn, start, work } from "../../../support/signIn.ts"
import { beginIn, layerMachine, shownIn, twoWindows } from "../../../support/windowsInMemory.ts"

const layer = Layer.provideMerge(layerSignIn(), RecordedSpans.layer)

/** A whole sign-in, its lingering listener included. */
const signedIn = Effect.gen(function*() {
  const flow = yield* begin(work)
  yield* RecordedEvents.heard("BrowserOpened")
  yield* get(FakeProvider.consented(flow))
  yield* flow.outcome
  yield* TestClock.adjust("2 seconds")
  return yield* RecordedSpans.ended("AuthFlow")
})

describe("The spans of a sign-in", () => {
  it.effect("are a trace of its own, which tells its steps", () =>
    Effect.gen(function*() {
      const flow = yield* signedIn
      assert.isTrue(Option.isNone(flow.parent))
      assert.deepStrictEqual(RecordedSpans.tree(yield* RecordedSpans.all, flow), [
        "AuthFlow",
        "  AuthFlows.turn",
        "    Leases.tryHold",
        "    Sessions.slot",
        "  AuthFlows.open",
        "    FlowStore.begin",
        "    Sessions.slot",
        "    CallbackServer.open",
        "      CallbackServer.respond",
        "    FlowStore.change",
        "    FlowStore.claimTab",
        "  AuthFlows.waitForPerson",
        "  AuthFlows.commit",
        "    Sessions.establish",
        "      SessionStore.write",
        "  FlowStore.change",
        "  AuthFlows.linger"
      ])
      const { "auth.flow.id": id, ...attributes } = Object.fromEntries(flow.attributes)
      assert.isString(id)
      assert.deepStrictEqual(attributes, { "auth.flow.decision": "listener", "auth.flow.outcome": "authenticated" })
      for (const span of yield* RecordedSpans.all) assert.strictEqual(span.status._tag, "Ended", span.name)
    }).pipe(Effect.provide(layer)))

  it.effect("are linked with the calls that began and joined it, and are below none of them", () =>
    Effect.gen(function*() {
      const flow = yield* Effect.withSpan(begin(work), "the first caller")
      yield* Effect.withSpan(start(work), "the second caller")
      const [whole] = yield* RecordedSpans.named("AuthFlow")
      const [first, second] = yield* RecordedSpans.named("AuthFlows.start")
      assert.isDefined(whole)
      assert.isDefined(first)
      assert.isDefined(second)
      assert.strictEqual(whole.attributes.get("auth.flow.id"), flow.id)
      assert.isTrue(Option.isNone(whole.parent))
      assert.deepStrictEqual(RecordedSpans.links(whole), [{ to: first.spanId, how: "begun_by" }])
      assert.deepStrictEqual(RecordedSpans.links(first), [{ to: whole.spanId, how: "began" }])
      assert.deepStrictEqual(RecordedSpans.links(second), [{ to: whole.spanId, how: "joined" }])
      // The calls are over, and what they are about is not.
      assert.strictEqual(first.status._tag, "Ended")
      assert.strictEqual(whole.status._tag, "Started")
    }).pipe(Effect.provide(layer)))

  it.effect("say how it ended: with the code that its callers are told", () =>
    Effect.gen(function*() {
      yield* begin(work)
      yield* cancel(work)
      const flow = yield* RecordedSpans.ended("AuthFlow")
      assert.strictEqual(flow.attributes.get("auth.flow.outcome"), "flow_cancelled")
      assert.strictEqual(flow.status._tag === "Ended" && flow.status.exit._tag, "Failure")
    }).pipe(Effect.provide(layer)))

  it.effect("name the flow of another window that was followed", () =>
    Effect.gen(function*() {
      const [one, other] = yield* twoWindows
      const flow = yield* beginIn(one)
      yield* other.start(work, { openBrowser: false })
      yield* shownIn(other)
      const [, following] = yield* RecordedSpans.named("AuthFlow")
      assert.strictEqual(following?.attributes.get("auth.flow.followed"), flow.id)
    }).pipe(Effect.provide(Layer.provideMerge(layerMachine, RecordedSpans.layer))))
})

describe("The spans of an access token", () => {
  const accessToken = Sessions.use((sessions) => sessions.accessToken(work))

  it.effect("are none where there is a fresh one", () =>
    Effect.gen(function*() {
      yield* signedIn
      const before = (yield* RecordedSpans.all).length
      yield* accessToken
      assert.strictEqual((yield* RecordedSpans.all).length, before)
    }).pipe(Effect.provide(layer)))

  it.effect("are a trace of the refresh, linked to the call that began it", () =>
    Effect.gen(function*() {
      yield* signedIn
      yield* TestClock.adjust("2 hours")
      yield* Effect.withSpan(accessToken, "the caller")
      const [caller] = yield* RecordedSpans.named("the caller")
      assert.isDefined(caller)
      const spans = yield* RecordedSpans.all
      assert.deepStrictEqual(RecordedSpans.tree(spans, caller), ["the caller", "  Sessions.fresh"])
      const fresh = spans.findLast(({ name }) => name === "Sessions.fresh")
      const renewal = spans.findLast(({ name }) => name === "Sessions.renew")
      assert.isDefined(fresh)
      assert.isDefined(renewal)
      assert.isTrue(Option.isNone(renewal.parent))
      assert.deepStrictEqual(RecordedSpans.tree(spans, renewal), [
        "Sessions.renew",
        "  Leases.hold",
        "  SessionStore.present",
        "  SessionStore.write"
      ])
      assert.deepStrictEqual(RecordedSpans.links(renewal), [{ to: fresh.spanId, how: "begun_by" }])
      // Whoever has built the layers is no parent of what they do.
    }).pipe(Effect.provide(layer), Effect.withSpan("the builder")))
})
