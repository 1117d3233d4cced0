/**
 * The matrix of what can be sent to the callback listener. Each row is sent before the genuine callback, which must then
 * succeed, with one exchange.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import type { CallbackRejection } from "../../../../src/services/sign-in/AuthEvents.ts"
import type { AuthFlow } from "../../../../src/services/sign-in/AuthFlows.ts"
import { visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { type Answer, dial, get, type NotConnected, refuses, send } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { begin, layerSignIn, logout, pending, portOf, stored, work } from "../../../support/signIn.ts"

const callback = (flow: AuthFlow, query: string) => `${flow.redirectUri}?${query}`
const stateOf = (flow: AuthFlow) => new URL(flow.authorizationUrl).searchParams.get("state") ?? ""
const wrong = (flow: AuthFlow) => stateOf(flow).replace(/^./, (first) => first === "A" ? "B" : "A")

interface Hostile {
  readonly request: (flow: AuthFlow) => Effect.Effect<Answer, NotConnected>
  readonly status: number
  /** What it is counted as; absent: it is not taken for a response at all. */
  readonly reason?: CallbackRejection
}

const query = (text: (flow: AuthFlow) => string, reason: CallbackRejection): Hostile => ({
  request: (flow) => get(callback(flow, text(flow))),
  status: 400,
  reason
})

const headers = (extra: Readonly<Record<string, string>>, status: number): Hostile => ({
  request: (flow) => get(FakeProvider.consented(flow), extra),
  status
})

const method = (name: string): Hostile => ({
  request: (flow) => send(FakeProvider.consented(flow), { method: name }),
  status: 405
})

/** What came over a bare connection. */
const answerOf = (bytes: string): Answer => {
  const [head = "", text = ""] = bytes.split("\r\n\r\n")
  const [status = "", ...lines] = head.split("\r\n")
  const fields = lines.map((line) => line.split(": ")).map(([name = "", value = ""]) => [name.toLowerCase(), value])
  return { status: Number(status.split(" ")[1]), headers: Object.fromEntries(fields), text }
}

const hostile: Record<string, Hostile> = {
  "a code without state": query(() => "code=stolen", "state_missing"),
  "an error without state": query(() => "error=access_denied", "state_missing"),
  "an empty query": query(() => "", "state_missing"),
  "a code with another state": query((flow) => `code=stolen&state=${wrong(flow)}`, "state_mismatch"),
  "an error with another state": query((flow) => `error=access_denied&state=${wrong(flow)}`, "state_mismatch"),
  "a code with an empty state": query(() => "code=stolen&state=", "state_mismatch"),
  "a code with half the state": query((flow) => `code=stolen&state=${stateOf(flow).slice(0, 20)}`, "state_mismatch"),
  "a code with more than the state": query((flow) => `code=stolen&state=${stateOf(flow)}A`, "state_mismatch"),
  "the state in lower case": query((flow) => `code=stolen&state=${stateOf(flow).toLowerCase()}`, "state_mismatch"),
  "the state twice": query(
    (flow) => `code=stolen&state=${stateOf(flow)}&state=${stateOf(flow)}`,
    "state_mismatch"
  ),
  "the state after another one": query(
    (flow) => `code=stolen&state=${wrong(flow)}&state=${stateOf(flow)}`,
    "state_mismatch"
  ),
  "an error with the state twice": query(
    (flow) => `error=access_denied&state=${stateOf(flow)}&state=${wrong(flow)}`,
    "state_mismatch"
  ),
  "another issuer": query(
    (flow) => `code=stolen&state=${stateOf(flow)}&iss=${encodeURIComponent("https://evil.test")}`,
    "issuer_mismatch"
  ),
  "an error from another issuer": query(
    (flow) => `error=access_denied&state=${stateOf(flow)}&iss=${encodeURIComponent(`${FakeProvider.issuer}/`)}`,
    "issuer_mismatch"
  ),
  "two issuers": query(
    (flow) => `code=stolen&state=${stateOf(flow)}&iss=${FakeProvider.issuer}&iss=https://evil.test`,
    "parameter_repeated"
  ),
  "two codes": query((flow) => `code=stolen&code=other&state=${stateOf(flow)}`, "parameter_repeated"),
  "two errors": query((flow) => `error=a&error=b&state=${stateOf(flow)}`, "parameter_repeated"),
  "two error descriptions": query(
    (flow) => `error=a&error_description=a&error_description=b&state=${stateOf(flow)}`,
    "parameter_repeated"
  ),
  "two question marks": query((flow) => `?state=${stateOf(flow)}&code=stolen`, "state_missing"),
  "neither code nor error": query((flow) => `state=${stateOf(flow)}`, "no_response"),
  "an empty code": query((flow) => `state=${stateOf(flow)}&code=`, "no_response"),
  "HEAD": method("HEAD"),
  "POST": method("POST"),
  "PUT": method("PUT"),
  "DELETE": method("DELETE"),
  "OPTIONS": method("OPTIONS"),
  "the favicon": {
    request: (flow) =>
      get(`http://127.0.0.1:${portOf(flow)}/favicon.ico?${new URL(FakeProvider.consented(flow)).search}`),
    status: 204
  },
  "the root path": {
    request: (flow) => get(FakeProvider.consented(flow).replace("/callback", "/")),
    status: 404
  },
  "a longer path": {
    request: (flow) => get(FakeProvider.consented(flow).replace("/callback", "/callback/")),
    status: 404
  },
  "a path that begins alike": {
    request: (flow) => get(FakeProvider.consented(flow).replace("/callback", "/callbackx")),
    status: 404
  },
  "a guess at the address of the page": query(() => "view=AAAAAAAAAAAAAAAAAAAAAA", "state_missing"),
  "an encoded path": {
    request: (flow) => get(FakeProvider.consented(flow).replace("/callback", "/%63allback")),
    status: 404
  },
  "another host name that resolves here": headers({ host: "evil.test" }, 421),
  "another host name with the right port": {
    request: (flow) => get(FakeProvider.consented(flow), { host: `evil.test:${portOf(flow)}` }),
    status: 421
  },
  "two host names, ours first": {
    request: (flow) =>
      Effect.scoped(Effect.gen(function*() {
        const { pathname, search } = new URL(FakeProvider.consented(flow))
        const wire = yield* dial(portOf(flow))
        yield* wire.write(
          `GET ${pathname}${search} HTTP/1.1\r\nHost: 127.0.0.1:${portOf(flow)}\r\nHost: evil.test\r\n\r\n`
        )
        return answerOf(yield* wire.untilClosed)
      })),
    status: 421
  },
  "our address without the port": headers({ host: "127.0.0.1" }, 421),
  "a prefetch": headers({ "sec-purpose": "prefetch" }, 204),
  "a prerender": headers({ "sec-purpose": "prefetch;prerender" }, 204),
  "a prerender by another name": headers({ "sec-purpose": "prerender" }, 204),
  "a preview": headers({ "x-moz": "preview" }, 204),
  "a prefetch by an older name": headers({ "purpose": "prefetch" }, 204),
  "a prefetch by a Firefox of old": headers({ "x-moz": "prefetch" }, 204),
  "another host name, path and method": {
    request: (flow) =>
      send(FakeProvider.consented(flow).replace("/callback", "/"), { method: "HEAD", headers: { host: "evil.test" } }),
    status: 421
  },
  "another path and method": {
    request: (flow) => send(FakeProvider.consented(flow).replace("/callback", "/"), { method: "HEAD" }),
    status: 404
  },
  "another method, ahead of time": {
    request: (flow) => send(FakeProvider.consented(flow), { method: "HEAD", headers: { "sec-purpose": "prefetch" } }),
    status: 405
  },
  "a forgery ahead of time": {
    request: (flow) => get(callback(flow, "code=stolen&state=guess"), { "sec-purpose": "prefetch" }),
    status: 204
  }
}

/** What is no request at all, or not yet. */
const wires: Readonly<Record<string, string>> = {
  "a connection that says nothing": "",
  "half a request": "GET /callback?state=",
  "half a body": "POST /callback HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nx",
  "the start of TLS": "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003"
}

describe("State comes first", () => {
  for (const [what, { reason, request, status }] of Object.entries(hostile)) {
    it.effect(`${what} changes nothing, and the genuine callback then succeeds`, () =>
      Effect.gen(function*() {
        const flow = yield* begin(work)
        const answer = yield* request(flow)
        assert.strictEqual(answer.status, status)
        if (status === 405) assert.strictEqual(answer.headers.allow, "GET")
        assert.notInclude(answer.text, "Signed in")
        assert.strictEqual(answer.headers["cache-control"], "no-store")
        assert.strictEqual(answer.headers["x-content-type-options"], "nosniff")
        if (answer.text !== "") {
          assert.include(answer.headers["content-security-policy"], "frame-ancestors 'none'")
          assert.strictEqual(answer.headers["referrer-policy"], "no-referrer")
        }
        assert.deepStrictEqual(yield* RecordedEvents.forgeries, reason === undefined ? [] : [reason])
        const still = Option.getOrThrow(yield* pending(work))
        assert.strictEqual(still.id, flow.id)
        assert.deepStrictEqual(still.expiresAt, flow.expiresAt)
        assert.strictEqual(yield* visits("exchange"), 0)

        assert.strictEqual((yield* get(FakeProvider.consented(flow, "genuine"))).status, 200)
        assert.strictEqual((yield* flow.outcome).key, work)
        const { codes } = yield* FakeProvider.FakeProvider
        assert.deepStrictEqual(codes, ["genuine"])
      }).pipe(Effect.provide(layerSignIn())))
  }

  for (const [what, bytes] of Object.entries(wires)) {
    it.effect(`${what} delays neither the genuine callback nor the close`, () =>
      Effect.gen(function*() {
        const flow = yield* begin(work)
        const wire = yield* dial(portOf(flow))
        yield* wire.write(bytes)
        assert.strictEqual((yield* get(FakeProvider.consented(flow))).status, 200)
        assert.strictEqual((yield* flow.outcome).key, work)
        yield* logout(work)
        assert.isTrue(yield* refuses(portOf(flow)))
        assert.strictEqual(yield* visits("exchange"), 1)
      }).pipe(Effect.scoped, Effect.provide(layerSignIn())))
  }

  it.effect("a refusal with the right state ends the flow, with the page when it has settled", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const page = yield* get(FakeProvider.denied(flow))
      assert.include(page.text, "Sign-in declined")
      assert.strictEqual((yield* Effect.flip(flow.outcome))._tag, "ConsentDenied")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a code sends the browser on to an address without it, where the same page stays", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const first = yield* send(FakeProvider.consented(flow))
      assert.strictEqual(first.status, 303)
      const location = new URL(first.headers.location ?? "", flow.redirectUri)
      assert.strictEqual(`${location.origin}${location.pathname}`, flow.redirectUri)
      assert.deepStrictEqual(Array.from(location.searchParams.keys()), ["view"])
      assert.strictEqual(first.headers["cache-control"], "no-store")
      const { headers: pageHeaders } = yield* send(location.href)
      for (const header of ["content-security-policy", "x-content-type-options", "referrer-policy"]) {
        assert.isString(first.headers[header])
        assert.strictEqual(first.headers[header], pageHeaders[header])
      }
      const page = yield* send(location.href)
      assert.include(page.text, "<h1>Signed in</h1>")
      assert.strictEqual((yield* send(location.href)).text, page.text)
      // The same again is the same page again, and no other exchange.
      assert.strictEqual((yield* get(FakeProvider.consented(flow))).text, page.text)
      assert.strictEqual(yield* visits("exchange"), 1)
      assert.strictEqual(yield* RecordedEvents.count("CallbackDuplicate"), 1)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("all of it together neither prolongs the flow nor shortens it", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      yield* TestClock.adjust("299999 millis")
      yield* Effect.forEach(Object.values(hostile), ({ request }) => request(flow), { concurrency: 8 })
      assert.strictEqual(Option.getOrThrow(yield* pending(work)).id, flow.id)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* Effect.flip(flow.outcome))._tag, "FlowTimedOut")
      assert.strictEqual(
        yield* RecordedEvents.count("CallbackForged"),
        Object.values(hostile).filter(({ reason }) => reason !== undefined).length
      )
      assert.strictEqual(yield* visits("exchange"), 0)
      assert.strictEqual((yield* stored(work))._tag, "Never")
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("the state of one flow does not open another one", () =>
    Effect.gen(function*() {
      const [first, second] = [yield* begin(work), yield* begin(FakeProvider.adaKey)]
      const crossed = FakeProvider.consented(first).replace(`:${portOf(first)}/`, `:${portOf(second)}/`)
      assert.strictEqual((yield* get(crossed)).status, 400)
      assert.strictEqual(Option.getOrThrow(yield* pending(work)).id, first.id)
      assert.strictEqual(Option.getOrThrow(yield* pending(FakeProvider.adaKey)).id, second.id)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("where responses must name their issuer, one that does not is forged", () =>
    Effect.gen(function*() {
      yield* FakeProvider.behave({ issuerRequired: true })
      const flow = yield* begin(work)
      const unnamed = yield* get(FakeProvider.redirected(flow.authorizationUrl, { code: "code-1" }))
      assert.strictEqual(unnamed.status, 400)
      assert.deepStrictEqual(yield* RecordedEvents.forgeries, ["issuer_mismatch"])
      assert.strictEqual((yield* get(FakeProvider.consented(flow))).status, 200)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("where they need not, one that does not is fine, as are parameters nobody asked for", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const url = FakeProvider.redirected(flow.authorizationUrl, {
        code: "code-1",
        scope: "openid",
        prompt: "none",
        hd: "example.com",
        authuser: "0"
      })
      assert.strictEqual((yield* get(url)).status, 200)
      assert.strictEqual((yield* flow.outcome).key, work)
    }).pipe(Effect.provide(layerSignIn())))

  it.effect("a callback under the name of localhost is genuine", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const { status } = yield* get(FakeProvider.consented(flow), { host: `localhost:${portOf(flow)}` })
      assert.strictEqual(status, 200)
      assert.strictEqual((yield* flow.outcome).key, work)
    }).pipe(Effect.provide(layerSignIn())))
})
