import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Scope } from "effect"
import * as LoopbackListenerMemory from "../../../src/layers/testing/LoopbackListenerMemory.ts"
import {
  LoopbackListener,
  type LoopbackReply,
  type LoopbackRequest
} from "../../../src/services/sign-in/LoopbackListener.ts"
import { LoopbackVisitor } from "../../../src/services/testing/LoopbackVisitor.ts"

const layer = LoopbackListenerMemory.layer

const page = (body: string, status = 200): LoopbackReply => ({ status, headers: {}, body })

const listen = (handle: (request: LoopbackRequest) => Effect.Effect<LoopbackReply>, port?: number) =>
  LoopbackListener.use((listener) => listener.listen(port, handle))

const visit = (url: string) => LoopbackVisitor.use((visitor) => visitor.visit(url))
const ports = LoopbackVisitor.use((visitor) => visitor.ports)

/** Listens until the test closes it. */
const listening = Effect.fnUntraced(
  function*(handle: (request: LoopbackRequest) => Effect.Effect<LoopbackReply>, port?: number) {
    const scope = yield* Scope.make()
    return { port: yield* Scope.provide(listen(handle, port), scope), close: Scope.close(scope, Exit.void) }
  }
)

describe("LoopbackListenerMemory", () => {
  it.effect("answers a visitor with the page, and tells the handler what a browser sends", () =>
    Effect.gen(function*() {
      const seen = yield* Deferred.make<LoopbackRequest>()
      const port = yield* listen((request) =>
        Effect.as(Deferred.succeed(seen, request), page("<title>Here</title>", 418))
      )
      assert.deepStrictEqual(yield* visit(`http://127.0.0.1:${port}/a?b=%20c`), {
        _tag: "Page",
        url: `http://127.0.0.1:${port}/a?b=%20c`,
        status: 418,
        title: "Here",
        text: "<title>Here</title>"
      })
      const { headers, method, target } = yield* Deferred.await(seen)
      assert.deepStrictEqual([method, target, headers["host"]], ["GET", "/a?b=%20c", `127.0.0.1:${port}`])
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.effect("follows redirects to the page", () =>
    Effect.gen(function*() {
      const port = yield* listen(({ target }) =>
        Effect.succeed(target === "/" ? { status: 303, headers: { location: "/next" }, body: "" } : page(target))
      )
      const seen = yield* visit(`http://127.0.0.1:${port}/`)
      assert.strictEqual(seen._tag === "Page" ? seen.url : seen._tag, `http://127.0.0.1:${port}/next`)
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.effect("gives each listener a port, and a port to one listener at a time", () =>
    Effect.gen(function*() {
      const one = yield* listening(() => Effect.succeed(page("one")))
      const other = yield* listening(() => Effect.succeed(page("other")))
      assert.notStrictEqual(one.port, other.port)
      const taken = yield* Effect.flip(listening(() => Effect.succeed(page("third")), one.port))
      assert.strictEqual(taken.reason, "EADDRINUSE")
      yield* one.close
      assert.deepStrictEqual(yield* ports, [other.port])
      assert.strictEqual((yield* visit(`http://127.0.0.1:${one.port}/`))._tag, "Refused")
      yield* listening(() => Effect.succeed(page("third")), one.port)
      assert.strictEqual((yield* visit(`http://127.0.0.1:${one.port}/`))._tag, "Page")
    }).pipe(Effect.provide(layer)))

  it.effect("lets replies under way leave when it closes, takes no new ones, and keeps the port until then", () =>
    Effect.gen(function*() {
      const reached = yield* Deferred.make<void>()
      const answer = yield* Deferred.make<void>()
      const { close, port } = yield* listening(() =>
        Deferred.succeed(reached, undefined).pipe(
          Effect.andThen(Deferred.await(answer)),
          Effect.as(page("late"))
        )
      )
      const url = `http://127.0.0.1:${port}/`
      const visiting = yield* Effect.forkChild(visit(url))
      yield* Deferred.await(reached)
      const closing = yield* Effect.forkChild(close, { startImmediately: true })
      assert.strictEqual((yield* visit(url))._tag, "Refused")
      assert.deepStrictEqual(yield* ports, [port])
      yield* Deferred.succeed(answer, undefined)
      yield* Fiber.join(closing)
      assert.strictEqual((yield* Fiber.join(visiting))._tag, "Page")
      assert.deepStrictEqual(yield* ports, [])
    }).pipe(Effect.provide(layer)))

  it.effect("cuts the one request whose handler dies, and hears of a visitor who leaves", () =>
    Effect.gen(function*() {
      const reached = yield* Deferred.make<void>()
      const left = yield* Deferred.make<void>()
      const port = yield* listen(({ gone, target }) =>
        target === "/dies" ? Effect.die("bug") : Deferred.succeed(reached, undefined).pipe(
          Effect.andThen(gone),
          Effect.andThen(Deferred.succeed(left, undefined)),
          Effect.as(page("nobody"))
        )
      )
      assert.strictEqual((yield* visit(`http://127.0.0.1:${port}/dies`))._tag, "Cut")
      const visiting = yield* Effect.forkChild(visit(`http://127.0.0.1:${port}/waits`))
      yield* Deferred.await(reached)
      yield* Fiber.interrupt(visiting)
      yield* Deferred.await(left)
    }).pipe(Effect.scoped, Effect.provide(layer)))
})
