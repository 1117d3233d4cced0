import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted } from "effect"
import { LocalGoogle } from "../../../src/services/local-google/LocalGoogle.ts"
import { Person } from "../../../src/services/local-google/Person.ts"
import * as Client from "../../support/localGoogleClient.ts"

const layer = Client.layer({
  clientName: "The first app",
  clients: [
    { clientId: "second", clientSecret: Option.some(Redacted.make("second-secret")), name: "The second app" },
    { clientId: "secretless", clientSecret: Option.none(), name: "The secretless app" }
  ]
})

const second = { client_id: "second", client_secret: "second-secret" }

/** Signs in to a client that is not the first one. */
const signIn = Effect.fnUntraced(function*(client: Readonly<Record<string, string>>, changes = {}) {
  const code = (yield* Client.consent({ _tag: "Allow" }, { client_id: client["client_id"] ?? "", ...changes })).get(
    "code"
  )
  const answer = yield* Client.exchange(code, client)
  assert.strictEqual(answer.status, 200)
  return answer.body
})

describe("LocalGoogle: more than one client", () => {
  it.effect("says which clients it knows, the first one among them", () =>
    Effect.gen(function*() {
      const { clientId, clients } = yield* LocalGoogle
      assert.deepStrictEqual(clients.map((client) => client.clientId), [clientId, "second", "secretless"])
    }).pipe(Effect.provide(layer)))

  it.effect("knows one unless it is told of more, and takes none without a secret then", () =>
    Effect.gen(function*() {
      assert.lengthOf((yield* LocalGoogle).clients, 1)
      const { body } = yield* Client.refresh("unknown", { client_secret: "" })
      assert.deepStrictEqual(body, { error: "invalid_request", error_description: "client_secret is missing." })
    }).pipe(Effect.provide(Layer.fresh(Client.layer()))))

  it.effect("asks in the name of the app whose client it is", () =>
    Effect.gen(function*() {
      const person = yield* Person
      for (const [client, name] of [["second", "The second app"], ["secretless", "The secretless app"]] as const) {
        const page = yield* person.visit(yield* Client.authorizationUrl({ client_id: client }))
        assert.include(page.text, name)
        assert.notInclude(page.text, "The first app")
      }
    }).pipe(Effect.provide(layer)))

  it.effect("renews a token for the client it was issued to, and for no other", () =>
    Effect.gen(function*() {
      const tokens = yield* signIn(second)
      assert.strictEqual((yield* Client.refresh(tokens["refresh_token"], second)).status, 200)
      assert.strictEqual((yield* Client.refresh(tokens["refresh_token"])).body["error"], "invalid_grant")
      const wrong = yield* Client.refresh(tokens["refresh_token"], { ...second, client_secret: "wrong" })
      assert.strictEqual(wrong.body["error"], "invalid_client")
      assert.strictEqual((yield* Client.refresh(tokens["refresh_token"], second)).status, 200)
    }).pipe(Effect.provide(layer)))

  it.effect("takes a client without a secret by its identifier alone", () =>
    Effect.gen(function*() {
      const secretless = { client_id: "secretless", client_secret: "" }
      const tokens = yield* signIn(secretless)
      assert.strictEqual((yield* Client.refresh(tokens["refresh_token"], secretless)).status, 200)
    }).pipe(Effect.provide(layer)))

  it.effect("keeps consents to them apart: a first one, and a revocation, is that of one client", () =>
    Effect.gen(function*() {
      const first = yield* Client.signIn()
      // The first consent to this client, and so one that brings a refresh token without being asked for again.
      const other = yield* signIn(second, { prompt: "" })
      assert.property(other, "refresh_token")
      assert.notProperty(yield* signIn(second, { prompt: "" }), "refresh_token")
      yield* Client.revoke(other["access_token"])
      assert.strictEqual((yield* Client.refresh(other["refresh_token"], second)).body["error"], "invalid_grant")
      assert.strictEqual((yield* Client.refresh(first["refresh_token"])).status, 200)
      yield* LocalGoogle.use(({ revokeGrants }) => revokeGrants("ada@example.com"))
      assert.strictEqual((yield* Client.refresh(first["refresh_token"])).body["error"], "invalid_grant")
    }).pipe(Effect.provide(layer)))
})
