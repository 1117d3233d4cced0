/**
 * Every page as it arrives over HTTP, with its headers: can it be read, and does it keep to its content security policy.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import * as CallbackServerLoopback from "../../src/layers/sign-in/CallbackServerLoopback.ts"
import { AuthorizationResponse } from "../../src/services/provider/AuthorizationResponse.ts"
import { type CallbackPage, CallbackServer } from "../../src/services/sign-in/CallbackServer.ts"
import { ConsentDenied, ScopesMissing } from "../../src/services/sign-in/FlowFailure.ts"
import { Account, FlowId } from "../../src/services/sign-in/Session.ts"
import { describeInChromium, layer as layerChromium } from "../support/chromium.ts"
import * as RecordedEvents from "../support/recordedEvents.ts"
import { begin, nothingComplained, withEngine } from "./engine.ts"
import { isLegible } from "./legible.ts"
import { back, click, isAnswered, newTab, openTab, picture, titleOf } from "./tab.ts"

const flow = {
  flowId: FlowId.make("flow"),
  expected: { state: Redacted.make("the-state"), issuer: { identifier: "https://provider.test", required: false } }
}

const layer = CallbackServerLoopback.layer({ serverName: "Google Apps Script" }).pipe(
  Layer.provide([RecordedEvents.layer, SecureRandom.layerWebCrypto]),
  Layer.merge(layerChromium)
)

const scope = (name: string) => `https://www.googleapis.com/auth/script.${name}`

const pages: ReadonlyArray<{ readonly title: string; readonly page: CallbackPage }> = [
  {
    title: "Signed in",
    page: { _tag: "SignedIn", account: new Account({ email: "ada@example.com", name: "Ada Lovelace" }) }
  },
  { title: "Sign-in declined", page: { _tag: "Denied" } },
  { title: "Sign-in failed", page: { _tag: "Failed", error: new ConsentDenied() } },
  {
    title: "Sign-in failed",
    page: {
      _tag: "Failed",
      error: new ScopesMissing({ missing: [scope("projects"), scope("deployments"), scope("processes")], granted: [] })
    }
  },
  { title: "Sign-in expired", page: { _tag: "Expired" } },
  { title: "Signed out", page: { _tag: "SignedOut", account: new Account({ email: "ada@example.com" }) } },
  { title: "Sign-in cancelled", page: { _tag: "Cancelled" } }
]

/** Words of others, that have no place to break. */
const longWords: CallbackPage = {
  _tag: "SignedIn",
  account: new Account({ email: `${"countess".repeat(8)}@${"lovelace".repeat(7)}.example` })
}

/** Serves a page, and looks at it as the first browser sees it, a later one, and one that is of no sign-in. */
const lookAt = (page: CallbackPage, title: string) =>
  Effect.gen(function*() {
    const server = yield* CallbackServer
    const deciding = AuthorizationResponse.Code({ code: Redacted.make("the-code") })
    const listener = yield* server.open(flow, () => Effect.succeed(false))
    yield* listener.answer(page, true, deciding)
    const tab = yield* newTab
    const shows = Effect.fnUntraced(function*(query: string, heading: string) {
      yield* Effect.promise(() => tab.goto(`${listener.redirectUri}?${query}`))
      assert.strictEqual(yield* titleOf(tab), heading)
      yield* isLegible(tab)
    })
    yield* shows("state=the-state&code=the-code", title)
    yield* shows("state=the-state&code=another", "Already done")
    yield* shows("state=guessed&code=stolen", "Not this sign-in")
  }).pipe(Effect.scoped)

describeInChromium("every page, in a real browser", () => {
  it.effect(
    "of the callback can be read by people and machines",
    () =>
      Effect.forEach(pages, ({ page, title }) => lookAt(page, title), { discard: true }).pipe(
        Effect.andThen(nothingComplained),
        Effect.provide(layer)
      ),
    30_000
  )

  it.effect(
    "can be read with a name or an address that is longer than a line",
    () => lookAt(longWords, "Signed in").pipe(Effect.andThen(nothingComplained), Effect.provide(layer)),
    30_000
  )

  it.effect("of the local Google can be read by people and machines", () =>
    Effect.gen(function*() {
      const tab = yield* openTab((yield* begin()).authorizationUrl)
      yield* isLegible(tab, "Sign in to mcp-gas")
      yield* click(tab, "Allow")
      yield* Effect.promise(() => tab.emulateMedia({ colorScheme: "dark" }))
      yield* picture(tab, "signed-in-dark")
      yield* back(tab)
      yield* isAnswered(tab)
      yield* isLegible(tab, "Access blocked")
    }).pipe(withEngine()), 30_000)
})
