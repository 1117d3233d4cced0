/**
 * What a person sees who says no, or whose yes is not enough.
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { describeInChromium } from "../support/chromium.ts"
import { begin, exchanges, withEngine } from "./engine.ts"
import {
  back,
  click,
  forward,
  isAnswered,
  keepsNoSecret,
  openTab,
  picture,
  refused,
  reload,
  textOf,
  titleOf
} from "./tab.ts"

/** Ways to be refused after consenting, as something to do before the click on Allow. */
const failures = [
  {
    name: "an un-ticked box",
    prepare: (tab: Page) => Effect.promise(() => tab.getByRole("checkbox").first().uncheck()),
    outcome: "ScopesMissing",
    says: "tick every box",
    pictured: true
  },
  {
    name: "a code that the provider does not take",
    prepare: () =>
      LocalGoogle.use(({ fail }) =>
        fail("token", { _tag: "Respond", status: 400, body: `{"error":"invalid_grant"}` }, 1)
      ),
    outcome: "ExchangeFailed",
    says: "refused to exchange",
    pictured: false
  }
] as const

describeInChromium("not signing in, in a real browser", () => {
  it.effect(
    "a no is a no, in words; asked again, the browser says that nobody is there, and nobody says anything else",
    () =>
      Effect.gen(function*() {
        const flow = yield* begin()
        const tab = yield* openTab(flow.authorizationUrl)
        yield* click(tab, "Cancel")
        assert.strictEqual(yield* titleOf(tab), "Sign-in declined")
        assert.include(yield* textOf(tab), "nothing was signed in to Google Apps Script")
        const address = tab.url()
        yield* picture(tab, "declined")
        assert.strictEqual((yield* Effect.flip(flow.outcome))._tag, "ConsentDenied")

        yield* refused(tab, () => tab.reload())
        const second = yield* openTab("about:blank")
        yield* refused(second, () => second.goto(address))
        yield* back(tab)
        yield* isAnswered(tab)
        yield* refused(tab, () => tab.goForward())
        assert.strictEqual(yield* exchanges, 0)
      }).pipe(withEngine()),
    30_000
  )

  for (const { name, outcome, pictured, prepare, says } of failures) {
    it.effect(
      `${name} is named, with what to do about it, and stays the same however it is looked at again`,
      () =>
        Effect.gen(function*() {
          const flow = yield* begin()
          const tab = yield* openTab(flow.authorizationUrl)
          yield* prepare(tab)
          const asked: Array<string> = []
          tab.on("request", (request) => asked.push(request.url()))
          yield* click(tab, "Allow")
          assert.strictEqual(yield* titleOf(tab), "Sign-in failed")
          const said = yield* textOf(tab)
          assert.include(said, says)
          keepsNoSecret(tab)
          if (pictured) yield* picture(tab, "failed")
          assert.strictEqual((yield* Effect.flip(flow.outcome))._tag, outcome)

          yield* reload(tab)
          assert.strictEqual(yield* textOf(tab), said)
          const callback = asked.find((url) => url.includes("code="))
          assert.isDefined(callback)
          const second = yield* openTab(callback)
          assert.strictEqual(yield* textOf(second), said)
          keepsNoSecret(second)
          yield* back(tab)
          yield* isAnswered(tab)
          yield* forward(tab)
          assert.strictEqual(yield* textOf(tab), said)
          assert.strictEqual(yield* exchanges, 1)
        }).pipe(withEngine()),
      30_000
    )
  }
})
