/**
 * The example of the README, word for word but for where the library is: it compiles, and the layers fit together.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Option } from "effect"
import { Digest, SecureRandom } from "effect/crypto"
import { FetchHttpClient } from "effect/http"
import * as Gas from "../src/index.ts"

const SignIn = Gas.AuthFlowsFibers.layer({ scopes: ["openid", "email"], timeout: Duration.minutes(5) }).pipe(
  Layer.provideMerge(Gas.SessionsSynchronized.layer),
  Layer.provide([
    Gas.AuthorizationServerDiscovered.layer({
      issuer: "https://accounts.example.com",
      client: Effect.succeed({ clientId: "my-client", clientSecret: Option.none() })
    }),
    Gas.CallbackServerLoopback.layer({ serverName: "My Server" }),
    Gas.BrowserSystem.layer,
    Gas.SessionStoreMemory.layer,
    Gas.FlowStoreMemory.layer,
    Gas.LeasesMemory.layer,
    Gas.KeyedLockMemory.layer
  ]),
  Layer.provide([Gas.OAuthFetch.layer, Gas.AuthEventsPubSub.layer]),
  Layer.provide([FetchHttpClient.layer, Digest.layerWebCrypto, SecureRandom.layerWebCrypto])
)

const token = Effect.gen(function*() {
  const flows = yield* Gas.AuthFlows
  const started = yield* flows.start(Gas.defaultAccountKey, { openBrowser: true })
  if (started._tag !== "AlreadyAuthenticated") yield* started.flow.outcome
  const sessions = yield* Gas.Sessions
  return yield* sessions.accessToken(Gas.defaultAccountKey)
})

describe("the README's example", () => {
  it.effect("builds, and touches no network before it has to", () =>
    Effect.gen(function*() {
      const flows = yield* Gas.AuthFlows
      assert.isTrue(Option.isNone(yield* flows.pending(Gas.defaultAccountKey)))
      assert.isTrue(Effect.isEffect(token))
    }).pipe(Effect.provide(SignIn)))
})
