/**
 * Windows that need a new access token at the same moment: one of them asks for it.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FileSystem, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import * as LocalGoogleOidc from "../../src/layers/local-google/LocalGoogleOidc.ts"
import * as PersonHttp from "../../src/layers/local-google/PersonHttp.ts"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { live, orderFor, relive } from "../support/mortal.ts"
import type { Order } from "../support/mortalOrder.ts"

const layer = Layer.mergeAll(
  Layer.fresh(LocalGoogleOidc.layer()),
  PersonHttp.layer.pipe(Layer.provide(FetchHttpClient.layer)),
  NodeServices.layer
)

describe("eight processes with twenty-five callers each", () => {
  for (const rotates of [false, true]) {
    it.live(
      `at the expiry of a token ${rotates ? "that comes with a new refresh token" : "at Google"}: one refresh`,
      () =>
        Effect.gen(function*() {
          const google = yield* LocalGoogle
          yield* google.change({ rotateRefreshTokens: rotates })
          const fs = yield* FileSystem.FileSystem
          const order: Order = {
            ...(yield* orderFor),
            home: yield* fs.makeTempDirectoryScoped({ prefix: "mcp-gas-one-refresh-" }),
            rotates,
            scopes: ["openid"],
            does: "sign in",
            later: Duration.zero
          }
          assert.strictEqual((yield* relive(order))._tag, "Session")
          for (const generation of [1, 2]) {
            const reading: Order = { ...order, does: "read", later: Duration.hours(generation) }
            const lives = yield* Effect.all(Array.from({ length: 8 }, () => live(reading)), {
              concurrency: "unbounded"
            })
            const tokens = lives.flatMap(({ result }) =>
              result?._tag === "Read" ? result.tokens : assert.fail(JSON.stringify(result))
            )
            assert.lengthOf(tokens, 200)
            assert.strictEqual(new Set(tokens).size, 1)
            assert.strictEqual((yield* google.counts).refreshes, generation)
          }
        }).pipe(Effect.scoped, Effect.provide(layer)),
      60_000
    )
  }
})
