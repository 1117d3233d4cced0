// From the docstring of CallbackServer in src/services/sign-in/CallbackServer.ts, by `npm run docs`.
import { Console, Deferred, Effect, Layer, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { FetchHttpClient, HttpClient } from "effect/http"
import {
  Account,
  AuthEventsPubSub,
  type AuthorizationResponse,
  CallbackServer,
  CallbackServerLoopback,
  FlowId
} from "../../../src/index.ts"

const expected = {
  state: Redacted.make("xyz"),
  issuer: { identifier: "https://accounts.example.com", required: false }
}

const program = Effect.gen(function*() {
  const { open } = yield* CallbackServer
  const decided = yield* Deferred.make<AuthorizationResponse.AuthorizationResponse>()
  const { answer, redirectUri } = yield* open(
    { flowId: FlowId.make("flow-1"), expected },
    (response) => Deferred.succeed(decided, response)
  )
  const forged = yield* HttpClient.get(`${redirectUri}?state=other&code=4%2Fabc`)
  yield* Console.log(forged.status) // → 400

  yield* Effect.forkScoped(HttpClient.get(`${redirectUri}?state=xyz&code=4%2Fabc`))
  const response = yield* Deferred.await(decided)
  yield* Console.log(response._tag) // → Code
  yield* answer({ _tag: "SignedIn", account: new Account({ name: "Ada" }) }, false, response)
})

const Listening = CallbackServerLoopback.layer({ serverName: "My Server" }).pipe(
  Layer.provide([AuthEventsPubSub.layer, SecureRandom.layerWebCrypto]),
  Layer.merge(FetchHttpClient.layer)
)

await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(Listening)))
