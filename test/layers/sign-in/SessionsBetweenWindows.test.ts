/**
 * Windows that need a new access token at the same moment, at a provider that would give one to each: one of them asks for it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { gate, visits } from "../../support/checkpoints.ts"
import * as FakeProvider from "../../support/fakeProvider.ts"
import { work } from "../../support/signIn.ts"
import { beginIn, layerMachine, layerWithoutLeases, twoWindows } from "../../support/windowsInMemory.ts"

/** Two windows with a token that has expired, and both ask for another one. */
const bothAsk = Effect.gen(function*() {
  const [one, other] = yield* twoWindows
  const flow = yield* beginIn(one, work, false)
  yield* one.complete(work, FakeProvider.consented(flow))
  yield* TestClock.adjust("2 hours")
  const held = yield* gate("refresh")
  const asking = yield* Effect.forEach([one, other], ({ sessions }) => Effect.forkChild(sessions.fresh(work)))
  yield* held.reached
  // Whoever else was about to ask has asked by now.
  yield* TestClock.adjust("1 second")
  const asked = yield* visits("refresh")
  yield* held.open
  yield* TestClock.adjust("1 second")
  const tokens = yield* Effect.forEach(
    asking,
    (fiber) => Effect.map(Fiber.join(fiber), ({ tokens: { accessToken } }) => Redacted.value(accessToken))
  )
  return { asked, tokens, inAll: yield* visits("refresh") }
})

const refreshed = ["access-refreshed", "access-refreshed"]

describe("Renewing in two windows", () => {
  it.effect("is done by one of them, and the other has what came of it", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* bothAsk, { asked: 1, tokens: refreshed, inAll: 1 })
    }).pipe(Effect.provide(layerMachine)))

  it.effect("is done twice where leases keep nobody out, and nothing is wrong with that", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* bothAsk).tokens, refreshed)
    }).pipe(Effect.provide(layerWithoutLeases)))
})
