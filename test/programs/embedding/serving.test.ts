import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { serve } from "../../../src/programs/embedding/serving.ts"
import { ToolServer } from "../../../src/services/tools/ToolServer.ts"
import { identity } from "../../support/mcpInMemory.ts"

describe("serving that is interrupted", () => {
  it.effect("closes the services that a call has built, before it is over", () =>
    Effect.gen(function*() {
      const built = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const services = Layer.effectDiscard(
        Effect.acquireRelease(Effect.void, () => Deferred.succeed(closed, undefined))
      )
      const client = Layer.succeed(ToolServer, {
        serve: (_identity, _offer, context) =>
          Effect.orDie(context).pipe(Effect.andThen(Deferred.succeed(built, undefined)), Effect.andThen(Effect.never))
      })
      const serving = yield* Effect.forkChild(Effect.provide(serve(identity, { tools: [] }, services), client))
      yield* Deferred.await(built)
      yield* Fiber.interrupt(serving)
      assert.isTrue(Deferred.isDoneUnsafe(closed))
    }))
})
