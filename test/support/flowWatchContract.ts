/**
 * What whoever watches a flow hears of it, from every `FlowStore`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, type Layer, Option, Queue, Stream } from "effect"
import { TestClock } from "effect/testing"
import { FlowStore, type FlowUnderWay } from "../../src/services/storage/FlowStore.ts"
import {
  answers,
  asks,
  delivers,
  ends,
  flow,
  isFlow,
  later,
  opens,
  record,
  sameFlows,
  shows,
  signedIn,
  takenOver,
  timedOut
} from "./flowData.ts"
import { grace } from "./sessionData.ts"
import { watching } from "./sessionStreams.ts"

/** What is told of a flow of which nothing has been told yet. */
const glimpsed = (id: string, now: Partial<FlowUnderWay> = {}): FlowUnderWay => {
  const { answered, asked, expiresAt, id: flowId, key, tab } = record(flow(id))
  return { id: flowId, key, expiresAt, tab, answered, asked, isOpen: false, ...now }
}

/** `layer` is a fresh store for each test. */
export const flowWatchContract = <E>(layer: Layer.Layer<FlowStore, E>) => {
  describe("watch", () => {
    it.effect("tells at once how the flow is, before any time has passed", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        const begun = flow("a")
        yield* flows.begin(begun, Option.none())
        yield* flows.change(begun.id, opens("1"))
        for (const change of [answers, ends(signedIn)]) {
          yield* flows.change(begun.id, change)
          const seen = yield* watching(flows.watch(begun.id))
          sameFlows([yield* Queue.take(seen)], Option.toArray(yield* flows.read(begun.id)))
        }
      }).pipe(Effect.provide(layer)))

    it.live("tells everything the flow becomes and stays, in its order, and nothing of others", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        const [begun, other] = [flow("a"), flow("b")]
        yield* flows.begin(begun, Option.none())
        yield* flows.begin(other, Option.none())
        const seen = yield* watching(flows.watch(begun.id))
        isFlow(Option.some(yield* Queue.take(seen)), record(begun))
        const happenings = [
          flows.change(begun.id, opens("1")),
          flows.claimTab(begun, Duration.zero),
          flows.change(begun.id, shows("opened")),
          flows.change(begun.id, asks("cancel")),
          flows.change(begun.id, asks("logout")),
          flows.change(begun.id, delivers("1")),
          flows.change(begun.id, answers),
          flows.change(begun.id, ends(timedOut))
        ]
        for (const happening of happenings) {
          yield* flows.change(other.id, opens("other"))
          yield* flows.change(other.id, asks("cancel"))
          yield* happening
          sameFlows([yield* Queue.take(seen)], Option.toArray(yield* flows.read(begun.id)))
        }
      }).pipe(Effect.provide(layer)))

    it.live("passes over what a flow was in between, never over what it comes to", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        const begun = flow("a")
        yield* flows.begin(begun, Option.none())
        const first = yield* flows.read(begun.id)
        const seen = yield* Queue.unbounded<string>()
        const watched = yield* flows.watch(begun.id).pipe(
          Stream.tap(({ asked, ending }) => Queue.offer(seen, ending?._tag ?? asked ?? "begun")),
          Stream.takeUntil(({ ending }) => ending !== undefined),
          Stream.runCollect,
          Effect.forkChild({ startImmediately: true })
        )
        assert.strictEqual(yield* Queue.take(seen), "begun")
        for (const change of [answers, opens("1"), asks("cancel"), asks("logout"), delivers("1"), ends(signedIn)]) {
          yield* flows.change(begun.id, change)
        }
        const told = yield* Fiber.join(watched)
        sameFlows(told.slice(0, 1), Option.toArray(first))
        sameFlows(told.slice(-1), Option.toArray(yield* flows.read(begun.id)))
      }).pipe(Effect.provide(layer)))

    it.effect("tells nothing twice, whatever becomes of others and is told again", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        const [begun, other] = [flow("a"), flow("b", { key: grace })]
        yield* flows.begin(begun, Option.none())
        yield* flows.begin(other, Option.none())
        for (const change of [answers, ends(timedOut)]) {
          yield* flows.change(begun.id, change)
          const seen = yield* watching(flows.watch(begun.id))
          yield* Queue.take(seen)
          yield* flows.change(other.id, change)
          yield* flows.change(begun.id, change)
          yield* TestClock.adjust("1 second")
          assert.strictEqual(yield* Queue.size(seen), 0)
        }
      }).pipe(Effect.provide(layer)))

    it.live("tells of a flow that is not there yet once it is begun", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        const begun = flow("a")
        const seen = yield* watching(flows.watch(begun.id))
        yield* flows.begin(flow("b"), Option.none())
        yield* flows.begin(begun, Option.none())
        isFlow(Option.some(yield* Queue.take(seen)), record(begun))
      }).pipe(Effect.provide(layer)))

    it.live("whoever hears that a flow was taken over finds the one that was begun in its place", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        const [old, heir] = [flow("a"), flow("b")]
        yield* flows.begin(old, Option.none())
        const found = yield* flows.watch(old.id).pipe(
          Stream.filter(({ ending }) => ending !== undefined),
          Stream.mapEffect((over) => Effect.map(flows.read(heir.id), (by) => ({ by, over }))),
          Stream.runHead,
          Effect.forkChild({ startImmediately: true })
        )
        yield* flows.begin(heir, Option.some(old.id))
        const { by, over } = Option.getOrThrow(yield* Fiber.join(found))
        isFlow(Option.some(over), record(old, { ending: takenOver("b") }))
        isFlow(by, record(heir))
      }).pipe(Effect.provide(layer)))
  })

  describe("underWay", () => {
    it.effect("tells at once which flows are under way, of every key and purpose, in their order, and none that ended", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        assert.deepStrictEqual(yield* Stream.runHead(flows.underWay), Option.some([]))
        for (const [id, what] of [["b", {}], ["a", { key: grace }], ["d", { purpose: "write" }], ["c", {}]] as const) {
          yield* flows.begin(flow(id, what), Option.none())
        }
        yield* flows.change(flow("a").id, opens("1"))
        yield* flows.change(flow("c").id, ends(signedIn))
        assert.deepStrictEqual(
          yield* Stream.runHead(flows.underWay),
          Option.some([glimpsed("b"), glimpsed("a", { key: grace, isOpen: true, expiresAt: later }), glimpsed("d")])
        )
      }).pipe(Effect.provide(layer)))

    it.live("tells of every flow that begins, of what can be seen of it, and when it ends", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        const [one, other] = [flow("a"), flow("b", { key: grace })]
        const seen = yield* watching(flows.underWay)
        assert.deepStrictEqual(yield* Queue.take(seen), [])
        const open = { isOpen: true, expiresAt: later }
        const happenings = [
          [flows.begin(one, Option.none()), [glimpsed("a")]],
          [flows.change(one.id, opens("1")), [glimpsed("a", open)]],
          [flows.claimTab(one, Duration.zero), [glimpsed("a", { ...open, tab: "asked" })]],
          [flows.change(one.id, asks("cancel")), [glimpsed("a", { ...open, tab: "asked", asked: "cancel" })]],
          [flows.begin(other, Option.some(one.id)), [glimpsed("b", { key: grace })]],
          [flows.change(other.id, answers), [glimpsed("b", { key: grace, answered: true })]],
          [flows.change(other.id, ends(timedOut)), []]
        ] as const
        for (const [happening, expected] of happenings) {
          yield* Effect.asVoid(happening)
          assert.deepStrictEqual(yield* Queue.take(seen), [...expected])
        }
      }).pipe(Effect.provide(layer)))

    it.effect("tells nothing twice", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        yield* flows.begin(flow("a"), Option.none())
        yield* flows.change(flow("a").id, answers)
        const seen = yield* watching(flows.underWay)
        yield* Queue.take(seen)
        yield* flows.change(flow("a").id, answers)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Queue.size(seen), 0)
      }).pipe(Effect.provide(layer)))
  })
}
