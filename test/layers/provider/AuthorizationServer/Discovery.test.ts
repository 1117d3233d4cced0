import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Ref } from "effect"
import { HttpClient } from "effect/http"
import * as AuthorizationServerDiscovered from "../../../../src/layers/provider/AuthorizationServerDiscovered.ts"
import * as OAuthFetch from "../../../../src/layers/provider/OAuthFetch.ts"
import { AuthorizationServer } from "../../../../src/services/provider/AuthorizationServer.ts"
import { request } from "../../../support/providerCanaries.ts"
import { client, hang, json, metadataOf, reply, reset, Stub, tools } from "../../../support/providerStub.ts"

const oidc = "/.well-known/openid-configuration"
const oauth = "/.well-known/oauth-authorization-server"

/** The stub, discovered at `path` of its origin. */
const layer = (path = "") =>
  Layer.unwrap(
    Effect.map(Stub, ({ origin }) =>
      AuthorizationServerDiscovered.layer({ issuer: origin + path, client: Effect.succeed(client) }))
  ).pipe(
    Layer.provide(tools),
    Layer.provideMerge(Stub.layer)
  )

const paths = Stub.use(({ asked }) => Effect.map(asked, (all) => all.map(({ path }) => path)))

describe("AuthorizationServer: discovery", () => {
  it.effect("happens at the first call that needs it, once", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      assert.deepStrictEqual(yield* paths, [])
      yield* stub.answers(oidc, json(metadataOf(stub.origin)))
      const url = yield* provider.authorizationUrl(request)
      assert.isTrue(url.startsWith(`${stub.origin}/authorize?`))
      assert.deepStrictEqual(yield* provider.responseIssuer, { identifier: stub.origin, required: false })
      yield* provider.authorizationUrl(request)
      assert.deepStrictEqual(yield* paths, [oidc])
      const [asked] = yield* stub.asked
      assert.strictEqual(asked?.method, "GET")
      assert.notProperty(asked?.headers ?? {}, "traceparent")
    }).pipe(Effect.provide(layer())))

  for (const member of ["authorization_endpoint", "token_endpoint"]) {
    it.effect(`of metadata without ${member} fails, and is done anew at the next call`, () =>
      Effect.gen(function*() {
        const provider = yield* AuthorizationServer
        const stub = yield* Stub
        const metadata = metadataOf(stub.origin)
        yield* stub.answers(oidc, json({ ...metadata, [member]: undefined }))
        const failure = yield* Effect.flip(provider.authorizationUrl(request))
        assert.deepInclude(failure, { _tag: "ProviderUnreachable", operation: "discovery", ambiguous: false })
        assert.include(failure.message, member)
        yield* stub.answers(oauth, json(metadata))
        yield* provider.authorizationUrl(request)
        assert.deepStrictEqual(yield* paths, [oidc, oauth, oidc, oauth])
      }).pipe(Effect.provide(layer())))
  }

  it.effect("falls back to RFC 8414 where there is no OpenID provider", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      yield* stub.answers(oauth, json(metadataOf(stub.origin)))
      assert.strictEqual((yield* provider.responseIssuer).identifier, stub.origin)
      assert.deepStrictEqual(yield* paths, [oidc, oauth])
    }).pipe(Effect.provide(layer())))

  it.effect("of an issuer with a path looks where the two standards put it", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      yield* stub.answers(`${oauth}/tenant`, json(metadataOf(`${stub.origin}/tenant`)))
      assert.strictEqual((yield* provider.responseIssuer).identifier, `${stub.origin}/tenant`)
      assert.deepStrictEqual(yield* paths, [`/tenant${oidc}`, `${oauth}/tenant`])
    }).pipe(Effect.provide(layer("/tenant"))))

  it.effect("learns whether responses have to name their issuer", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      const metadata = { ...metadataOf(stub.origin), authorization_response_iss_parameter_supported: true }
      yield* stub.answers(oidc, json(metadata))
      assert.deepStrictEqual(yield* provider.responseIssuer, { identifier: stub.origin, required: true })
    }).pipe(Effect.provide(layer())))

  it.effect("that failed is not kept: the next call discovers again", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      for (const answer of [reset, reply(503, "", { "retry-after": "5" })]) {
        yield* stub.answers(oidc, answer)
        const error = yield* Effect.flip(provider.responseIssuer)
        assert.deepInclude(error, { _tag: "ProviderUnreachable", operation: "discovery" })
      }
      yield* stub.answers(oidc, json(metadataOf(stub.origin)))
      assert.strictEqual((yield* provider.responseIssuer).identifier, stub.origin)
    }).pipe(Effect.provide(layer())))

  it.effect("is one request for any number of simultaneous calls, whatever they ask for", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      yield* stub.answers(oidc, json(metadataOf(stub.origin)))
      yield* Effect.all(
        Array.from({ length: 50 }, () => [provider.responseIssuer, provider.authorizationUrl(request)]).flat(),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(yield* paths, [oidc])
    }).pipe(Effect.provide(layer())))

  it.effect("goes on for the others when the call that began it leaves", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      const metadata = json(metadataOf(stub.origin))
      const waiting: Array<() => void> = []
      yield* stub.answers(oidc, (response, form) => void waiting.push(() => metadata(response, form)))
      const first = yield* Effect.forkChild(provider.responseIssuer, { startImmediately: true })
      const second = yield* Effect.forkChild(provider.responseIssuer, { startImmediately: true })
      yield* stub.arrived
      yield* Fiber.interrupt(first)
      for (const go of waiting) go()
      assert.strictEqual((yield* Fiber.join(second)).identifier, stub.origin)
      assert.deepStrictEqual(yield* paths, [oidc])
    }).pipe(Effect.provide(layer())))

  it.effect("that everybody has left is begun anew by the next call", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      yield* stub.answers(oidc, hang)
      const only = yield* Effect.forkChild(provider.responseIssuer)
      yield* stub.arrived
      yield* Fiber.interrupt(only)
      yield* stub.hungUp
      yield* stub.answers(oidc, json(metadataOf(stub.origin)))
      assert.strictEqual((yield* provider.responseIssuer).identifier, stub.origin)
    }).pipe(Effect.provide(layer())))

  it.effect("takes no metadata that speaks for another issuer", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      for (const path of [oidc, oauth]) yield* stub.answers(path, json(metadataOf("https://accounts.google.com")))
      assert.strictEqual((yield* Effect.flip(provider.responseIssuer))._tag, "ProviderUnreachable")
    }).pipe(Effect.provide(layer())))

  it.effect("does not follow redirects", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      yield* stub.answers("/elsewhere", json(metadataOf(stub.origin)))
      for (const path of [oidc, oauth]) yield* stub.answers(path, reply(302, "", { location: "/elsewhere" }))
      assert.strictEqual((yield* Effect.flip(provider.responseIssuer))._tag, "ProviderUnreachable")
      assert.deepStrictEqual(yield* paths, [oidc, oauth])
    }).pipe(Effect.provide(layer())))

  it.effect("that fails where a code waits keeps the code back", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      const error = yield* Effect.flip(provider.exchange(request, request.state))
      assert.deepInclude(error, { _tag: "ExchangeFailed", ambiguous: false })
      assert.deepStrictEqual((yield* stub.asked).map(({ method }) => method), ["GET", "GET"])
    }).pipe(Effect.provide(layer())))

  for (
    const issuer of [
      "http://example.com",
      "http://127.0.0.1.example.com",
      "http://localhost.example.com",
      "ftp://127.0.0.1"
    ]
  ) {
    it.effect(`of ${issuer} is refused before anything is sent there`, () =>
      Effect.gen(function*() {
        const sent = yield* Ref.make(0)
        const counting = HttpClient.make(() => Effect.andThen(Ref.update(sent, (count) => count + 1), Effect.never))
        const discovered = AuthorizationServerDiscovered.layer({ issuer, client: Effect.succeed(client) }).pipe(
          Layer.provide(OAuthFetch.layer),
          Layer.provide([NodeCrypto.layerDigest, Layer.succeed(HttpClient.HttpClient, counting)])
        )
        const provider = yield* Effect.provide(AuthorizationServer, discovered)
        const error = yield* Effect.flip(provider.responseIssuer)
        assert.deepInclude(error, { _tag: "ProviderUnreachable", operation: "discovery" })
        assert.strictEqual(yield* Ref.get(sent), 0)
      }))
  }
})
