/**
 * What a person sees whose sign-in ended before they did.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { AuthFlows } from "../../src/services/sign-in/AuthFlows.ts"
import { gate } from "../support/checkpoints.ts"
import { describeInChromium } from "../support/chromium.ts"
import { heard } from "../support/recordedEvents.ts"
import { begin, exchanges, key, withEngine } from "./engine.ts"
import { allowInVain, back, click, isAnswered, openTab, picture, refused, textOf, titleOf } from "./tab.ts"

const cancel = AuthFlows.use((flows) => flows.cancel(key))
const logout = AuthFlows.use((flows) => flows.logout(key))

/** Ways to end while the person is on the consent page. */
const endings = [
  {
    by: "the clock",
    end: TestClock.adjust("5 minutes"),
    outcome: "FlowTimedOut",
    title: "Sign-in expired",
    picture: "expired"
  },
  { by: "a cancellation", end: cancel, outcome: "FlowCancelled", title: "Sign-in cancelled", picture: "cancelled" }
] as const

describeInChromium("a sign-in that has ended, in a real browser", () => {
  for (const { by, end, outcome, picture: name, title } of endings) {
    it.effect(
      `ended by ${by}: who allows in that very moment is told, and nothing is exchanged`,
      () =>
        Effect.gen(function*() {
          const answering = yield* gate("answer")
          const flow = yield* begin()
          const tab = yield* openTab(flow.authorizationUrl)
          const ending = yield* Effect.forkChild(end)
          yield* answering.reached
          const clicked = yield* Effect.forkChild(click(tab, "Allow"))
          yield* heard("CallbackDuplicate")
          yield* answering.open
          yield* Fiber.join(clicked)
          assert.strictEqual(yield* titleOf(tab), title)
          yield* picture(tab, name)
          yield* Fiber.join(ending)
          assert.strictEqual((yield* Effect.flip(flow.outcome))._tag, outcome)

          yield* refused(tab, () => tab.reload())
          yield* back(tab)
          yield* isAnswered(tab)
          assert.strictEqual(yield* exchanges, 0)
        }).pipe(withEngine()),
      30_000
    )

    it.effect(`ended by ${by}: who allows later finds nobody, and nothing is exchanged`, () =>
      Effect.gen(function*() {
        const flow = yield* begin()
        const tab = yield* openTab(flow.authorizationUrl)
        yield* end
        assert.strictEqual((yield* Effect.flip(flow.outcome))._tag, outcome)
        yield* refused(tab, () => allowInVain(tab))
        assert.strictEqual(yield* exchanges, 0)
      }).pipe(withEngine()), 30_000)
  }

  it.effect(
    "signed out while the code is exchanged, the page says that nothing was signed in",
    () =>
      Effect.gen(function*() {
        yield* LocalGoogle.use(({ fail }) => fail("token", { _tag: "Hang" }, 1))
        const flow = yield* begin()
        const tab = yield* openTab(flow.authorizationUrl)
        const clicked = yield* Effect.forkChild(click(tab, "Allow"))
        yield* heard("CallbackAccepted")
        const signingOut = yield* Effect.forkChild(logout)
        yield* heard("SignedOut")
        yield* LocalGoogle.use(({ heal }) => heal)
        yield* Fiber.join(clicked)
        assert.strictEqual(yield* titleOf(tab), "Sign-in cancelled")
        assert.include(yield* textOf(tab), "nothing was signed in to Google Apps Script")
        yield* Fiber.join(signingOut)
        assert.strictEqual((yield* Effect.flip(flow.outcome))._tag, "FlowCancelled")

        yield* refused(tab, () => tab.reload())
        yield* back(tab)
        yield* isAnswered(tab)
        assert.strictEqual(yield* exchanges, 1)
      }).pipe(withEngine()),
    30_000
  )
})
