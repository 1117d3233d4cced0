import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { LocalGoogle } from "../../../src/services/local-google/LocalGoogle.ts"
import * as Client from "../../support/localGoogleClient.ts"

const discovery = Client.get("/.well-known/openid-configuration")

describe("LocalGoogle: counts", () => {
  it.effect("say how often each thing was asked, whatever became of it", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      assert.deepStrictEqual(Object.values(yield* local.counts), [0, 0, 0, 0, 0, 0])
      const { access_token, refresh_token } = yield* Client.signIn()
      yield* Client.exchange("no such code")
      yield* Client.refresh(refresh_token)
      yield* Client.refresh(refresh_token)
      yield* Client.refresh("no such token")
      for (let time = 0; time < 4; time++) yield* Client.userinfo(access_token)
      for (let time = 0; time < 5; time++) yield* Client.revoke("no such token")
      for (let time = 0; time < 6; time++) yield* discovery
      assert.deepStrictEqual(yield* local.counts, {
        authorizations: 1,
        exchanges: 2,
        refreshes: 3,
        userinfos: 4,
        revocations: 5,
        discoveries: 6
      })
    }).pipe(Effect.provide(Client.layer())))

  it.effect("include requests struck by a fault", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      yield* local.fail("token", { _tag: "ResetBefore" })
      yield* Effect.flip(Client.exchange("some code"))
      yield* Effect.flip(Client.refresh("some token"))
      const { exchanges, refreshes } = yield* local.counts
      assert.isAtLeast(exchanges, 1)
      assert.isAtLeast(refreshes, 1)
    }).pipe(Effect.provide(Client.layer())))
})
