/**
 * What became of the tab is the same in every window, whichever of them opened it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { nextTurns } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { work } from "../../../support/signIn.ts"
import { beginIn, layerMachine, shownIn, twoWindows } from "../../../support/windowsInMemory.ts"

describe("The tab of a flow", () => {
  it.effect("the owner tells that a follower has opened the tab", () =>
    Effect.gen(function*() {
      const [owner, follower] = yield* twoWindows
      const flow = yield* beginIn(owner, work, false)
      yield* beginIn(follower)
      yield* RecordedEvents.heard("BrowserOpened")
      yield* nextTurns
      assert.strictEqual(yield* (yield* shownIn(follower)).shown, "opened")
      assert.strictEqual(yield* flow.shown, "opened")
    }).pipe(Effect.provide(layerMachine)))
  it.effect("a bystander's view is not frozen", () =>
    Effect.gen(function*() {
      const [owner, bystander] = yield* twoWindows
      yield* beginIn(owner, work, false)
      const seen = yield* shownIn(bystander)
      assert.strictEqual(yield* seen.shown, "not_asked")
      yield* beginIn(owner)
      yield* RecordedEvents.heard("BrowserOpened")
      yield* nextTurns
      assert.strictEqual(yield* seen.shown, "opened")
    }).pipe(Effect.provide(layerMachine)))
})
