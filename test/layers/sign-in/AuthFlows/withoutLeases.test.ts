import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { ExchangeFailed } from "../../../../src/services/provider/AuthorizationServer.ts"
import { visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get } from "../../../support/loopbackClient.ts"
import { flowOf, work } from "../../../support/signIn.ts"
import { beginIn, layerWithoutLeases, openWindow } from "../../../support/windowsInMemory.ts"

describe("Where there are no leases to be had", () => {
  it.effect("of simultaneous callers in one window one begins, and the others join", () =>
    Effect.gen(function*() {
      const window = yield* openWindow()
      const started = yield* Effect.replicateEffect(window.start(work, { openBrowser: true }), 10, {
        concurrency: "unbounded"
      })
      assert.strictEqual(started.filter(({ _tag }) => _tag === "Began").length, 1)
      const flows = yield* Effect.forEach(started, flowOf)
      assert.strictEqual(new Set(flows.map(({ id }) => id)).size, 1)
      assert.strictEqual(yield* visits("listen"), 1)
    }).pipe(Effect.provide(layerWithoutLeases)))

  it.effect("a flow that was begun while the page of the one before stays can be joined when that has gone", () =>
    Effect.gen(function*() {
      const window = yield* openWindow()
      yield* FakeProvider.behave({ exchangeFailure: new ExchangeFailed({ error: "invalid_grant", ambiguous: false }) })
      const failed = yield* beginIn(window)
      yield* get(FakeProvider.consented(failed))
      assert.strictEqual((yield* Effect.flip(failed.outcome))._tag, "ExchangeFailed")
      const next = yield* beginIn(window)
      assert.notStrictEqual(next.id, failed.id)
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual((yield* beginIn(window)).id, next.id)
      assert.strictEqual(yield* visits("listen"), 2)
    }).pipe(Effect.provide(layerWithoutLeases)))
})
