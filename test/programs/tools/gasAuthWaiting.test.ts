import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Queue } from "effect"
import { TestClock } from "effect/testing"
import { gate } from "../../support/checkpoints.ts"
import * as FakeProvider from "../../support/fakeProvider.ts"
import * as GasAuth from "../../support/gasAuthInMemory.ts"
import { get } from "../../support/loopbackClient.ts"

const takesUrls = { elicitation: { url: {} } }

/** A flow that is pending, and a call that asks how it ends. */
const asking = Effect.fnUntraced(function*(capabilities: Parameters<typeof GasAuth.connect>[0]) {
  const client = yield* GasAuth.connect(capabilities)
  const { output } = yield* client.auth({ waitForCompletion: false })
  const call = yield* Effect.forkChild(client.auth({ mode: "status", waitSeconds: 60 }, "news"), {
    startImmediately: true
  })
  yield* Queue.take(client.progress)
  return { ...client, call, flow: { authorizationUrl: String(output["authUrl"]) } }
})

describe("status with waitSeconds", () => {
  it.effect("tells how the sign-in ended, and what helps", () =>
    Effect.gen(function*() {
      const { call, flow } = yield* asking({})
      yield* get(FakeProvider.denied(flow))
      const { isError, output } = yield* Fiber.join(call)
      assert.isFalse(isError)
      assert.strictEqual(output["status"], "not_authenticated")
      assert.strictEqual(output["ended"], "consent_denied")
      assert.match(String(output["message"]), /^The person declined the sign-in\. If that was not intended/)
    }).pipe(Effect.provide(GasAuth.layer())))

  it.effect("tells of the person's no to their client's question", () =>
    Effect.gen(function*() {
      const { call, questions } = yield* asking(takesUrls)
      const question = yield* Queue.take(questions)
      yield* TestClock.adjust("3 seconds")
      yield* question.answer("decline")
      assert.strictEqual((yield* Fiber.join(call)).output["ended"], "consent_denied")
    }).pipe(Effect.provide(GasAuth.layer())))

  it.effect("tells of a sign-in", () =>
    Effect.gen(function*() {
      const { call, flow } = yield* asking({})
      yield* get(FakeProvider.consented(flow))
      const { output } = yield* Fiber.join(call)
      assert.strictEqual(output["status"], "authenticated")
      assert.notProperty(output, "ended")
    }).pipe(Effect.provide(GasAuth.layer())))

  it.effect("answers that it is still pending when its time is up", () =>
    Effect.gen(function*() {
      const { call } = yield* asking({})
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual((yield* Fiber.join(call)).output["status"], "auth_pending")
    }).pipe(Effect.provide(GasAuth.layer())))
})

describe("start", () => {
  it.effect("counts what it takes to open the flow as waiting, and says meanwhile that it is being prepared", () =>
    Effect.gen(function*() {
      const { auth, progress } = yield* GasAuth.connect({})
      const listening = yield* gate("listen")
      const call = yield* Effect.forkChild(auth({}, "news"), { startImmediately: true })
      yield* listening.reached
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Queue.take(progress)).message, "Preparing the sign-in")
      yield* TestClock.adjust("29 seconds")
      yield* listening.open
      yield* Queue.takeN(progress, yield* Queue.size(progress))
      // From the first of these on, it waits for the person, with ten seconds left.
      yield* Queue.take(progress)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(call)).output["status"], "auth_pending")
    }).pipe(Effect.provide(GasAuth.layer())))

  it.effect("hears of the time-out of the sign-in where it waits for longer", () =>
    Effect.gen(function*() {
      const { auth, progress } = yield* GasAuth.connect({})
      const call = yield* Effect.forkChild(auth({ waitSeconds: 300 }, "news"), { startImmediately: true })
      yield* Queue.take(progress)
      yield* TestClock.adjust("301 seconds")
      const { output } = yield* Fiber.join(call)
      assert.notStrictEqual(output["status"], "auth_pending")
    }).pipe(Effect.provide(GasAuth.layer())))

  it.effect("answers at once with the address where the page could not be opened, however long it was to wait", () =>
    Effect.gen(function*() {
      const { auth, questions } = yield* GasAuth.connect(takesUrls)
      const first = yield* Effect.forkChild(auth({ waitSeconds: 40 }), { startImmediately: true })
      yield* Effect.flatMap(Queue.take(questions), ({ answer }) => answer("cancel"))
      const { output } = yield* Fiber.join(first)
      assert.strictEqual(output["status"], "auth_pending")
      assert.isString(output["authUrl"])
      assert.strictEqual((yield* auth()).output["authUrl"], output["authUrl"])
    }).pipe(Effect.provide(GasAuth.layer())))

  it.effect("tells the address meanwhile where no browser is to open", () =>
    Effect.gen(function*() {
      const { auth, progress } = yield* GasAuth.connect({})
      const call = yield* Effect.forkChild(auth({}, "news"), { startImmediately: true })
      const { message } = yield* Queue.take(progress)
      const { output } = yield* auth({ mode: "status" })
      assert.strictEqual(message, `Sign in at ${String(output["authUrl"])} (5 min 0 s left)`)
      yield* get(FakeProvider.consented({ authorizationUrl: String(output["authUrl"]) }))
      assert.strictEqual((yield* Fiber.join(call)).output["status"], "authenticated")
    }).pipe(Effect.provide(GasAuth.layer({ opens: false }))))
})
