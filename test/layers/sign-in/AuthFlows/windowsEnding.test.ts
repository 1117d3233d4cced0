import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Option } from "effect"
import { TestClock } from "effect/testing"
import { ExchangeFailed } from "../../../../src/services/provider/AuthorizationServer.ts"
import type { AuthFlow } from "../../../../src/services/sign-in/AuthFlows.ts"
import {
  AccountMismatch,
  ConsentDenied,
  type FlowFailure,
  FlowTimedOut,
  ScopesMissing
} from "../../../../src/services/sign-in/FlowFailure.ts"
import { Account } from "../../../../src/services/sign-in/Session.ts"
import { gate } from "../../../support/checkpoints.ts"
import type { FakeProvider as Provider } from "../../../support/fakeProvider.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get, type NotConnected } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { stored } from "../../../support/signIn.ts"
import { beginIn, fourWindows, layerMachine, shownIn, until } from "../../../support/windowsInMemory.ts"

/** A slot that only Grace may sign in to. */
const key = FakeProvider.graceKey
const grace = FakeProvider.behave({ userinfo: new Account({ sub: "1906", email: key, name: "Grace" }) })

interface Way {
  readonly provider: Effect.Effect<void, never, Provider>
  readonly end: (flow: AuthFlow) => Effect.Effect<void, NotConnected>
  readonly error: FlowFailure
}

const consents = (flow: AuthFlow) => Effect.asVoid(get(FakeProvider.consented(flow)))
const refused = new ExchangeFailed({ error: "invalid_grant", description: "Bad Request", ambiguous: false })

const ways: Readonly<Record<string, Way>> = {
  "a person's no": {
    provider: grace,
    end: (flow) => Effect.asVoid(get(FakeProvider.denied(flow))),
    error: new ConsentDenied()
  },
  "permissions that were not granted": {
    provider: Effect.andThen(grace, FakeProvider.behave({ granted: ["openid", "email"] })),
    end: consents,
    error: new ScopesMissing({ missing: ["script.projects"], granted: ["openid", "email"] })
  },
  "somebody else's consent": {
    provider: FakeProvider.behave({ userinfo: FakeProvider.ada }),
    end: consents,
    error: new AccountMismatch({ expected: key, actual: "ada@example.com" })
  },
  "the deadline": {
    provider: grace,
    end: () => TestClock.adjust("5 minutes"),
    error: new FlowTimedOut({ after: Duration.minutes(5) })
  },
  "a code that the provider does not take": {
    provider: FakeProvider.behave({ exchangeFailure: refused }),
    end: consents,
    error: refused
  }
}

describe("Ending across windows", () => {
  for (const [what, { end, error, provider }] of Object.entries(ways)) {
    it.effect(`${what} ends the flow in all windows, with the same error, and the next start begins anew`, () =>
      Effect.gen(function*() {
        const [owner, one, other, bystander] = yield* fourWindows
        yield* provider
        const flow = yield* beginIn(owner, key)
        const flows = [flow, yield* beginIn(one, key), yield* beginIn(other, key), yield* shownIn(bystander, key)]
        const waiting = yield* Effect.forkChild(
          Effect.forEach(flows, ({ outcome }) => Effect.flip(outcome), { concurrency: "unbounded" }),
          { startImmediately: true }
        )
        yield* end(flow)
        const errors = yield* Fiber.join(waiting)
        assert.deepStrictEqual(errors, [error, error, error, error])
        assert.strictEqual((yield* stored(key))._tag, "Never")
        for (const window of [owner, one, other, bystander]) {
          assert.isTrue(Option.isNone(yield* window.pending(key)))
        }
        assert.strictEqual(yield* RecordedEvents.count("LeaseTakenOver"), 0)
        const next = yield* other.start(key, { openBrowser: false })
        assert.strictEqual(next._tag, "Began")
        assert.notStrictEqual((yield* shownIn(owner, key)).id, flow.id)
      }).pipe(Effect.provide(layerMachine)))
  }

  it.effect("an exchange that is under way at the deadline is waited for in all windows", () =>
    Effect.gen(function*() {
      const [owner, one, other, bystander] = yield* fourWindows
      yield* grace
      const flow = yield* beginIn(owner, key)
      const flows = [flow, yield* beginIn(one, key), yield* beginIn(other, key), yield* shownIn(bystander, key)]
      const waiting = yield* Effect.forkChild(
        Effect.forEach(flows, ({ outcome }) => outcome, { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      const exchange = yield* gate("exchange")
      yield* TestClock.adjust("299 seconds")
      const page = yield* Effect.forkChild(get(FakeProvider.consented(flow)))
      yield* exchange.reached
      yield* until(flow, ({ answered }) => answered)
      yield* TestClock.adjust("30 seconds")
      assert.isUndefined(waiting.pollUnsafe())
      yield* exchange.open
      const sessions = yield* Fiber.join(waiting)
      assert.strictEqual(new Set(sessions).size, 1)
      assert.strictEqual(sessions[0]?.flowId, flow.id)
      assert.include((yield* Fiber.join(page)).text, "<h1>Signed in</h1>")
    }).pipe(Effect.provide(layerMachine)))
})
