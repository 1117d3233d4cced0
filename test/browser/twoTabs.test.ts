/**
 * What a person sees who has the same sign-in open twice.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { describeInChromium } from "../support/chromium.ts"
import { heard } from "../support/recordedEvents.ts"
import { begin, exchanges, withEngine } from "./engine.ts"
import {
  allowInVain,
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

const hang = LocalGoogle.use(({ fail }) => fail("token", { _tag: "Hang" }, 1))
const heal = LocalGoogle.use((google) => google.heal)

describeInChromium("two tabs of a real browser", () => {
  it.effect(
    "the second to allow is already done, however it is looked at again, and the first stays as it was",
    () =>
      Effect.gen(function*() {
        const flow = yield* begin()
        const tab = yield* openTab(flow.authorizationUrl)
        const second = yield* openTab(flow.authorizationUrl)
        yield* click(tab, "Allow")
        assert.strictEqual(yield* titleOf(tab), "Signed in")
        yield* click(second, "Allow")
        assert.strictEqual(yield* titleOf(second), "Already done")
        const said = yield* textOf(second)
        assert.include(said, "finished in another tab")
        assert.include(said, "Ada Lovelace (ada@example.com) is now signed in")
        keepsNoSecret(second)
        yield* picture(second, "already-done")

        yield* reload(second)
        assert.strictEqual(yield* textOf(second), said)
        yield* back(second)
        yield* isAnswered(second)
        yield* forward(second)
        assert.strictEqual(yield* textOf(second), said)
        yield* reload(tab)
        assert.strictEqual(yield* titleOf(tab), "Signed in")
        assert.strictEqual((yield* flow.outcome).account.email, "ada@example.com")
        assert.strictEqual(yield* exchanges, 1)
      }).pipe(withEngine()),
    30_000
  )

  it.effect(
    "both allow before either is answered: one code is spent, and each tab has its own page",
    () =>
      Effect.gen(function*() {
        yield* hang
        const flow = yield* begin()
        const tab = yield* openTab(flow.authorizationUrl)
        const second = yield* openTab(flow.authorizationUrl)
        const clicked = yield* Effect.forkChild(click(tab, "Allow"))
        yield* heard("CallbackAccepted")
        const clickedToo = yield* Effect.forkChild(click(second, "Allow"))
        yield* heard("CallbackDuplicate")
        yield* heal
        yield* Fiber.join(clicked)
        yield* Fiber.join(clickedToo)
        assert.strictEqual(yield* titleOf(tab), "Signed in")
        assert.strictEqual(yield* titleOf(second), "Already done")
        yield* flow.outcome
        assert.strictEqual(yield* exchanges, 1)
      }).pipe(withEngine()),
    30_000
  )

  it.effect("a no after a yes changes nothing, and says how it ended", () =>
    Effect.gen(function*() {
      const flow = yield* begin()
      const tab = yield* openTab(flow.authorizationUrl)
      const second = yield* openTab(flow.authorizationUrl)
      yield* click(tab, "Allow")
      yield* click(second, "Cancel")
      assert.strictEqual(yield* titleOf(second), "Already done")
      assert.include(yield* textOf(second), "is now signed in")
      keepsNoSecret(second)
      yield* flow.outcome
    }).pipe(withEngine()), 30_000)

  it.effect("a yes after a failure is not tried, and says how it ended", () =>
    Effect.gen(function*() {
      const flow = yield* begin()
      const tab = yield* openTab(flow.authorizationUrl)
      const second = yield* openTab(flow.authorizationUrl)
      yield* Effect.promise(() => tab.getByRole("checkbox").first().uncheck())
      yield* click(tab, "Allow")
      assert.strictEqual(yield* titleOf(tab), "Sign-in failed")
      yield* click(second, "Allow")
      assert.strictEqual(yield* titleOf(second), "Already done")
      const said = yield* textOf(second)
      assert.include(said, "These permissions were not granted")
      assert.include(said, "tick every box")
      assert.notInclude(said, "signed in to")
      assert.strictEqual((yield* Effect.flip(flow.outcome))._tag, "ScopesMissing")
      assert.strictEqual(yield* exchanges, 1)
    }).pipe(withEngine()), 30_000)

  it.effect("a yes after a no finds nobody, and nothing is exchanged", () =>
    Effect.gen(function*() {
      const flow = yield* begin()
      const tab = yield* openTab(flow.authorizationUrl)
      const second = yield* openTab(flow.authorizationUrl)
      yield* click(tab, "Cancel")
      assert.strictEqual(yield* titleOf(tab), "Sign-in declined")
      assert.strictEqual((yield* Effect.flip(flow.outcome))._tag, "ConsentDenied")
      yield* refused(second, () => allowInVain(second))
      assert.strictEqual(yield* exchanges, 0)
    }).pipe(withEngine()), 30_000)
})
