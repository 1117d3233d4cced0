/**
 * What a person sees whose sign-ins share one port.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { AccountKey } from "../../src/services/sign-in/AccountKey.ts"
import { describeInChromium } from "../support/chromium.ts"
import { freePort } from "../support/loopbackClient.ts"
import { heard } from "../support/recordedEvents.ts"
import { begin, exchanges, withEngine } from "./engine.ts"
import { holdViews } from "./heldViews.ts"
import { click, newTab, openTab, reload, titleOf } from "./tab.ts"

describeInChromium("two tabs on a fixed port, in a real browser", () => {
  it.effect(
    "a tab that reloads does not cost another one its page when a new sign-in wants the port",
    () =>
      Effect.gen(function*() {
        const port = yield* freePort
        yield* Effect.gen(function*() {
          yield* LocalGoogle.use(({ fail }) => fail("token", { _tag: "Hang" }, 1))
          const flow = yield* begin()
          const tab = yield* openTab(flow.authorizationUrl)
          const second = yield* newTab
          const views = yield* holdViews(second)
          yield* Effect.promise(() => second.goto(flow.authorizationUrl))
          const clicked = yield* Effect.forkChild(click(tab, "Allow"))
          yield* heard("CallbackAccepted")
          const clickedToo = yield* Effect.forkChild(click(second, "Allow"))
          yield* heard("CallbackDuplicate")
          yield* LocalGoogle.use(({ heal }) => heal)
          yield* Fiber.join(clicked)
          yield* views.held
          yield* flow.outcome

          const next = yield* Effect.forkChild(begin(AccountKey.make("another")), { startImmediately: true })
          yield* reload(tab)
          yield* reload(tab)
          assert.strictEqual(yield* titleOf(tab), "Signed in")
          assert.isUndefined(next.pollUnsafe())
          yield* views.release
          yield* Fiber.join(clickedToo)
          assert.strictEqual(yield* titleOf(second), "Already done")
          assert.strictEqual((yield* Fiber.join(next)).redirectUri, flow.redirectUri)

          // The port is another flow's now: it says nothing of the one before.
          yield* reload(second)
          assert.strictEqual(yield* titleOf(second), "Not this sign-in")
          assert.strictEqual(yield* exchanges, 1)
        }).pipe(withEngine(port))
      }),
    30_000
  )
})
