/**
 * What every `FlowStore` makes of what happens to a flow.
 */
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Duration, Effect, type Layer, Option } from "effect"
import { type FlowChange, type FlowRecord, FlowStore } from "../../src/services/storage/FlowStore.ts"
import {
  answers,
  asks,
  at,
  atOnce,
  delivers,
  ends,
  failed,
  failures,
  flow,
  isFlow,
  later,
  openedWith,
  opens,
  pasted,
  record,
  shows,
  signedIn,
  takenOver,
  withdraws
} from "./flowData.ts"

type Step = readonly [change: FlowChange | "claim", isNew: boolean, becomes: Partial<FlowRecord>]

/** What is told of a flow one after the other, whether that is anything new, and what then has become of the flow. */
const stories: ReadonlyArray<readonly [what: string, steps: ReadonlyArray<Step>]> = [
  ["it opens once, and lasts as long as is said then", [
    [opens("1", at(9_000)), true, { opened: Option.some(openedWith("1")), expiresAt: at(9_000) }],
    [opens("2", at(10_000)), false, {}]
  ]],
  ["it is answered once", [[answers, true, { answered: true }], [answers, false, {}]]],
  ["a tab was opened that was asked for, and that does not change", [
    [shows("opened"), false, {}],
    [shows("failed"), false, {}],
    ["claim", true, { tab: "asked" }],
    [shows("opened"), true, { tab: "opened" }],
    [shows("failed"), false, {}],
    [shows("opened"), false, {}]
  ]],
  ["a tab could not be opened that was asked for, and that does not change", [
    ["claim", true, { tab: "asked" }],
    [shows("failed"), true, { tab: "failed" }],
    [shows("opened"), false, {}],
    [shows("failed"), false, {}]
  ]],
  ["a sign-out is a later word than a cancellation", [
    [asks("cancel"), true, { asked: "cancel" }],
    [asks("cancel"), false, {}],
    [asks("logout"), true, { asked: "logout" }],
    [asks("logout"), false, {}],
    [asks("cancel"), false, {}]
  ]],
  ["a cancellation is no later word than a sign-out", [
    [asks("logout"), true, { asked: "logout" }],
    [asks("cancel"), false, {}],
    [asks("logout"), false, {}]
  ]],
  ["the first address that was pasted is kept", [
    [delivers("1"), true, { delivered: Option.some(pasted("1")) }],
    [delivers("2"), false, {}],
    [delivers("1"), false, {}]
  ]],
  ["it does not matter what is told first", [
    [delivers("1"), true, { delivered: Option.some(pasted("1")) }],
    [answers, true, { answered: true }],
    [asks("cancel"), true, { asked: "cancel" }],
    ["claim", true, { tab: "asked" }],
    [opens("1"), true, { opened: Option.some(openedWith("1")), expiresAt: later }],
    [shows("opened"), true, { tab: "opened" }]
  ]],
  ["its process stops, and nothing to finish it with is left", [
    [withdraws, false, {}],
    [opens("1"), true, { opened: Option.some(openedWith("1")), expiresAt: later }],
    [delivers("1"), true, { delivered: Option.some(pasted("1")) }],
    [withdraws, true, { opened: Option.none(), delivered: Option.none() }],
    [withdraws, false, {}],
    [ends(takenOver("b")), true, { ending: takenOver("b") }]
  ]],
  ["it ends once, as it is told first", [
    [ends(signedIn), true, { ending: signedIn }],
    [ends(takenOver("b")), false, {}],
    [ends(signedIn, true), false, {}]
  ]],
  ["its process did nothing, so somebody else ended it", [
    [ends(takenOver("b"), true), true, { ending: takenOver("b"), evicted: true }],
    [ends(signedIn), false, {}]
  ]],
  ["nothing happens to it once it has ended, and nothing to finish it with is left", [
    [opens("1"), true, { opened: Option.some(openedWith("1")), expiresAt: later }],
    [delivers("1"), true, { delivered: Option.some(pasted("1")) }],
    ["claim", true, { tab: "asked" }],
    [ends(signedIn), true, { ending: signedIn, opened: Option.none(), delivered: Option.none() }],
    [opens("2"), false, {}],
    [answers, false, {}],
    [shows("opened"), false, {}],
    [shows("failed"), false, {}],
    [asks("cancel"), false, {}],
    [asks("logout"), false, {}],
    [delivers("2"), false, {}],
    [ends(signedIn), false, {}]
  ]]
]

/** `layer` is a fresh store for each test. */
export const flowChangesContract = <E>(layer: Layer.Layer<FlowStore, E>) =>
  describe("changes", () => {
    for (const [what, steps] of stories) {
      it.effect(what, () =>
        Effect.gen(function*() {
          const flows = yield* FlowStore
          const [begun, other] = [flow("a"), flow("b")]
          yield* flows.begin(begun, Option.none())
          yield* flows.begin(other, Option.none())
          const [, ...expected] = Arr.scan(steps, record(begun), (before, [, , becomes]) => ({ ...before, ...becomes }))
          for (const [[change, isNew], after] of Arr.zip(steps, expected)) {
            const answer = change === "claim"
              ? (yield* flows.claimTab(begun, Duration.zero))._tag === "Granted"
              : yield* flows.change(begun.id, change)
            assert.strictEqual(answer, isNew)
            isFlow(yield* flows.read(begun.id), after)
          }
          isFlow(yield* flows.read(other.id), record(other))
        }).pipe(Effect.provide(layer)))
    }

    for (const [tag, errors] of Object.entries(failures)) {
      it.effect(`${tag} is told as what it is, with all it says`, () =>
        Effect.gen(function*() {
          const flows = yield* FlowStore
          for (const [index, error] of errors.entries()) {
            const begun = flow(`${index}`)
            yield* flows.begin(begun, Option.none())
            assert.isTrue(yield* flows.change(begun.id, ends(failed(error))))
            const found = yield* flows.read(begun.id)
            isFlow(found, record(begun, { ending: failed(error) }))
          }
        }).pipe(Effect.provide(layer)))
    }

    /** Of each kind twenty that differ, where they can; and what is kept of one of them. */
    const contests: ReadonlyArray<
      readonly [what: string, one: (index: number) => FlowChange, kept: (index: number) => Partial<FlowRecord>]
    > = [
      ["openings", (index) => opens(`${index}`, at(index)), (index) => ({
        opened: Option.some(openedWith(`${index}`)),
        expiresAt: at(index)
      })],
      ["answers", () => answers, () => ({ answered: true })],
      ["sign-outs", () => asks("logout"), () => ({ asked: "logout" })],
      ["cancellations", () => asks("cancel"), () => ({ asked: "cancel" })],
      [
        "pasted addresses",
        (index) => delivers(`${index}`),
        (index) => ({ delivered: Option.some(pasted(`${index}`)) })
      ],
      ["endings", (index) => ends(takenOver(`${index}`)), (index) => ({ ending: takenOver(`${index}`) })]
    ]
    for (const [what, one, kept] of contests) {
      it.live(`of twenty ${what} at the same time the first one counts`, () =>
        Effect.gen(function*() {
          const flows = yield* FlowStore
          const begun = flow("a")
          yield* flows.begin(begun, Option.none())
          const told = yield* atOnce(Arr.makeBy(20, (index) => flows.change(begun.id, one(index))))
          assert.lengthOf(told.filter((isNew) => isNew), 1)
          isFlow(yield* flows.read(begun.id), record(begun, kept(told.indexOf(true))))
        }).pipe(Effect.provide(layer)))
    }

    it.live("of twenty who say whether a tab could be opened, the first one counts", () =>
      Effect.gen(function*() {
        const flows = yield* FlowStore
        const begun = flow("a")
        yield* flows.begin(begun, Option.none())
        yield* flows.claimTab(begun, Duration.zero)
        const said = Arr.makeBy(20, (index) => index % 3 === 0 ? "failed" : "opened")
        const told = yield* atOnce(said.map((tab) => flows.change(begun.id, shows(tab))))
        assert.lengthOf(told.filter((isNew) => isNew), 1)
        isFlow(yield* flows.read(begun.id), record(begun, { tab: said[told.indexOf(true)] ?? "not_asked" }))
      }).pipe(Effect.provide(layer)))
  })
