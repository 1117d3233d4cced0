/**
 * What an operator reads of the sign-in: everything once, and of a flood only that it is one.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, Queue, References } from "effect"
import { TestClock } from "effect/testing"
import * as AuthEventsLog from "../../../src/layers/sign-in/AuthEventsLog.ts"
import * as AuthEventsPubSub from "../../../src/layers/sign-in/AuthEventsPubSub.ts"
import { type AuthEvent, AuthEvents } from "../../../src/services/sign-in/AuthEvents.ts"
import { FlowId } from "../../../src/services/sign-in/Session.ts"

interface Line {
  readonly level: string
  readonly text: string
  readonly details: Readonly<Record<string, unknown>>
}

class Lines
  extends Context.Service<Lines, Queue.Queue<Line>>()("mcp-gas/test/layers/sign-in/AuthEventsLog.test/Lines")
{}

const layer = Effect.gen(function*() {
  const lines = yield* Queue.unbounded<Line>()
  const capture = Logger.make<unknown, void>(({ fiber, logLevel, message }) => {
    Queue.offerUnsafe(lines, {
      level: logLevel,
      text: String(message),
      details: fiber.getRef(References.CurrentLogAnnotations)
    })
  })
  return AuthEventsLog.layer.pipe(
    Layer.provideMerge(AuthEventsPubSub.layer),
    Layer.provideMerge(Layer.succeed(Lines, lines)),
    Layer.provideMerge(Logger.layer([capture]))
  )
}).pipe(Layer.unwrap)

const publish = (event: AuthEvent) => AuthEvents.use((events) => events.publish(event))
const nextLine = Lines.use((lines) => Queue.take(lines))

const flowId = FlowId.make("flow")
const forged: AuthEvent = { _tag: "CallbackForged", flowId, reason: "state_missing" }
const accepted: AuthEvent = { _tag: "CallbackAccepted", flowId }

describe("AuthEventsLog", () => {
  it.effect("writes a line for each event, with what the event says", () =>
    Effect.gen(function*() {
      yield* publish(accepted)
      assert.deepStrictEqual(yield* nextLine, { level: "Info", text: "CallbackAccepted", details: { flowId } })
      yield* publish({ _tag: "BrowserFailed", flowId, problem: "none" })
      assert.deepInclude(yield* nextLine, { level: "Warn", text: "BrowserFailed" })
    }).pipe(Effect.provide(layer)))

  it.effect("of a thousand forged callbacks it writes the first, and how many more there were", () =>
    Effect.gen(function*() {
      yield* Effect.repeat(publish(forged), { times: 999 })
      yield* publish(accepted)
      assert.deepStrictEqual(yield* nextLine, {
        level: "Warn",
        text: "CallbackForged",
        details: { flowId, reason: "state_missing" }
      })
      assert.deepStrictEqual(yield* nextLine, {
        level: "Warn",
        text: "CallbackForged",
        details: { unmentioned: 999 }
      })
      assert.strictEqual((yield* nextLine).text, "CallbackAccepted")
    }).pipe(Effect.provide(layer)))

  it.effect("a clock that is set back mutes nothing", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(3_600_000)
      yield* publish(forged)
      yield* nextLine
      yield* TestClock.setTime(0)
      yield* TestClock.adjust("1 seconds")
      yield* publish(forged)
      assert.strictEqual((yield* nextLine).text, "CallbackForged")
    }).pipe(Effect.provide(layer)))

  it.effect("a flood that goes on is a line a second", () =>
    Effect.gen(function*() {
      yield* publish(forged)
      assert.notProperty((yield* nextLine).details, "unmentioned")
      for (const forgeries of [10, 20, 30]) {
        yield* TestClock.adjust("999 millis")
        yield* Effect.repeat(publish(forged), { times: forgeries - 1 })
        // Has been read when the line of the next event is there.
        yield* Effect.yieldNow
        yield* TestClock.adjust("1 millis")
        yield* publish(forged)
        assert.deepInclude((yield* nextLine).details, { unmentioned: forgeries })
      }
    }).pipe(Effect.provide(layer)))
})
