import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Logger, Queue, Scope } from "effect"
import * as LoopbackListenerHttp from "../../../src/layers/sign-in/LoopbackListenerHttp.ts"
import type { LoopbackReply, LoopbackRequest } from "../../../src/services/sign-in/LoopbackListener.ts"
import { dial, freePort, get, listeners, occupy, refuses, send } from "../../support/loopbackClient.ts"

const ok: LoopbackReply = { status: 200, headers: { "content-type": "text/plain" }, body: "ok" }

const urlOf = (port: number, path = "/") => `http://127.0.0.1:${port}${path}`

/** A listener in a Scope of its own, whose handler answers when it is allowed to. */
const held = Effect.gen(function*() {
  const scope = yield* Scope.make()
  const arrived = yield* Queue.unbounded<LoopbackRequest>()
  const allowed = yield* Deferred.make<LoopbackReply>()
  const port = yield* LoopbackListenerHttp.listen(
    undefined,
    (request) => Effect.andThen(Queue.offer(arrived, request), Deferred.await(allowed))
  ).pipe(Scope.provide(scope))
  return {
    port,
    arrived,
    allow: Deferred.succeed(allowed, ok),
    allowing: (reply: LoopbackReply) => Deferred.succeed(allowed, reply),
    close: Scope.close(scope, Exit.void)
  }
})

describe("LoopbackListenerHttp", () => {
  it.live("listens on 127.0.0.1 until its Scope closes", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const port = yield* Scope.provide(LoopbackListenerHttp.listen(undefined, () => Effect.succeed(ok)), scope)
      const { headers, status, text } = yield* get(urlOf(port))
      assert.deepStrictEqual([status, text], [200, "ok"])
      assert.strictEqual(headers.connection, "close")
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(yield* refuses(port))
    }))

  for (
    const [what, bytes] of [["says nothing", ""], ["never finishes its request", "GET / HTTP/1.1\r\nHost: x"]] as const
  ) {
    it.live(`gives a connection up that ${what}, in its own time`, () =>
      Effect.gen(function*() {
        const limits = { requestMillis: 100, headerBytes: 1_000, silentConnections: 10 }
        const port = yield* LoopbackListenerHttp.listen(undefined, () => Effect.succeed(ok), limits)
        const wire = yield* dial(port)
        yield* wire.write(bytes)
        assert.match(yield* wire.untilClosed, /^(HTTP\/1\.1 408 |$)/)
        assert.strictEqual((yield* get(urlOf(port))).status, 200)
      }).pipe(Effect.scoped))
  }

  it.live("makes room for a connection too many with the one that has been silent longest", () =>
    Effect.gen(function*() {
      const limits = { requestMillis: 10_000, headerBytes: 1_000, silentConnections: 2 }
      const port = yield* LoopbackListenerHttp.listen(undefined, () => Effect.succeed(ok), limits)
      const oldest = yield* dial(port)
      yield* dial(port)
      yield* dial(port)
      assert.strictEqual(yield* oldest.untilClosed, "")
      assert.strictEqual((yield* get(urlOf(port))).status, 200)
    }).pipe(Effect.scoped))

  it.live("tells its handler what a request says, undecoded", () =>
    Effect.gen(function*() {
      const { allow, arrived, close, port } = yield* held
      yield* allow
      yield* send(urlOf(port, "/a%20b?c=%20d"), { method: "DELETE", headers: { "Sec-Purpose": "prefetch" } })
      const { headers, method, port: at, target } = yield* Queue.take(arrived)
      assert.deepStrictEqual([method, target, at], ["DELETE", "/a%20b?c=%20d", port])
      assert.strictEqual(headers["host"], `127.0.0.1:${port}`)
      assert.strictEqual(headers["sec-purpose"], "prefetch")
      yield* close
    }))

  it.live("a port that is taken is a typed failure that leaves nothing behind", () =>
    Effect.gen(function*() {
      const port = yield* freePort
      const before = yield* listeners
      yield* Effect.scoped(Effect.gen(function*() {
        yield* occupy(port)
        const failure = yield* Effect.flip(LoopbackListenerHttp.listen(port, () => Effect.succeed(ok)))
        assert.strictEqual(failure.reason, "EADDRINUSE")
      }))
      assert.strictEqual(yield* listeners, before)
      yield* Effect.scoped(LoopbackListenerHttp.listen(port, () => Effect.succeed(ok)))
    }))

  it.live("interrupted at any moment of binding, it leaves no socket behind", () =>
    Effect.gen(function*() {
      const before = yield* listeners
      yield* Effect.forEach(Array.from({ length: 50 }), () =>
        Effect.gen(function*() {
          const binding = yield* Effect.forkChild(
            Effect.scoped(
              Effect.andThen(LoopbackListenerHttp.listen(undefined, () => Effect.succeed(ok)), Effect.never)
            ),
            { startImmediately: true }
          )
          yield* Fiber.interrupt(binding)
        }), { concurrency: 10 })
      assert.strictEqual(yield* listeners, before)
    }))

  it.live("a reply that is written around the moment of closing leaves, however close the two are", () =>
    Effect.forEach(Array.from({ length: 12 }, (_, yields) => yields), (yields) =>
      Effect.gen(function*() {
        const { allow, arrived, close, port } = yield* held
        const pages = yield* Effect.forkChild(
          Effect.all(Array.from({ length: 5 }, () => get(urlOf(port))), { concurrency: "unbounded" })
        )
        yield* Queue.takeN(arrived, 5)
        yield* allow
        for (let yielded = 0; yielded < yields; yielded++) yield* Effect.yieldNow
        yield* close
        for (const { status, text } of yield* Fiber.join(pages)) assert.deepStrictEqual([status, text], [200, "ok"])
      })))

  it.live("a reply whose own handler brings about the closing leaves", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const closing = yield* Deferred.make<void>()
      const closer = yield* Effect.forkChild(
        Effect.andThen(Deferred.await(closing), Scope.close(scope, Exit.void)),
        { startImmediately: true }
      )
      // Completing a Deferred resumes its waiters there and then, so the closing begins within the handler.
      const port = yield* LoopbackListenerHttp.listen(
        undefined,
        () => Effect.as(Deferred.succeed(closing, undefined), ok)
      ).pipe(Scope.provide(scope))
      const { status, text } = yield* get(urlOf(port))
      assert.deepStrictEqual([status, text], [200, "ok"])
      yield* Fiber.join(closer)
      assert.isTrue(yield* refuses(port))
    }))

  it.live("a reply that is too long to leave in one go leaves as a whole", () =>
    Effect.gen(function*() {
      const { allowing, arrived, close, port } = yield* held
      const page = yield* Effect.forkChild(get(urlOf(port)))
      yield* Queue.take(arrived)
      const body = "0123456789abcdef".repeat(1_000_000)
      yield* Effect.andThen(allowing({ ...ok, body }), close)
      assert.strictEqual((yield* Fiber.join(page)).text.length, body.length)
    }))

  it.live("a handler that dies answers 500 and takes nothing else down", () =>
    Effect.gen(function*() {
      const port = yield* LoopbackListenerHttp.listen(undefined, ({ target }) =>
        target === "/bug" ? Effect.die("a secret") : Effect.succeed(ok))
      const { status, text } = yield* get(urlOf(port, "/bug"))
      assert.deepStrictEqual([status, text], [500, ""])
      assert.strictEqual((yield* get(urlOf(port))).status, 200)
    }).pipe(Effect.provide(Logger.layer([]))))

  const hostile: Record<string, (port: number) => ReadonlyArray<string | Uint8Array>> = {
    "says nothing": () => [],
    "stops within the request head": (port) => [`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Half:`],
    "begins with a TLS client hello": () => [
      Uint8Array.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])
    ],
    "announces a body and never sends it": (port) => [
      `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 100000\r\n\r\n`,
      "a little"
    ],
    "sends a chunked body without an end": (port) => [
      `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n`
    ],
    "asks to continue and does not": (port) => [
      `PUT / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`
    ],
    "asks for a WebSocket": (port) => [
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
    ],
    "wants a tunnel": (port) => [`CONNECT example.com:443 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`],
    "sends a request head without an end": (port) => [
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`,
      ...Array.from({ length: 100 }, (_, index) => `X-${index}: ${"x".repeat(1000)}\r\n`)
    ],
    "pipelines fifty requests": (port) => [`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`.repeat(50)]
  }
  for (const [what, says] of Object.entries(hostile)) {
    it.live(`a peer that ${what} delays neither a request nor the closing`, () =>
      Effect.gen(function*() {
        const { allow, arrived, close, port } = yield* held
        const wire = yield* dial(port)
        for (const part of says(port)) yield* wire.write(part)
        const page = yield* Effect.forkChild(get(urlOf(port, "/genuine")))
        while ((yield* Queue.take(arrived)).target !== "/genuine") { /* the peer's own */ }
        yield* allow
        assert.strictEqual((yield* Fiber.join(page)).text, "ok")
        yield* close
        assert.isTrue(yield* refuses(port))
        yield* wire.untilClosed
      }))

    it.live(`a peer that ${what} and is still unanswered does not delay the closing either`, () =>
      Effect.gen(function*() {
        const { allow, close, port } = yield* held
        const wire = yield* dial(port)
        for (const part of says(port)) yield* wire.write(part)
        yield* Effect.andThen(allow, close)
        assert.isTrue(yield* refuses(port))
        yield* wire.untilClosed
      }))
  }
})
