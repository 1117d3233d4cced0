import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { createConnection } from "node:net"
import {
  type LocalEndpoint,
  LocalGoogle,
  type LocalGoogleCounts
} from "../../../src/services/local-google/LocalGoogle.ts"
import * as Client from "../../support/localGoogleClient.ts"

const endpoints: ReadonlyArray<LocalEndpoint> = ["discovery", "authorize", "token", "userinfo", "revoke"]

/** A request to each endpoint that answers with JSON under the `Respond` fault. */
const request = (endpoint: LocalEndpoint) => {
  switch (endpoint) {
    case "discovery":
      return Client.get("/.well-known/openid-configuration")
    case "authorize":
      return Client.get("/o/oauth2/v2/auth")
    case "token":
      return Client.refresh("some token")
    case "userinfo":
      return Client.userinfo("some token")
    case "revoke":
      return Client.revoke("some token")
  }
}

const discovery = Client.get("/.well-known/openid-configuration")

/** Posts a form by hand and hangs up once `until` says so; returns when the connection is gone. */
const postAndHangUp = Effect.fnUntraced(function*<E, R>(
  path: string,
  form: Readonly<Record<string, string>>,
  until: Effect.Effect<void, E, R>
) {
  const { issuer } = yield* LocalGoogle
  const body = new URLSearchParams(form).toString()
  const socket = createConnection(Number(new URL(issuer).port), "127.0.0.1")
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-www-form-urlencoded\r\n` +
      `content-length: ${body.length}\r\n\r\n${body}`
  )
  yield* until
  yield* Effect.callback<void>((resume) => {
    socket.once("close", () => resume(Effect.void))
    socket.destroy()
  })
})

/** Lets the event loop turn until the stand-in has counted so many. */
const counted = Effect.fnUntraced(function*(what: keyof LocalGoogleCounts, count: number) {
  const local = yield* LocalGoogle
  while ((yield* local.counts)[what] < count) {
    yield* Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
  }
})

describe("LocalGoogle: faults", () => {
  it.effect("Respond answers in place of any endpoint, as often as asked", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      for (const endpoint of endpoints) {
        yield* local.fail(endpoint, {
          _tag: "Respond",
          status: 503,
          headers: { "retry-after": "7" },
          body: "{\"error\":\"backend_error\"}"
        }, 2)
        for (let time = 0; time < 2; time++) {
          const { body, headers, status } = yield* request(endpoint)
          assert.strictEqual(status, 503, endpoint)
          assert.strictEqual(headers["retry-after"], "7")
          assert.deepStrictEqual(body, { error: "backend_error" })
        }
      }
      assert.strictEqual((yield* discovery).status, 200)
      assert.strictEqual((yield* request("userinfo")).status, 401)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("strike every request until healed, if no number is given", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      yield* local.fail("discovery", { _tag: "Respond", status: 500, body: "{}" })
      for (let time = 0; time < 5; time++) assert.strictEqual((yield* discovery).status, 500)
      yield* local.heal
      assert.strictEqual((yield* discovery).status, 200)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("take the place of the earlier fault on the same endpoint", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      yield* local.fail("discovery", { _tag: "Respond", status: 500, body: "{}" })
      yield* local.fail("discovery", { _tag: "Respond", status: 502, body: "{}" }, 1)
      assert.strictEqual((yield* discovery).status, 502)
      assert.strictEqual((yield* discovery).status, 200)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("ResetBefore cuts the connection and leaves the code unspent", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      const code = (yield* Client.consent()).get("code")
      yield* local.fail("token", { _tag: "ResetBefore" }, 1)
      assert.strictEqual((yield* Effect.flip(Client.exchange(code)))._tag, "HttpClientError")
      assert.strictEqual((yield* Client.exchange(code)).status, 200)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("ResetAfter spends the code and cuts the connection instead of answering", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      const code = (yield* Client.consent()).get("code")
      yield* local.fail("token", { _tag: "ResetAfter" }, 1)
      assert.strictEqual((yield* Effect.flip(Client.exchange(code)))._tag, "HttpClientError")
      assert.strictEqual((yield* Client.exchange(code)).body["error"], "invalid_grant")
    }).pipe(Effect.provide(Client.layer())))

  it.effect("ResetAfter on revoke revokes", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      const { access_token } = yield* Client.signIn()
      yield* local.fail("revoke", { _tag: "ResetAfter" }, 1)
      assert.strictEqual((yield* Effect.flip(Client.revoke(access_token)))._tag, "HttpClientError")
      assert.strictEqual((yield* Client.userinfo(access_token)).status, 401)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("Delay answers by the wall clock, whatever clock the client lives by", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      yield* local.fail("discovery", { _tag: "Delay", millis: 60 })
      const before = performance.now()
      assert.strictEqual((yield* discovery).status, 200)
      assert.isAtLeast(performance.now() - before, 59)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("Hang lets go of every request when healed, those of a used-up fault included", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      yield* local.fail("discovery", { _tag: "Hang" }, 2)
      const hanging = yield* Effect.forEach([1, 2], () => Effect.forkChild(discovery))
      yield* counted("discoveries", 2)
      assert.strictEqual((yield* discovery).status, 200)
      assert.isTrue(hanging.every((fiber) => fiber.pollUnsafe() === undefined))
      yield* local.heal
      for (const { status } of yield* Fiber.joinAll(hanging)) assert.strictEqual(status, 200)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("Hang gives way to the next fault on the same endpoint", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      yield* local.fail("discovery", { _tag: "Hang" })
      const hanging = yield* Effect.forkChild(discovery)
      yield* counted("discoveries", 1)
      yield* local.fail("discovery", { _tag: "Respond", status: 500, body: "{}" })
      assert.strictEqual((yield* Fiber.join(hanging)).status, 200)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("Hang forgets a client that hangs up, code and all", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      const code = (yield* Client.consent()).get("code")
      yield* local.fail("token", { _tag: "Hang" })
      const form = {
        ...(yield* Client.credentials),
        grant_type: "authorization_code",
        code: code ?? "",
        redirect_uri: Client.redirectUri,
        code_verifier: Client.verifier
      }
      yield* postAndHangUp("/token", form, counted("exchanges", 1))
      yield* discovery // a round trip later the other side has noticed
      yield* local.heal
      assert.strictEqual((yield* Client.exchange(code)).status, 200)
    }).pipe(Effect.provide(Client.layer())))
})

describe("LocalGoogle: counts", () => {
  it.effect("say how often each thing was asked, whatever became of it", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      assert.deepStrictEqual(Object.values(yield* local.counts), [0, 0, 0, 0, 0, 0])
      const { access_token, refresh_token } = yield* Client.signIn()
      yield* Client.exchange("no such code")
      yield* Client.refresh(refresh_token)
      yield* Client.refresh(refresh_token)
      yield* Client.refresh("no such token")
      for (let time = 0; time < 4; time++) yield* Client.userinfo(access_token)
      for (let time = 0; time < 5; time++) yield* Client.revoke("no such token")
      for (let time = 0; time < 6; time++) yield* discovery
      assert.deepStrictEqual(yield* local.counts, {
        authorizations: 1,
        exchanges: 2,
        refreshes: 3,
        userinfos: 4,
        revocations: 5,
        discoveries: 6
      })
    }).pipe(Effect.provide(Client.layer())))

  it.effect("include requests struck by a fault", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      yield* local.fail("token", { _tag: "ResetBefore" })
      yield* Effect.flip(Client.exchange("some code"))
      yield* Effect.flip(Client.refresh("some token"))
      const { exchanges, refreshes } = yield* local.counts
      assert.isAtLeast(exchanges, 1)
      assert.isAtLeast(refreshes, 1)
    }).pipe(Effect.provide(Client.layer())))
})
