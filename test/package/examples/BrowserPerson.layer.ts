// From the docstring of BrowserPerson.layer in src/layers/testing/BrowserPerson.ts, by `npm run docs`.
import { Console, Effect, Layer, Option } from "effect"
import { Digest, SecureRandom } from "effect/crypto"
import { FetchHttpClient } from "effect/http"
import * as Gas from "../../../src/index.ts"
import { BrowserPerson, LocalGoogle, LocalGoogleOidc, PersonHttp, ScriptedPerson } from "../../../src/testing.ts"

const program = Effect.gen(function*() {
  const { start } = yield* Gas.AuthFlows
  const person = yield* ScriptedPerson
  yield* person.will({ _tag: "Allow", email: "grace@example.com" })
  const started = yield* start(Gas.defaultAccountKey, { openBrowser: true })
  if (started._tag !== "AlreadyAuthenticated") yield* started.flow.outcome
  const page = yield* person.nextPage
  yield* Console.log(page.text.includes("grace@example.com is now signed in to My Server.")) // → true
})

const Provider = Layer.unwrap(
  Effect.map(LocalGoogle, ({ clientId, clientSecret, issuer }) =>
    Gas.AuthorizationServerDiscovered.layer({
      issuer,
      client: Effect.succeed({ clientId, clientSecret: Option.some(clientSecret) })
    }))
)

const SignIn = Gas.SignIn.engine({ scopes: ["openid", "email"] }).pipe(
  Layer.provideMerge(BrowserPerson.layer()),
  Layer.provide([
    PersonHttp.layer,
    Provider,
    Gas.CallbackServerLoopback.layer({ serverName: "My Server" }),
    Gas.SessionStoreMemory.layer,
    Gas.FlowStoreMemory.layer,
    Gas.LeasesMemory.layer
  ]),
  Layer.provide([Gas.OAuthFetch.layer, Gas.AuthEventsPubSub.layer, LocalGoogleOidc.layer()]),
  Layer.provide([FetchHttpClient.layer, Digest.layerWebCrypto, SecureRandom.layerWebCrypto])
)

await Effect.runPromise(Effect.provide(program, SignIn))
