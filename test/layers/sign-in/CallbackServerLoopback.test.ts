import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Queue, Redacted, Scope } from "effect"
import { SecureRandom } from "effect/crypto"
import { TestClock } from "effect/testing"
import { connect } from "node:net"
import { networkInterfaces } from "node:os"
import * as CallbackServerLoopback from "../../../src/layers/sign-in/CallbackServerLoopback.ts"
import type { AuthorizationResponse } from "../../../src/services/provider/AuthorizationResponse.ts"
import { CallbackServer, CallbackUnavailable } from "../../../src/services/sign-in/CallbackServer.ts"
import { Account, FlowId } from "../../../src/services/sign-in/Session.ts"
import { dial, freePort, get, listeners, nextTurns, occupy, refuses, send } from "../../support/loopbackClient.ts"
import * as RecordedEvents from "../../support/recordedEvents.ts"

const flow = {
  flowId: FlowId.make("flow"),
  expected: { state: Redacted.make("the-state"), issuer: { identifier: "https://provider.test", required: false } }
}

const withServer = (port?: number) =>
  Effect.provide(
    CallbackServerLoopback.layer({ serverName: "Test Server", ...(port === undefined ? {} : { port }) }).pipe(
      Layer.provide([RecordedEvents.layer, SecureRandom.layerWebCrypto])
    )
  )

/** A listener in a Scope of its own, that takes the first response for the deciding one. */
const open = Effect.gen(function*() {
  const scope = yield* Scope.make()
  const offered = yield* Queue.unbounded<AuthorizationResponse>()
  const first = yield* Deferred.make<AuthorizationResponse>()
  const server = yield* CallbackServer
  const listener = yield* server.open(
    flow,
    (response) => Effect.andThen(Queue.offer(offered, response), Deferred.succeed(first, response))
  ).pipe(Scope.provide(scope))
  const port = Number(new URL(listener.redirectUri).port)
  return {
    ...listener,
    offered,
    port,
    close: Scope.close(scope, Exit.void),
    /** The address of the genuine response. */
    genuine: `${listener.redirectUri}?state=the-state&code=the-code`
  }
})

const signedIn = { _tag: "SignedIn", account: new Account({ name: "Ada" }) } as const

/** The address that a browser is sent on to. */
const sentOn = (url: string) =>
  Effect.map(send(url), ({ headers, status }) => {
    assert.strictEqual(status, 303)
    assert.strictEqual(headers["cache-control"], "no-store")
    return new URL(headers.location ?? "", url).href
  })

describe("CallbackServerLoopback", () => {
  it.effect("offers a response that carries the flow's state, and answers it with the page when there is one", () =>
    Effect.gen(function*() {
      const { answer, close, genuine, offered, port, redirectUri } = yield* open
      assert.strictEqual(redirectUri, `http://127.0.0.1:${port}/callback`)
      const page = yield* Effect.forkChild(get(genuine))
      const response = yield* Queue.take(offered)
      assert.isTrue(response._tag === "Code")
      assert.strictEqual(response._tag === "Code" ? Redacted.value(response.code) : "", "the-code")
      assert.strictEqual(String(response._tag === "Code" ? response.code : ""), "<redacted:authorization code>")
      assert.isUndefined(page.pollUnsafe())
      yield* answer(signedIn, false)
      assert.include((yield* Fiber.join(page)).text, "Ada is now signed in to Test Server.")
      yield* close
    }).pipe(withServer()))

  it.effect("offers a refusal with the provider's words", () =>
    Effect.gen(function*() {
      const { answer, close, offered, redirectUri } = yield* open
      yield* answer({ _tag: "Denied" }, false)
      yield* get(`${redirectUri}?error=access_denied&error_description=No%2C%20thanks&state=the-state`)
      assert.deepStrictEqual(
        { ...(yield* Queue.take(offered)) },
        { _tag: "Refusal", error: "access_denied", description: "No, thanks" }
      )
      yield* close
    }).pipe(withServer()))

  it.effect("the first page counts, for those who wait and those who come later", () =>
    Effect.gen(function*() {
      const { answer, close, genuine, offered } = yield* open
      const waiting = yield* Effect.forkChild(
        Effect.all(Array.from({ length: 5 }, () => get(genuine)), { concurrency: "unbounded" })
      )
      yield* Queue.takeN(offered, 5)
      yield* answer(signedIn, false)
      yield* answer({ _tag: "Cancelled" }, false)
      const later = yield* get(genuine)
      for (const page of [...(yield* Fiber.join(waiting)), later]) assert.include(page.text, "<h1>Signed in</h1>")
      yield* close
    }).pipe(withServer()))

  it.effect("closed without an answer, it tells those who wait that the sign-in was cancelled", () =>
    Effect.gen(function*() {
      const { close, genuine, offered, port } = yield* open
      const waiting = yield* Effect.forkChild(
        Effect.all(Array.from({ length: 5 }, () => get(genuine)), { concurrency: "unbounded" })
      )
      yield* Queue.takeN(offered, 5)
      yield* close
      assert.isTrue(yield* refuses(port))
      for (const page of yield* Fiber.join(waiting)) {
        assert.strictEqual(page.status, 410)
        assert.include(page.text, "Sign-in cancelled")
      }
    }).pipe(withServer()))

  it.effect("closed by the one who takes the response, it still answers", () =>
    Effect.gen(function*() {
      const { answer, close, genuine, offered, port } = yield* open
      const closing = yield* Effect.forkChild(
        Queue.take(offered).pipe(Effect.andThen(answer({ _tag: "Denied" }, false)), Effect.andThen(close)),
        { startImmediately: true }
      )
      assert.include((yield* get(genuine)).text, "Sign-in declined")
      yield* Fiber.join(closing)
      assert.isTrue(yield* refuses(port))
    }).pipe(withServer()))

  it.effect("tells which method it takes, and whose name it answers to", () =>
    Effect.gen(function*() {
      const { close, genuine } = yield* open
      const posted = yield* send(genuine, { method: "POST" })
      assert.deepStrictEqual([posted.status, posted.headers.allow, posted.text], [405, "GET", ""])
      const misdirected = yield* get(genuine, { host: "evil.test" })
      assert.deepStrictEqual([misdirected.status, misdirected.text], [421, ""])
      yield* close
    }).pipe(withServer()))

  it.effect("a page goes to no other site: its headers arrive as they are written", () =>
    Effect.gen(function*() {
      const { answer, close, genuine } = yield* open
      yield* answer(signedIn, false)
      const { headers } = yield* get(genuine)
      assert.strictEqual(headers["referrer-policy"], "no-referrer")
      assert.strictEqual(headers["cache-control"], "no-store")
      assert.strictEqual(headers["x-content-type-options"], "nosniff")
      assert.include(headers["content-security-policy"], "default-src 'none'")
      assert.isUndefined(headers["set-cookie"])
      assert.isUndefined(headers["access-control-allow-origin"])
      yield* close
    }).pipe(withServer()))

  it.effect("listens on 127.0.0.1 and on no other address of this machine", () =>
    Effect.gen(function*() {
      const { close, port } = yield* open
      const others = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
        .filter(({ address, scopeid }) => address !== "127.0.0.1" && !scopeid)
        .map(({ address }) => address)
      for (const host of [...others, "127.0.0.2"]) {
        const connected = yield* Effect.callback<boolean>((resume) => {
          const socket = connect({ host, port })
          socket.on("connect", () => resume(Effect.succeed(true)))
          socket.on("error", () => resume(Effect.succeed(false)))
          return Effect.sync(() => socket.destroy())
        })
        assert.isFalse(connected, host)
      }
      yield* close
    }).pipe(withServer()))

  it.effect("lingers for two seconds by the Clock", () =>
    Effect.gen(function*() {
      const { close, linger } = yield* open
      const lingering = yield* Effect.forkChild(linger, { startImmediately: true })
      yield* TestClock.adjust("1999 millis")
      assert.isUndefined(lingering.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(lingering)
      yield* close
    }).pipe(withServer()))

  it.effect("a new flow waits for the port until each browser has its page, however often another one reloads", () =>
    Effect.gen(function*() {
      const port = yield* freePort
      yield* Effect.gen(function*() {
        const { answer, close, genuine, linger } = yield* open
        yield* answer(signedIn, true)
        yield* Effect.forkChild(Effect.andThen(linger, close))
        const [one, other] = [yield* sentOn(genuine), yield* sentOn(genuine)]
        assert.notStrictEqual(one, other)
        const next = yield* Effect.forkChild(open, { startImmediately: true })
        for (const url of [one, one, one]) assert.include((yield* get(url)).text, "<h1>Signed in</h1>")
        assert.isUndefined(next.pollUnsafe())
        assert.include((yield* get(other)).text, "<h1>Signed in</h1>")
        yield* (yield* Fiber.join(next)).close
      }).pipe(withServer(port))
    }))

  it.effect("a browser that hung up before its page does not hold the port", () =>
    Effect.gen(function*() {
      const port = yield* freePort
      yield* Effect.gen(function*() {
        const { answer, close, genuine, linger, offered } = yield* open
        const leaving = yield* Effect.forkChild(get(genuine))
        yield* Queue.take(offered)
        yield* Fiber.interrupt(leaving)
        // Reset as it is, its connection is gone for the listener once a later one has been served.
        yield* Effect.repeat(Effect.andThen(get(`http://127.0.0.1:${port}/`), nextTurns), { times: 2 })
        yield* answer(signedIn, true)
        yield* Effect.forkChild(Effect.andThen(linger, close))
        yield* (yield* open).close
      }).pipe(withServer(port))
    }))

  it.effect("another response than the one that decided is told that it is already done, and how that ended", () =>
    Effect.gen(function*() {
      const { answer, close, genuine, offered, redirectUri } = yield* open
      const page = yield* Effect.forkChild(get(genuine))
      yield* answer(signedIn, true, yield* Queue.take(offered))
      assert.include((yield* Fiber.join(page)).text, "<h1>Signed in</h1>")
      for (const query of ["code=other&state=the-state", "error=access_denied&state=the-state"]) {
        const late = yield* get(`${redirectUri}?${query}`)
        assert.strictEqual(late.status, 200)
        assert.include(late.text, "<h1>Already done</h1>")
        assert.include(late.text, "Ada is now signed in to Test Server.")
      }
      assert.include((yield* get(genuine)).text, "<h1>Signed in</h1>")
      yield* close
    }).pipe(withServer()))

  it.effect("a port that is taken is a typed failure with its number", () =>
    Effect.gen(function*() {
      const port = yield* freePort
      yield* occupy(port)
      const error = yield* Effect.flip(open).pipe(withServer(port))
      assert.deepStrictEqual(error, new CallbackUnavailable({ port, reason: "EADDRINUSE" }))
    }))

  it.effect("interrupted at any moment of opening, it leaves no socket behind", () =>
    Effect.gen(function*() {
      const before = yield* listeners
      const server = yield* CallbackServer
      yield* Effect.forEach(Array.from({ length: 50 }, (_, yields) => yields % 5), (yields) =>
        Effect.gen(function*() {
          const opening = yield* Effect.forkChild(
            Effect.scoped(Effect.andThen(server.open(flow, () => Effect.succeed(true)), Effect.never)),
            { startImmediately: yields % 2 === 0 }
          )
          for (let yielded = 0; yielded < yields; yielded++) yield* Effect.yieldNow
          yield* Fiber.interrupt(opening)
        }), { concurrency: 10 })
      assert.strictEqual(yield* listeners, before)
    }).pipe(withServer()))

  const hostile: Record<string, (port: number) => ReadonlyArray<string | Uint8Array>> = {
    "a browser that connects ahead and says nothing": () => [],
    "a request head that stops halfway": (
      port
    ) => [`GET /callback?state=the-state HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`],
    "a TLS client hello": () => [Uint8Array.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])],
    "a body that never comes": (port) => [
      `POST /callback HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 100000\r\n\r\na little`
    ],
    "a genuine GET with a body that never comes": (port) => [
      `GET /callback?state=the-state&code=x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 100000\r\n\r\na little`
    ],
    "genuine requests in a pipeline": (port) => [
      `GET /callback?state=the-state&code=x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`.repeat(20)
    ]
  }
  for (const [what, says] of Object.entries(hostile)) {
    it.effect(`${what} delays neither the genuine response nor the close`, () =>
      Effect.gen(function*() {
        const { answer, close, genuine, offered, port } = yield* open
        const wire = yield* dial(port)
        for (const part of says(port)) yield* wire.write(part)
        const page = yield* Effect.forkChild(get(genuine))
        yield* Queue.take(offered)
        yield* answer(signedIn, false)
        assert.include((yield* Fiber.join(page)).text, "Ada is now signed in to Test Server.")
        yield* close
        assert.isTrue(yield* refuses(port))
        yield* wire.untilClosed
      }).pipe(withServer()))
  }
})
