import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Redacted } from "effect"
import { AuthorizationServer } from "../../../../src/services/provider/AuthorizationServer.ts"
import { code, grant, refreshToken, request, tokens, watched } from "../../../support/providerCanaries.ts"
import { type Answer, json, layer, reply, reset, Stub } from "../../../support/providerStub.ts"

interface Fault {
  readonly what: string
  readonly answer: Answer
  /** The error of the exchange, and whether the code may have been spent. */
  readonly exchange: readonly [error: string, ambiguous: boolean]
  /** Whether convention says of an answer that looks ambiguous that nothing was done. */
  readonly turnedAway?: true
  /** Seconds to wait that the refresh reports. */
  readonly retryAfter?: number
}

const html = { "content-type": "text/html" }
const good = JSON.stringify(tokens())
const page = `<html><body>Log in to the Wi-Fi. ${good}</body></html>`

const faults: ReadonlyArray<Fault> = [
  { what: "the connection is reset", answer: reset, exchange: ["network", true] },
  {
    what: "the answer breaks off",
    answer: (response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "5000" }).write(good)
      response.socket?.destroySoon()
    },
    exchange: ["network", true]
  },
  {
    what: "the answer is not HTTP",
    answer: (response) => void response.socket?.end(`${good}\r\n\r\n`),
    exchange: ["network", true]
  },
  { what: "500", answer: reply(500, "oops"), exchange: ["server_error", true] },
  { what: "502 with a page", answer: reply(502, page, html), exchange: ["server_error", true] },
  {
    what: "503 with Retry-After",
    answer: reply(503, "", { "retry-after": "7" }),
    exchange: ["server_error", true],
    turnedAway: true,
    retryAfter: 7
  },
  {
    what: "503 with an empty Retry-After",
    answer: reply(503, "", { "retry-after": "" }),
    exchange: ["server_error", true],
    turnedAway: true
  },
  {
    what: "503 with a strange Retry-After",
    answer: reply(503, "", { "retry-after": "0x10" }),
    exchange: ["server_error", true],
    turnedAway: true
  },
  {
    what: "503 with a moment to retry after",
    answer: reply(503, "", {
      "date": "Mon, 23 Nov 2026 23:59:58 GMT",
      "retry-after": "Tue, 24 Nov 2026 00:00:07 GMT"
    }),
    exchange: ["server_error", true],
    turnedAway: true,
    retryAfter: 9
  },
  {
    what: "503 with a moment that is over",
    answer: reply(503, "", {
      "date": "Mon, 23 Nov 2026 23:59:58 GMT",
      "retry-after": "Mon, 23 Nov 2026 23:59:57 GMT"
    }),
    exchange: ["server_error", true],
    turnedAway: true
  },
  {
    what: "500 that reads like the end of a session",
    answer: json({ error: "invalid_grant" }, 500),
    exchange: ["server_error", true]
  },
  {
    what: "429 with Retry-After",
    answer: reply(429, "", { "retry-after": "3" }),
    exchange: ["server_error", false],
    retryAfter: 3
  },
  {
    what: "429 that reads like the end of a session",
    answer: json({ error: "invalid_grant" }, 429),
    exchange: ["server_error", false]
  },
  {
    what: "a captive portal's page",
    answer: reply(200, page, html),
    exchange: ["malformed_response", true],
    turnedAway: true
  },
  { what: "a page that says it is JSON", answer: reply(200, page), exchange: ["malformed_response", true] },
  { what: "a page with status 400", answer: reply(400, page, html), exchange: ["malformed_response", false] },
  { what: "404", answer: reply(404, page, html), exchange: ["malformed_response", false] },
  { what: "204", answer: reply(204, ""), exchange: ["malformed_response", true] },
  { what: "205", answer: reply(205, ""), exchange: ["malformed_response", true] },
  { what: "a status that does not exist", answer: reply(999, good), exchange: ["malformed_response", true] },
  { what: "truncated JSON", answer: reply(200, good.slice(0, -9)), exchange: ["malformed_response", true] },
  { what: "an empty answer", answer: reply(200, ""), exchange: ["malformed_response", true] },
  { what: "an array", answer: json([tokens()]), exchange: ["malformed_response", true] },
  {
    what: "a refusal with status 200",
    answer: json({ error: "invalid_grant" }),
    exchange: ["malformed_response", true]
  },
  {
    what: "no access token",
    answer: json(tokens({ access_token: undefined })),
    exchange: ["malformed_response", true]
  },
  { what: "an empty access token", answer: json(tokens({ access_token: "" })), exchange: ["malformed_response", true] },
  { what: "no token type", answer: json(tokens({ token_type: undefined })), exchange: ["malformed_response", true] },
  {
    what: "a token of another type",
    answer: json(tokens({ token_type: "mac" })),
    exchange: ["malformed_response", true]
  },
  {
    what: "a token that expired before",
    answer: json(tokens({ expires_in: -1 })),
    exchange: ["malformed_response", true]
  },
  { what: "a lifetime in words", answer: json(tokens({ expires_in: "soon" })), exchange: ["malformed_response", true] },
  {
    what: "a refresh token that is none",
    answer: json(tokens({ refresh_token: 1 })),
    exchange: ["malformed_response", true]
  },
  { what: "scopes that are no text", answer: json(tokens({ scope: ["a"] })), exchange: ["malformed_response", true] },
  {
    what: "an ID token that is none",
    answer: json(tokens({ id_token: "canary.id.token" })),
    exchange: ["malformed_response", true]
  },
  {
    what: "a redirect",
    answer: reply(302, "", { location: "/elsewhere" }),
    exchange: ["malformed_response", false]
  },
  {
    what: "a redirect that keeps the method",
    answer: reply(307, "", { location: "/elsewhere" }),
    exchange: ["malformed_response", false]
  },
  {
    what: "far too much",
    answer: reply(200, `{"access_token":"${"canary".repeat(4_000_000)}"}`),
    exchange: ["malformed_response", true]
  }
]

/** Every request went to the token endpoint, once. */
const onePost = Effect.gen(function*() {
  const { asked } = yield* Stub
  assert.deepStrictEqual((yield* asked).map(({ method, path }) => `${method} ${path}`), ["POST /token"])
})

describe("AuthorizationServer: what a network can do to a token request", () => {
  for (const { answer, exchange: [error, ambiguous], retryAfter, turnedAway = false, what } of faults) {
    it.effect(`${what}: the exchange is sent once and ${ambiguous ? "may have" : "has not"} issued tokens (${error})`, () =>
      Effect.gen(function*() {
        const provider = yield* AuthorizationServer
        yield* Stub.use(({ answers }) => answers("/token", answer))
        const failure = yield* Effect.flip(watched(provider.exchange(request, code)))
        assert.strictEqual(failure._tag, "ExchangeFailed")
        assert.deepInclude(failure, { error, ambiguous })
        yield* onePost
      }).pipe(Effect.provide(layer())))

    it.effect(`${what}: the refresh is sent once and says nothing about the session`, () =>
      Effect.gen(function*() {
        const provider = yield* AuthorizationServer
        yield* Stub.use(({ answers }) => answers("/token", answer))
        const failure = yield* Effect.flip(watched(provider.refresh(refreshToken, [])))
        assert.strictEqual(failure._tag, "ProviderUnreachable")
        assert.deepInclude(failure, { operation: "refresh", ambiguous: ambiguous && !turnedAway })
        assert.strictEqual("retryAfter" in failure ? failure.retryAfter : undefined, retryAfter)
        yield* onePost
      }).pipe(Effect.provide(layer())))
  }

  it.effect("a refused connection: nothing was sent, so nothing is ambiguous", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      yield* stub.close
      const failure = yield* Effect.flip(watched(provider.exchange(request, code)))
      assert.deepInclude(failure, { _tag: "ExchangeFailed", error: "network", ambiguous: false })
      assert.include(failure.message, "ECONNREFUSED")
      const refreshed = yield* Effect.flip(watched(provider.refresh(refreshToken, [])))
      assert.deepInclude(refreshed, { _tag: "ProviderUnreachable", operation: "refresh" })
      const revoked = yield* Effect.flip(watched(provider.revoke(refreshToken)))
      assert.deepInclude(revoked, { _tag: "ProviderUnreachable", operation: "revoke" })
    }).pipe(Effect.provide(layer())))

  for (
    const [what, changes] of [
      ["is missing", { token_endpoint: undefined }],
      ["is not a URL", { token_endpoint: "token" }],
      ["is plain http: elsewhere", { token_endpoint: "http://canary.example.com/token" }],
      ["is no web address", { token_endpoint: "ftp://127.0.0.1/token" }]
    ] as const
  ) {
    it.effect(`a token endpoint that ${what}: nothing was sent, so nothing is ambiguous`, () =>
      Effect.gen(function*() {
        const provider = yield* AuthorizationServer
        const failure = yield* Effect.flip(watched(provider.exchange(request, code)))
        assert.deepInclude(failure, { _tag: "ExchangeFailed", ambiguous: false })
        assert.strictEqual(
          (yield* Effect.flip(watched(provider.refresh(refreshToken, []))))._tag,
          "ProviderUnreachable"
        )
        assert.deepStrictEqual(yield* Stub.use(({ asked }) => asked), [])
      }).pipe(Effect.provide(layer(changes))))
  }

  it.effect("a provider that repeats secrets in its refusal does not get them into ours", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      yield* stub.answers("/token", (response, form) => {
        const said = [form.get("code"), form.get("code_verifier"), form.get("client_secret"), form.get("refresh_token")]
        json({ error: "invalid_grant", error_description: `Not good: ${said.join(", ")}` }, 400)(response, form)
      })
      const failure = yield* Effect.flip(watched(provider.exchange(request, code)))
      assert.deepInclude(failure, { _tag: "ExchangeFailed", error: "invalid_grant", ambiguous: false })
      assert.include(failure.message, "Not good")
      const rejected = yield* Effect.flip(watched(provider.refresh(refreshToken, [])))
      assert.deepInclude(rejected, { _tag: "RefreshRejected", reason: "revoked" })
    }).pipe(Effect.provide(layer())))

  it.effect("a refusal as long as a book, or full of control characters, is cut down to a line", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      const odd = `line\n\u001b[31mred\u0000 ${"long ".repeat(10_000)}`
      for (const body of [{ error: "invalid_grant", error_description: odd }, { error: odd }]) {
        yield* stub.answers("/token", json(body, 400))
        const failure = yield* Effect.flip(provider.exchange(request, code))
        assert.isBelow(failure.message.length, 700)
        assert.notMatch(failure.message, /\p{Cc}/u)
      }
    }).pipe(Effect.provide(layer())))

  it.effect("the longest lifetime a provider can claim is survived", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      yield* Stub.use(({ answers }) => answers("/token", json(tokens({ expires_in: 1e300 }))))
      const issued = yield* watched(provider.exchange(request, code))
      assert.isTrue(DateTime.isGreaterThan(issued.expiresAt, DateTime.makeUnsafe(365 * 24 * 3600 * 1000)))
    }).pipe(Effect.provide(layer())))

  it.live("userinfo that does not come says so, and is not asked for again", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      yield* Stub.use(({ answers }) => answers("/userinfo", reset))
      const failure = yield* Effect.flip(watched(provider.userinfo(grant)))
      assert.deepInclude(failure, { _tag: "ProviderUnreachable", operation: "userinfo" })
      assert.lengthOf(yield* Stub.use(({ asked }) => asked), 1)
    }).pipe(Effect.provide(layer())))

  it.effect("a good reply after all these: what was sent is exactly what the protocol asks for", () =>
    Effect.gen(function*() {
      const provider = yield* AuthorizationServer
      const stub = yield* Stub
      yield* stub.answers("/token", json(tokens()))
      const issued = yield* watched(provider.exchange(request, code))
      assert.strictEqual(Redacted.value(issued.accessToken), "canary-access")
      const [asked] = yield* stub.asked
      assert.deepStrictEqual(Object.fromEntries(asked?.form ?? []), {
        grant_type: "authorization_code",
        code: "canary-code",
        redirect_uri: request.redirectUri,
        code_verifier: Redacted.value(request.codeVerifier),
        client_id: "a client",
        client_secret: "canary-secret"
      })
      assert.lengthOf([...(asked?.form ?? [])], 6)
      // Neither the trace of this process nor a stale login of another program goes along.
      for (const header of ["traceparent", "b3", "cookie", "authorization"]) {
        assert.notProperty(asked?.headers ?? {}, header)
      }
      yield* provider.refresh(refreshToken, ["openid"])
      const [, refreshed] = yield* stub.asked
      assert.deepStrictEqual(Object.fromEntries(refreshed?.form ?? []), {
        grant_type: "refresh_token",
        refresh_token: "canary-refresh",
        client_id: "a client",
        client_secret: "canary-secret"
      })
    }).pipe(Effect.provide(layer())))
})
