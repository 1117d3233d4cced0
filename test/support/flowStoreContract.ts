/**
 * What every `FlowStore` does, whatever it keeps its flows in.
 */
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, type Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { FlowId } from "../../src/services/sign-in/Session.ts"
import { FlowStore } from "../../src/services/storage/FlowStore.ts"
import { flowChangesContract } from "./flowChangesContract.ts"
import {
  answers,
  asks,
  at,
  atOnce,
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
  sorted,
  takenOver,
  timedOut
} from "./flowData.ts"
import { flowTabsContract } from "./flowTabsContract.ts"
import { flowWatchContract } from "./flowWatchContract.ts"
import { grace } from "./sessionData.ts"

const nowhere = FlowId.make("nowhere")

/** `layer` is a fresh store for each test. */
export const flowStoreContract = <E>(name: string, layer: Layer.Layer<FlowStore, E>) =>
  describe(name, () => {
    it.effect("of a flow that nobody began there is nothing, and nothing can be written down", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        const nothing = Effect.gen(function*() {
          const { id, key, purpose } = flow("a")
          assert.isTrue(Option.isNone(yield* flows.newest(key, purpose)))
          assert.isTrue(Option.isNone(yield* flows.read(id)))
          assert.deepStrictEqual(yield* flows.pending(key), [])
          for (const change of [opens("1"), answers, shows("opened"), asks("logout"), delivers("1"), ends(signedIn)]) {
            assert.isFalse(yield* flows.change(id, change))
          }
        })
        yield* nothing
        yield* flows.begin(flow("of another", { key: grace, purpose: "write" }), Option.none())
        yield* nothing
      }).pipe(Effect.provide(layer)))

    it.effect("a flow that was begun is found as it was begun, as one of this process", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        const begun = flow("a", { startedAt: at(1_234), expiresAt: at(5_678), purpose: "all, as \"ada\" \u{1f511}" })
        yield* flows.begin(begun, Option.none())
        isFlow(yield* flows.read(begun.id), record(begun))
        isFlow(yield* flows.newest(begun.key, begun.purpose), record(begun))
        sameFlows(yield* flows.pending(begun.key), [record(begun)])
      }).pipe(Effect.provide(layer)))

    it.effect("the newest of a key and purpose is the one that was begun last, whatever it is called and the clock says", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        const newest = Effect.map(flows.newest(flow("any").key, "read"), Option.map(({ id }) => `${id}`))
        for (const [index, id] of ["b", "d", "a", "c"].entries()) {
          // At one moment by the clock, and by what is said of the moment too.
          yield* flows.begin(flow(id), Option.none())
          yield* flows.begin(flow(`${id} of grace`, { key: grace, startedAt: at(1_000) }), Option.none())
          yield* flows.begin(flow(`${id} to write`, { purpose: "write", startedAt: at(2_000) }), Option.none())
          assert.deepStrictEqual(yield* newest, Option.some(id), `${index}`)
        }
        yield* TestClock.setTime(5_000)
        yield* flows.begin(flow("e", { startedAt: at(5_000) }), Option.none())
        yield* TestClock.setTime(0)
        yield* flows.begin(flow("0", { startedAt: at(0) }), Option.none())
        assert.deepStrictEqual(yield* newest, Option.some("0"))
      }).pipe(Effect.provide(layer)))

    it.effect("the newest is so whether it has ended or not", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        const [first, second] = [flow("a"), flow("b")]
        yield* flows.begin(first, Option.none())
        yield* flows.begin(second, Option.none())
        yield* flows.change(second.id, ends(signedIn))
        isFlow(yield* flows.newest(second.key, second.purpose), record(second, { ending: signedIn }))
      }).pipe(Effect.provide(layer)))

    it.effect("pending are those of the key that have not ended, whatever their purpose and however late it is", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        const [one, two, three] = [flow("a"), flow("b", { purpose: "write" }), flow("c", { expiresAt: at(1) })]
        const others = [flow("d"), flow("e", { purpose: "write" }), flow("f")]
        for (const each of [one, two, three, ...others, flow("g", { key: grace })]) {
          yield* flows.begin(each, Option.none())
        }
        for (const [index, ending] of [signedIn, timedOut, takenOver("a")].entries()) {
          yield* flows.change(others[index]?.id ?? nowhere, ends(ending))
        }
        yield* flows.change(one.id, asks("cancel"))
        yield* TestClock.setTime(2_000)
        sameFlows(sorted(yield* flows.pending(one.key)), [record(one, { asked: "cancel" }), record(two), record(three)])
      }).pipe(Effect.provide(layer)))

    it.effect("a flow that is begun in place of another ends that one, and leaves nothing to finish it with", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        const [old, heir, other] = [flow("a"), flow("b"), flow("c")]
        yield* flows.begin(old, Option.none())
        yield* flows.begin(other, Option.none())
        yield* flows.change(old.id, opens("1"))
        yield* flows.change(old.id, answers)
        yield* flows.change(old.id, delivers("1"))
        yield* flows.begin(heir, Option.some(old.id))
        const over = record(old, { expiresAt: later, answered: true, ending: takenOver("b") })
        isFlow(yield* flows.read(old.id), over)
        isFlow(yield* flows.newest(old.key, old.purpose), record(heir))
        sameFlows(sorted(yield* flows.pending(old.key)), [record(heir), record(other)])
        assert.isFalse(yield* flows.change(old.id, ends(signedIn)))
        isFlow(yield* flows.read(old.id), over)
      }).pipe(Effect.provide(layer)))

    it.effect("an ending that is there stays when another flow is begun in its place", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        const old = flow("a")
        yield* flows.begin(old, Option.none())
        yield* flows.change(old.id, ends(signedIn, true))
        yield* flows.begin(flow("b"), Option.some(old.id))
        yield* flows.begin(flow("c"), Option.some(old.id))
        yield* flows.begin(flow("d"), Option.some(nowhere))
        isFlow(yield* flows.read(old.id), record(old, { ending: signedIn, evicted: true }))
        assert.isTrue(Option.isNone(yield* flows.read(nowhere)))
        sameFlows(sorted(yield* flows.pending(old.key)), ["b", "c", "d"].map((id) => record(flow(id))))
      }).pipe(Effect.provide(layer)))

    it.live("of twenty that begin in place of one at the same time, all begin, and one is its heir", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        const old = flow("old")
        yield* flows.begin(old, Option.none())
        const heirs = Arr.makeBy(20, (index) => flow(`heir ${index}`))
        yield* atOnce(heirs.map((heir) => flows.begin(heir, Option.some(old.id))))
        sameFlows(sorted(yield* flows.pending(old.key)), sorted(heirs.map((heir) => record(heir))))
        const ending = Option.getOrThrow(yield* flows.read(old.id)).ending
        if (ending?._tag !== "TakenOver") return assert.fail(ending?._tag ?? "it has not ended")
        assert.include(heirs.map(({ id }) => id), ending.by)
      }).pipe(Effect.provide(layer)))

    flowChangesContract(layer)
    flowWatchContract(layer)
    flowTabsContract(layer)
  })
