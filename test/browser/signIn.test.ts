/**
 * What a person sees who allows: the whole sign-in, clicked through the local Google's consent page.
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { describeInChromium } from "../support/chromium.ts"
import { refuses } from "../support/loopbackClient.ts"
import { begin, exchanges, withEngine } from "./engine.ts"
import { back, click, forward, isAnswered, keepsNoSecret, openTab, picture, reload, textOf, titleOf } from "./tab.ts"

describeInChromium("signing in, in a real browser", () => {
  it.effect(
    "ends on a page without the code, that stays the same however it is looked at again",
    () =>
      Effect.gen(function*() {
        const flow = yield* begin()
        const tab = yield* openTab(flow.authorizationUrl)
        yield* picture(tab, "consent")
        const asked: Array<string> = []
        tab.on("request", (request) => asked.push(request.url()))
        yield* click(tab, "Allow")
        assert.strictEqual(yield* titleOf(tab), "Signed in")
        const said = yield* textOf(tab)
        assert.include(said, "Ada Lovelace (ada@example.com)")
        keepsNoSecret(tab)
        yield* picture(tab, "signed-in")
        assert.strictEqual((yield* flow.outcome).account.email, "ada@example.com")

        yield* reload(tab)
        assert.strictEqual(yield* textOf(tab), said)

        const callback = asked.find((url) => url.includes("code="))
        assert.isDefined(callback)
        const second = yield* openTab(callback)
        assert.strictEqual(yield* textOf(second), said)
        keepsNoSecret(second)

        yield* back(tab)
        yield* isAnswered(tab)
        keepsNoSecret(tab)
        yield* forward(tab)
        assert.strictEqual(yield* textOf(tab), said)
        keepsNoSecret(tab)
        assert.strictEqual(yield* exchanges, 1)

        yield* TestClock.adjust("2 seconds")
        yield* Effect.repeat(refuses(Number(new URL(flow.redirectUri).port)), { until: (is) => is })
      }).pipe(withEngine()),
    30_000
  )

  it.effect(
    "a forged address says that it is not this sign-in, however it is looked at, and the sign-in goes on",
    () =>
      Effect.gen(function*() {
        const flow = yield* begin()
        const stranger = yield* openTab(`${flow.redirectUri}?code=stolen&state=guessed`)
        assert.strictEqual(yield* titleOf(stranger), "Not this sign-in")
        const said = yield* textOf(stranger)
        yield* picture(stranger, "not-this-sign-in")
        const tab = yield* openTab(flow.authorizationUrl)
        yield* click(tab, "Allow")
        assert.strictEqual(yield* titleOf(tab), "Signed in")
        yield* reload(stranger)
        assert.strictEqual(yield* textOf(stranger), said)
        yield* back(stranger)
        yield* forward(stranger)
        assert.strictEqual(yield* textOf(stranger), said)
        assert.strictEqual(yield* exchanges, 1)
      }).pipe(withEngine()),
    30_000
  )
})
