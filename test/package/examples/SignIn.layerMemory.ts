// From the docstring of SignIn.layerMemory in src/programs/embedding/SignIn.ts, by `npm run docs`.
import { NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Option } from "effect"
import { FetchHttpClient } from "effect/http"
import { AuthFlows, defaultAccountKey, SignIn } from "../../../src/index.ts"
import { LocalGoogle, LocalGoogleOidc, Person, PersonHttp } from "../../../src/testing.ts"

const program = Effect.gen(function*() {
  const { start } = yield* AuthFlows
  const { consent, visit } = yield* Person
  const started = yield* start(defaultAccountKey, { openBrowser: false })
  if (started._tag === "AlreadyAuthenticated") return
  yield* visit(yield* consent(started.flow.authorizationUrl, { _tag: "Allow" }))
  const { account } = yield* started.flow.outcome
  yield* Console.log(account.name) // → Ada Lovelace
})

const AtLocalGoogle = Layer.unwrap(
  Effect.map(LocalGoogle, ({ clientId, clientSecret, issuer }) =>
    SignIn.layerMemory({
      name: "acme-mcp",
      issuer,
      client: { clientId, clientSecret: Option.some(clientSecret) },
      scopes: ["openid", "profile"],
      browser: { _tag: "None" }
    }))
).pipe(Layer.provide([LocalGoogleOidc.layer(), NodeServices.layer]))

const ThePerson = Layer.provide(PersonHttp.layer, FetchHttpClient.layer)

await Effect.runPromise(Effect.provide(program, Layer.merge(AtLocalGoogle, ThePerson)))
