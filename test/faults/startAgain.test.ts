/**
 * A sign-in could not begin, and whoever wanted it starts again at once: that is a new attempt.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { AuthFlows } from "../../src/services/sign-in/AuthFlows.ts"
import { Wire } from "../support/wire.ts"
import { inWorld, work } from "../support/wireFaultEngine.ts"

const start = AuthFlows.use((flows) => flows.start(work, { openBrowser: false }))

describe("starting again", () => {
  it.effect("is not answered with the failure of the attempt before", () =>
    Effect.gen(function*() {
      const wire = yield* Wire
      yield* wire.fail("discovery", "status 500")
      yield* Effect.flip(start)
      yield* wire.heal
      assert.strictEqual((yield* start)._tag, "Began")
    }).pipe(inWorld()))
})
