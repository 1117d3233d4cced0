// From the docstring of AuthFlows in src/services/sign-in/AuthFlows.ts, by `npm run docs`.
import { NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Option } from "effect"
import { FetchHttpClient } from "effect/http"
import { AuthFlows, defaultAccountKey, SignIn } from "../../../src/index.ts"
import { LocalGoogle, LocalGoogleOidc, Person, PersonHttp } from "../../../src/testing.ts"

const start = Effect.flatMap(AuthFlows, (flows) => flows.start(defaultAccountKey, { openBrowser: false }))

const program = Effect.gen(function*() {
  const [one, other] = yield* Effect.all([start, start], { concurrency: "unbounded" })
  yield* Console.log(new Set([one._tag, other._tag])) // → Set(2) { 'Began', 'Joined' }

  if (one._tag === "AlreadyAuthenticated") return
  const { consent, visit } = yield* Person
  yield* visit(yield* consent(one.flow.authorizationUrl, { _tag: "Allow", email: "grace@example.com" }))
  const { account } = yield* one.flow.outcome
  yield* Console.log(account.email) // → grace@example.com

  const again = yield* start
  yield* Console.log(again._tag) // → AlreadyAuthenticated
})

const AtLocalGoogle = Layer.unwrap(
  Effect.map(LocalGoogle, ({ clientId, clientSecret, issuer }) =>
    SignIn.layerMemory({
      name: "acme-mcp",
      issuer,
      client: { clientId, clientSecret: Option.some(clientSecret) },
      scopes: ["openid", "email"],
      browser: { _tag: "None" }
    }))
).pipe(Layer.provide([LocalGoogleOidc.layer(), NodeServices.layer]))

const ThePerson = Layer.provide(PersonHttp.layer, FetchHttpClient.layer)

await Effect.runPromise(Effect.provide(program, Layer.merge(AtLocalGoogle, ThePerson)))
