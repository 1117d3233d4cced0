import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { createConnection } from "node:net"
import {
  type LocalEndpoint,
  LocalGoogle,
  type LocalGoogleCounts
} from "../../../src/services/local-google/LocalGoogle.ts"
import * as Client from "../../support/localGoogleClient.ts"
import { dial, nextTurns } from "../../support/loopbackClient.ts"

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

/** A form as it goes over the wire. */
const posted = (path: string, form: Readonly<Record<string, string>>) => {
  const body = new URLSearchParams(form).toString()
  return `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-www-form-urlencoded\r\n` +
    `content-length: ${body.length}\r\n\r\n${body}`
}

const bodyOf = (answer: string) => answer.split("\r\n\r\n")[1] ?? ""

/** Posts a form by hand and hangs up once `until` says so; returns when the connection is gone. */
const postAndHangUp = Effect.fnUntraced(function*<E, R>(
  path: string,
  form: Readonly<Record<string, string>>,
  until: Effect.Effect<void, E, R>
) {
  const { issuer } = yield* LocalGoogle
  const socket = createConnection(Number(new URL(issuer).port), "127.0.0.1")
  socket.write(posted(path, form))
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
    yield* nextTurns
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

  it.effect("Alter processes the request and answers with what is made of the answer", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      const code = (yield* Client.consent()).get("code")
      yield* local.fail("token", {
        _tag: "Alter",
        change: ({ body, headers, status }) => {
          assert.strictEqual(status, 200)
          return { status: 203, headers: { ...headers, "x-altered": "yes" }, body: body.replace("Bearer", "mac") }
        }
      }, 1)
      const { body, headers, status } = yield* Client.exchange(code)
      assert.strictEqual(status, 203)
      assert.strictEqual(headers["x-altered"], "yes")
      assert.strictEqual(headers["content-length"], String(JSON.stringify(body).length))
      assert.strictEqual(body["token_type"], "mac")
      assert.strictEqual((yield* Client.userinfo(body["access_token"])).status, 200)
      assert.strictEqual((yield* Client.exchange(code)).body["error"], "invalid_grant")
    }).pipe(Effect.provide(Client.layer())))

  it.effect("Alter is given the answer as it would have been", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      // The page of the other one is no JSON.
      for (const endpoint of endpoints.filter((name) => name !== "authorize")) {
        const usual = yield* request(endpoint)
        yield* local.fail(endpoint, { _tag: "Alter", change: (answer) => answer }, 1)
        const { body, headers, status } = yield* request(endpoint)
        assert.strictEqual(status, usual.status, endpoint)
        assert.strictEqual(headers["content-type"], usual.headers["content-type"])
        assert.deepStrictEqual(body, usual.body)
      }
    }).pipe(Effect.provide(Client.layer())))

  it.effect("BreakOff spends the code and cuts the connection half-way through the answer", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      const code = (yield* Client.consent()).get("code")
      yield* local.fail("token", { _tag: "BreakOff" }, 1)
      const form = yield* Client.exchangeForm(code)
      const answer = yield* Effect.scoped(Effect.gen(function*() {
        const wire = yield* dial(Number(new URL(local.issuer).port))
        yield* wire.write(posted("/token", form))
        return yield* wire.untilClosed
      }))
      const [head = "", body = ""] = answer.split("\r\n\r\n")
      assert.include(head, "200 OK")
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1])
      assert.strictEqual(body.length, Math.ceil(length / 2))
      assert.strictEqual((yield* Client.exchange(code)).body["error"], "invalid_grant")
    }).pipe(Effect.provide(Client.layer())))

  it.effect("Stall sends the second half once it is healed", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      yield* local.fail("discovery", { _tag: "Stall" })
      yield* Effect.scoped(Effect.gen(function*() {
        const wire = yield* dial(Number(new URL(local.issuer).port))
        const { host } = new URL(local.issuer)
        yield* wire.write(
          `GET /.well-known/openid-configuration HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`
        )
        while (bodyOf(wire.received()) === "") yield* nextTurns
        const half = bodyOf(wire.received())
        // A round trip of another kind later there still is no more of it.
        yield* request("userinfo")
        assert.strictEqual(bodyOf(wire.received()), half)
        yield* local.heal
        const whole = JSON.stringify((yield* discovery).body)
        assert.strictEqual(half, whole.slice(0, Math.ceil(whole.length / 2)))
        assert.strictEqual(bodyOf(yield* wire.untilClosed), whole)
      }))
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
      const form = yield* Client.exchangeForm(code)
      yield* postAndHangUp("/token", form, counted("exchanges", 1))
      yield* discovery // a round trip later the other side has noticed
      yield* local.heal
      assert.strictEqual((yield* Client.exchange(code)).status, 200)
    }).pipe(Effect.provide(Client.layer())))
})
