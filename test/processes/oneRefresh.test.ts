/**
 * Windows that need a new access token at the same moment: one of them asks for it.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FileSystem, Layer } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import * as LocalGoogleOidc from "../../src/layers/local-google/LocalGoogleOidc.ts"
import * as PersonHttp from "../../src/layers/local-google/PersonHttp.ts"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { live, orderFor, relive } from "../support/mortal.ts"
import type { Order } from "../support/mortalOrder.ts"

const layer = Layer.mergeAll(
  Layer.fresh(LocalGoogleOidc.layer()),
  PersonHttp.layer.pipe(Layer.provideMerge(FetchHttpClient.layer)),
  NodeServices.layer
)

/** A home with a sign-in, at a provider that keeps or replaces refresh tokens. */
const signedIn = Effect.fnUntraced(function*(rotates: boolean) {
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
  return order
})

/** The tokens that eight processes get, so many hours later. */
const readByAll = Effect.fnUntraced(function*(order: Order, hours: number) {
  const reading: Order = { ...order, does: "read", later: Duration.hours(hours) }
  const lives = yield* Effect.all(Array.from({ length: 8 }, () => live(reading)), { concurrency: "unbounded" })
  const tokens = lives.flatMap(({ result }) =>
    result?._tag === "Read" ? result.tokens : assert.fail(JSON.stringify(result))
  )
  assert.lengthOf(tokens, 200)
  return new Set(tokens)
})

const refreshes = LocalGoogle.use(({ counts }) => Effect.map(counts, (all) => all.refreshes))

describe("eight processes with twenty-five callers each", () => {
  for (const rotates of [false, true]) {
    const where = rotates ? "where each refresh token is taken once" : "at Google"

    it.live(`at the expiry of a token ${where}: one refresh`, () =>
      Effect.gen(function*() {
        const order = yield* signedIn(rotates)
        for (const generation of [1, 2]) {
          assert.strictEqual((yield* readByAll(order, generation)).size, 1)
          assert.strictEqual(yield* refreshes, generation)
        }
      }).pipe(Effect.scoped, Effect.provide(layer)), 60_000)

    it.live(`without leases ${where}: what is done twice costs nobody anything`, () =>
      Effect.gen(function*() {
        const order = { ...(yield* signedIn(rotates)), grantsEveryone: true }
        const { issuer } = yield* LocalGoogle
        for (const generation of [1, 2]) {
          for (const token of yield* readByAll(order, generation)) {
            const request = HttpClientRequest.bearerToken(HttpClientRequest.get(`${issuer}/v1/userinfo`), token)
            assert.strictEqual((yield* HttpClient.execute(request)).status, 200)
          }
          if (rotates) assert.strictEqual(yield* refreshes, generation)
        }
        const { authorizations } = yield* LocalGoogle.use(({ counts }) => counts)
        assert.strictEqual(authorizations, 1, "nobody has to consent again")
      }).pipe(Effect.scoped, Effect.provide(layer)), 60_000)
  }
})
