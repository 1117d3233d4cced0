import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import * as LoopbackListenerHttp from "../../../../src/layers/sign-in/LoopbackListenerHttp.ts"
import * as FlowStoreMemory from "../../../../src/layers/storage/FlowStoreMemory.ts"
import * as LeasesMemory from "../../../../src/layers/storage/LeasesMemory.ts"
import * as SessionStoreMemory from "../../../../src/layers/storage/SessionStoreMemory.ts"
import { FlowCancelled } from "../../../../src/services/sign-in/FlowFailure.ts"
import { FlowStore } from "../../../../src/services/storage/FlowStore.ts"
import { StoreUnavailable } from "../../../../src/services/storage/SessionStore.ts"
import { Checkpoints, gate, visits } from "../../../support/checkpoints.ts"
import { FakeBrowser } from "../../../support/fakeBrowser.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { flowOf, work } from "../../../support/signIn.ts"
import { beginIn, openWindow, twoWindows, Windows } from "../../../support/windowsInMemory.ts"

/** Flows that take their time to be begun (checkpoint `begin`) and looked at (`look`), and that no tab can be claimed for. */
const heldFlows = Layer.effect(
  FlowStore,
  Effect.gen(function*() {
    const flows = yield* FlowStore
    const { pass } = yield* Checkpoints
    return FlowStore.of({
      ...flows,
      begin: (flow, inPlaceOf) => Effect.andThen(pass("begin"), flows.begin(flow, inPlaceOf)),
      read: (id) => Effect.andThen(pass("look"), flows.read(id)),
      claimTab: () => new StoreUnavailable({ problem: "the disk is full", remedy: "make room" })
    })
  })
).pipe(Layer.provide(FlowStoreMemory.layer))

const layer = Windows.layer.pipe(
  Layer.provideMerge(Layer.mergeAll(FakeProvider.layer, FakeBrowser.layer, heldFlows)),
  Layer.provideMerge(Layer.mergeAll(
    LeasesMemory.layer,
    SessionStoreMemory.layer,
    RecordedEvents.layer,
    Checkpoints.layer,
    LoopbackListenerHttp.layer,
    SecureRandom.layerWebCrypto
  ))
)

describe("Where the store of flows takes its time", () => {
  it.effect("a sign-out that comes before a flow can be seen does not spoil what its person consents to", () =>
    Effect.gen(function*() {
      const [window, other] = yield* twoWindows
      const begin = yield* gate("begin")
      const starting = yield* Effect.forkChild(window.start(work, { openBrowser: true }))
      yield* begin.reached
      yield* other.logout(work)
      yield* begin.open
      const flow = yield* flowOf(yield* Fiber.join(starting))
      yield* get(FakeProvider.consented(flow))
      assert.strictEqual((yield* flow.outcome).flowId, flow.id)
    }).pipe(Effect.provide(layer)))

  it.effect("a flow that is ended over its window's head while its person answers spends no code", () =>
    Effect.gen(function*() {
      const flow = yield* beginIn(yield* openWindow())
      const look = yield* gate("look")
      const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)), { startImmediately: true })
      yield* look.reached
      const error = new FlowCancelled({ by: "cancel" })
      yield* FlowStore.use(({ change }) =>
        change(flow.id, { _tag: "Ended", ending: { _tag: "Failed", error }, evicts: true })
      )
      yield* look.open
      assert.deepStrictEqual(yield* Effect.flip(flow.outcome), error)
      assert.notInclude((yield* Fiber.join(page)).text, "<h1>Signed in</h1>")
      assert.strictEqual(yield* visits("exchange"), 0)
    }).pipe(Effect.provide(layer)))

  it.effect("a browser is opened once, for whoever wants one, also where none can be claimed", () =>
    Effect.gen(function*() {
      const window = yield* openWindow()
      yield* beginIn(window)
      yield* RecordedEvents.heard("BrowserOpened", 1)
      yield* beginIn(window)
      // What the second caller wanted is known by the time somebody who wants none has joined.
      yield* beginIn(window, work, false)
      yield* Effect.yieldNow
      assert.strictEqual(yield* RecordedEvents.count("BrowserOpened"), 1)
    }).pipe(Effect.provide(layer)))
})
