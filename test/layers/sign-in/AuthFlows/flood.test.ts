/**
 * However much comes in at once: the page is true, the flow lives, and the person does not wait.
 */
import { assert, describe, it } from "@effect/vitest"
import { Array, Duration, Effect, Fiber, Ref } from "effect"
import { Agent, request } from "node:http"
import process from "node:process"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import type { AuthFlow } from "../../../../src/services/sign-in/AuthFlows.ts"
import { gate, visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { dial, get, send } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { begin, layerSignIn, portOf, stored, work } from "../../../support/signIn.ts"

/** One forged callback as fast as the machine sends them; what it is answered is looked at by status only. */
const forge = (flow: AuthFlow, agent: Agent, number: number) =>
  Effect.callback<number>((resume) => {
    const query = number % 2 === 0 ? `code=${number}&state=${number}` : `error=access_denied&state=${number}`
    const outgoing = request(`${flow.redirectUri}?${query}`, { agent }, (response) => {
      response.resume()
      response.once("end", () => resume(Effect.succeed(response.statusCode ?? 0)))
    })
    outgoing.once("error", () => resume(Effect.succeed(0)))
    outgoing.end()
  })

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

/** Bytes that something still refers to. */
const heapInUse = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

describe("A flood", () => {
  it.live("of 200 genuine callbacks at once makes one exchange and 200 true pages, none of them early", () =>
    Effect.gen(function*() {
      const exchange = yield* gate("exchange")
      const answered = yield* Ref.make(0)
      const flow = yield* begin(work)
      const tabs = yield* Effect.forkChild(
        Effect.forEach(
          Array.range(1, 200),
          () => Effect.tap(get(FakeProvider.consented(flow)), Ref.update(answered, (count) => count + 1)),
          { concurrency: "unbounded" }
        )
      )
      yield* exchange.reached
      yield* RecordedEvents.heard("CallbackDuplicate", 199)
      // Whatever was sent before this round trip has been read by now.
      yield* get(`http://127.0.0.1:${portOf(flow)}/favicon.ico`)
      assert.strictEqual(yield* Ref.get(answered), 0)
      assert.strictEqual((yield* stored(work))._tag, "Never")
      yield* exchange.open
      const pages = yield* Fiber.join(tabs)
      assert.isTrue(pages.every(({ status, text }) => status === 200 && text.includes("<h1>Signed in</h1>")))
      assert.strictEqual(yield* visits("exchange"), 1)
      assert.strictEqual(yield* RecordedEvents.count("CallbackAccepted"), 1)
    }).pipe(Effect.provide(layerSignIn())))

  it.live(
    "of 10,000 forged callbacks leaves the flow alone, the memory flat and the person unhurried",
    () =>
      Effect.gen(function*() {
        const flow = yield* begin(work)
        const agent = new Agent({ maxSockets: 64 })
        const wave = (from: number, count: number) =>
          Effect.forEach(Array.range(from, from + count - 1), (number) => forge(flow, agent, number), {
            concurrency: 64
          })
        // The first thousand pay for what is compiled and cached once.
        const answers = [yield* wave(0, 1_000)]
        const before = heapInUse()
        answers.push(yield* wave(1_000, 8_500))
        assert.isBelow(heapInUse() - before, 8 * 1024 * 1024, "bytes kept of 8,500 forged callbacks")

        const rest = yield* Effect.forkChild(wave(9_500, 500))
        const [took, page] = yield* Effect.timed(get(FakeProvider.consented(flow)))
        assert.include(page.text, "<h1>Signed in</h1>")
        assert.isBelow(Duration.toMillis(took), 100)
        answers.push(yield* Fiber.join(rest))
        assert.strictEqual(answers.flat().length, 10_000)
        assert.isTrue(answers.flat().every((status) => status === 400))
        assert.strictEqual(yield* visits("exchange"), 1)
        yield* flow.outcome
      }).pipe(Effect.provide(layerSignIn())),
    30_000
  )

  it.live("of silent connections, past the limit, does not keep the person out", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const oldest = yield* dial(portOf(flow))
      yield* Effect.forEach(Array.range(1, 600), () => dial(portOf(flow)), { concurrency: 50 })
      assert.strictEqual(yield* oldest.untilClosed, "", "the oldest made room")
      const page = yield* get(FakeProvider.consented(flow))
      assert.include(page.text, "<h1>Signed in</h1>")
    }).pipe(Effect.scoped, Effect.provide(layerSignIn())))

  it.live("of headers is cut off", () =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const long = yield* send(`${flow.redirectUri}?state=${"x".repeat(20_000)}`)
      assert.strictEqual(long.status, 431)
      const page = yield* get(FakeProvider.consented(flow))
      assert.include(page.text, "<h1>Signed in</h1>")
    }).pipe(Effect.provide(layerSignIn())))
})
