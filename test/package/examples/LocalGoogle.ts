// From the docstring of LocalGoogle in src/services/local-google/LocalGoogle.ts, by `npm run docs`.
import { Console, Effect, Layer } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import { LocalGoogle, LocalGoogleOidc } from "../../../src/testing.ts"

const program = Effect.gen(function*() {
  const { counts, fail, issuer } = yield* LocalGoogle
  const status = Effect.map(HttpClient.get(`${issuer}/.well-known/openid-configuration`), (response) => response.status)
  yield* fail("discovery", { _tag: "Respond", status: 503, body: "{}" }, 1)
  yield* Console.log(yield* status) // → 503
  yield* Console.log(yield* status) // → 200
  yield* Console.log((yield* counts).discoveries) // → 2
})

await Effect.runPromise(Effect.provide(program, Layer.merge(LocalGoogleOidc.layer(), FetchHttpClient.layer)))
