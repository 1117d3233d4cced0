import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Option, Queue } from "effect"
import { put, visits } from "../../../support/checkpoints.ts"
import { FakeBrowser } from "../../../support/fakeBrowser.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { freePort, get, refuses } from "../../../support/loopbackClient.ts"
import { begin, pending, signIn, start, work } from "../../../support/signIn.ts"

const bug = Effect.die("a bug")

/** The engine on a port of its own, so that a port that was not freed makes the next start fail. */
const onFixedPort = <A, E, R>(test: (port: number) => Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const port = yield* freePort
    return yield* Effect.provide(test(port), yield* signIn(yield* Effect.scope, { port }))
  })

const isBug = (exit: Exit.Exit<unknown, unknown>) => Exit.isFailure(exit) && Cause.squash(exit.cause) === "a bug"

const recovers = (place: string) =>
  Effect.gen(function*() {
    yield* put(place, Effect.void)
    assert.isTrue(Option.isNone(yield* pending(work)))
    const flow = yield* begin(work)
    yield* get(FakeProvider.consented(flow, "code-2"))
    assert.strictEqual((yield* flow.outcome).key, work)
  })

describe("A bug in another layer", () => {
  for (const place of ["discovery", "listen", "authorizationUrl"]) {
    it.effect(`in ${place} reaches everybody who starts, and the next start works`, () =>
      onFixedPort((port) =>
        Effect.gen(function*() {
          yield* put(place, bug)
          const exits = yield* Effect.all([Effect.exit(start(work)), Effect.exit(start(work))], {
            concurrency: "unbounded"
          })
          assert.isTrue(exits.every(isBug))
          assert.isTrue(yield* refuses(port))
          yield* recovers(place)
        })
      ))
  }

  for (const place of ["exchange", "userinfo", "store"]) {
    it.effect(`in ${place} reaches every waiter and is no success on the page, and the next start works`, () =>
      onFixedPort(() =>
        Effect.gen(function*() {
          yield* put(place, bug)
          const flow = yield* begin(work)
          const waiters = yield* Effect.forkChild(
            Effect.all([Effect.exit(flow.outcome), Effect.exit(flow.outcome)], { concurrency: "unbounded" }),
            { startImmediately: true }
          )
          const page = yield* get(FakeProvider.consented(flow))
          assert.strictEqual(page.status, 400)
          assert.include(page.text, "Something went wrong")
          assert.notInclude(page.text, "a bug")
          assert.isTrue((yield* Fiber.join(waiters)).every(isBug))
          yield* recovers(place)
        })
      ))
  }

  it.effect("in answer reaches every waiter, and the port is free when they hear of it", () =>
    onFixedPort((port) =>
      Effect.gen(function*() {
        yield* put("answer", bug)
        const flow = yield* begin(work)
        const waiter = yield* Effect.forkChild(
          Effect.all([Effect.exit(flow.outcome), refuses(port)]),
          { startImmediately: true }
        )
        yield* Effect.exit(get(FakeProvider.consented(flow)))
        const [exit, refused] = yield* Fiber.join(waiter)
        assert.isTrue(isBug(exit))
        assert.isTrue(refused)
      })
    ))

  it.effect("in the browser leaves the flow alone: the person can open the address by hand", () =>
    onFixedPort(() =>
      Effect.gen(function*() {
        yield* put("browser", bug)
        const flow = yield* begin(work)
        assert.strictEqual(yield* Queue.take(yield* FakeBrowser), flow.authorizationUrl)
        yield* get(FakeProvider.consented(flow))
        assert.strictEqual((yield* flow.outcome).key, work)
        assert.strictEqual(yield* visits("browser"), 1)
      })
    ))

  it.effect("a browser that never comes back does not hold up the end of the flow", () =>
    onFixedPort((port) =>
      Effect.gen(function*() {
        yield* put("browser", Effect.never)
        const flow = yield* begin(work)
        yield* get(FakeProvider.denied(flow))
        assert.strictEqual((yield* Effect.flip(flow.outcome))._tag, "ConsentDenied")
        assert.isTrue(yield* refuses(port))
      })
    ))
})
