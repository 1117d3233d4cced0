/**
 * The sign-in engine as a program has it, against the local Google, with a real browser beside it. On a virtual clock,
 * so that nothing expires or closes while a person looks around.
 */
import { assert } from "@effect/vitest"
import { Duration, Effect, Layer, Option } from "effect"
import { Digest, SecureRandom } from "effect/crypto"
import { FetchHttpClient } from "effect/http"
import * as LocalGoogleOidc from "../../src/layers/local-google/LocalGoogleOidc.ts"
import * as AuthorizationServerDiscovered from "../../src/layers/provider/AuthorizationServerDiscovered.ts"
import * as AuthorizationServerGoogle from "../../src/layers/provider/AuthorizationServerGoogle.ts"
import * as OAuthFetch from "../../src/layers/provider/OAuthFetch.ts"
import * as AuthFlowsFibers from "../../src/layers/sign-in/AuthFlowsFibers.ts"
import * as BrowserNone from "../../src/layers/sign-in/BrowserNone.ts"
import * as CallbackServerLoopback from "../../src/layers/sign-in/CallbackServerLoopback.ts"
import * as KeyedLockMemory from "../../src/layers/sign-in/KeyedLockMemory.ts"
import * as SessionsSynchronized from "../../src/layers/sign-in/SessionsSynchronized.ts"
import * as FlowStoreMemory from "../../src/layers/storage/FlowStoreMemory.ts"
import * as LeasesMemory from "../../src/layers/storage/LeasesMemory.ts"
import * as SessionStoreMemory from "../../src/layers/storage/SessionStoreMemory.ts"
import { defaultScopes } from "../../src/services/config/Config.ts"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { AccountKey } from "../../src/services/sign-in/AccountKey.ts"
import { AuthFlows } from "../../src/services/sign-in/AuthFlows.ts"
import { CallbackServer } from "../../src/services/sign-in/CallbackServer.ts"
import { Checkpoints } from "../support/checkpoints.ts"
import { Chromium, layer as layerChromium } from "../support/chromium.ts"
import * as RecordedEvents from "../support/recordedEvents.ts"

const layerProvider = Layer.unwrap(
  Effect.map(LocalGoogle, ({ clientId, clientSecret, issuer }) =>
    AuthorizationServerDiscovered.layer({
      issuer,
      client: Effect.succeed({ clientId, clientSecret: Option.some(clientSecret) }),
      authorizationParameters: AuthorizationServerGoogle.authorizationParameters
    }))
).pipe(Layer.provide([
  OAuthFetch.layer.pipe(Layer.provide(FetchHttpClient.layer)),
  Digest.layerWebCrypto
]))

/** Checkpoint `answer`: between the end of a flow and its page. */
const layerCallbacks = (port: number | undefined) =>
  Layer.effect(
    CallbackServer,
    Effect.gen(function*() {
      const callbacks = yield* CallbackServer
      const { pass } = yield* Checkpoints
      return CallbackServer.of({
        open: (flow, offer) =>
          Effect.map(callbacks.open(flow, offer), (listener) => ({
            ...listener,
            answer: (...given) => Effect.andThen(pass("answer"), listener.answer(...given))
          }))
      })
    })
  ).pipe(
    Layer.provide(
      CallbackServerLoopback.layer({ serverName: "Google Apps Script", ...(port === undefined ? {} : { port }) })
    )
  )

const layerEngine = (port: number | undefined) =>
  AuthFlowsFibers.layer({ scopes: defaultScopes, timeout: Duration.minutes(5) }).pipe(
    Layer.provide(SessionsSynchronized.layer),
    Layer.provide([
      layerProvider,
      layerCallbacks(port),
      BrowserNone.layer,
      SessionStoreMemory.layer,
      LeasesMemory.layer,
      FlowStoreMemory.layer,
      KeyedLockMemory.layer
    ]),
    Layer.provideMerge([RecordedEvents.layer, Checkpoints.layer, SecureRandom.layerWebCrypto]),
    Layer.provideMerge(Layer.fresh(LocalGoogleOidc.layer())),
    Layer.provideMerge(layerChromium)
  )

/** Nothing that was shown tried what its headers forbid. */
export const nothingComplained = Chromium.use(({ complaints }) =>
  Effect.sync(() => assert.deepStrictEqual(complaints, []))
)

/** Gives a story an engine and a browser, on a fixed port if one is given, and sees that no page of it complained. */
export const withEngine = (port?: number) => <A, E, R>(story: Effect.Effect<A, E, R>) =>
  story.pipe(Effect.andThen(nothingComplained), Effect.provide(layerEngine(port)))

export const key = AccountKey.make("default")

/** Begins a flow that nobody has begun before. */
export const begin = (account: AccountKey = key) =>
  AuthFlows.use((flows) => flows.start(account, { openBrowser: false })).pipe(
    Effect.flatMap((started) => started._tag === "Began" ? Effect.succeed(started.flow) : Effect.die(started._tag))
  )

/** How many codes have been spent. */
export const exchanges = LocalGoogle.use(({ counts }) => Effect.map(counts, (counted) => counted.exchanges))
