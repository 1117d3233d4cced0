import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted } from "effect"
import { inspect } from "node:util"
import * as AuthorizationServerOAuth from "../../../../src/layers/provider/AuthorizationServerOAuth.ts"
import { ClientMisconfigured, ConfigProblem, type OAuthClient } from "../../../../src/services/config/Config.ts"
import { AuthorizationServer } from "../../../../src/services/provider/AuthorizationServer.ts"
import { Account } from "../../../../src/services/sign-in/Session.ts"
import { refreshToken, tokens, watched } from "../../../support/providerCanaries.ts"
import { json, layer, metadataOf, reply, Stub, tools } from "../../../support/providerStub.ts"

const other: OAuthClient = { clientId: "another client", clientSecret: Option.some(Redacted.make("canary-other")) }

/** Nobody has configured a client. */
const unconfigured = Layer.effect(
  AuthorizationServer,
  Effect.flatMap(Stub, ({ origin }) =>
    AuthorizationServerOAuth.make({
      issuer: origin,
      metadata: Effect.succeed(metadataOf(origin)),
      client: Effect.fail(
        new ClientMisconfigured({
          problems: [new ConfigProblem({ where: "here", problem: "There is none.", remedy: "Get one." })]
        })
      ),
      authorizationParameters: {},
      rotatesRefreshTokens: false
    }))
).pipe(Layer.provide(tools), Layer.provideMerge(Stub.layer))

describe("AuthorizationServer: as another client than the configured one", () => {
  for (const [what, server] of [["one is configured", layer()], ["none is configured", unconfigured]] as const) {
    it.effect(`a token is renewed and revoked, and asked whose it is, while ${what}`, () =>
      Effect.gen(function*() {
        const provider = yield* AuthorizationServer
        const stub = yield* Stub
        yield* stub.answers("/token", json(tokens()))
        yield* stub.answers("/revoke", reply(200, ""))
        yield* stub.answers("/userinfo", json({ sub: "1", email: "ada@example.com" }))
        const renewed = yield* watched(provider.refresh(refreshToken, [], other))
        assert.strictEqual(renewed.clientId, "another client")
        yield* watched(provider.revoke(refreshToken, other))
        for (const { form } of yield* stub.asked) {
          assert.deepStrictEqual(form.getAll("client_id"), ["another client"])
          assert.deepStrictEqual(form.getAll("client_secret"), ["canary-other"])
        }
        assert.lengthOf(yield* stub.asked, 2)
        const account = yield* provider.userinfo(renewed)
        assert.deepStrictEqual(account, new Account({ sub: "1", email: "ada@example.com" }))
      }).pipe(Effect.provide(server)))
  }

  it.effect("and what it is refused for is no matter of the configuration, nor in the clear", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      const refusal = json({ error: "invalid_client", error_description: "canary-other is wrong" }, 401)
      yield* stub.answers("/token", refusal)
      yield* stub.answers("/revoke", refusal)
      const errors = [
        yield* Effect.flip(watched(provider.refresh(refreshToken, [], other))),
        yield* Effect.flip(watched(provider.revoke(refreshToken, other)))
      ]
      for (const error of errors) {
        assert.strictEqual(error._tag, "ClientMisconfigured")
        if (error._tag !== "ClientMisconfigured") continue
        assert.include(error.message, "another client")
        assert.notInclude(error.remedy, "MCP_GAS")
        assert.notInclude(inspect(error, { depth: 20, showHidden: true }), "canary-other")
      }
    }).pipe(Effect.provide(layer())))

  it.effect("a refusal in other words does not repeat its secret either", () =>
    Effect.gen(function*() {
      const { refresh } = yield* AuthorizationServer
      yield* Stub.use(({ answers }) =>
        answers("/token", json({ error: "invalid_grant", error_description: "not for canary-other" }, 400))
      )
      const error = yield* Effect.flip(watched(refresh(refreshToken, [], other)))
      assert.strictEqual(error._tag, "RefreshRejected")
      assert.notInclude(inspect(error, { depth: 20, showHidden: true }), "canary-other")
    }).pipe(Effect.provide(layer())))
})
