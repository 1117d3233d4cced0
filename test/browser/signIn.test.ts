/**
 * What a person sees: the whole sign-in in a real browser, clicked through the local Google's consent page. On a virtual
 * clock, so that nothing expires while they look around.
 */
import { assert, describe, it } from "@effect/vitest"
import { Config, Duration, Effect, Layer, Option } from "effect"
import { Digest, SecureRandom } from "effect/crypto"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import process from "node:process"
import { fileURLToPath } from "node:url"
import type { Page } from "playwright-core"
import * as LocalGoogleOidc from "../../src/layers/local-google/LocalGoogleOidc.ts"
import * as AuthorizationServerDiscovered from "../../src/layers/provider/AuthorizationServerDiscovered.ts"
import * as AuthorizationServerGoogle from "../../src/layers/provider/AuthorizationServerGoogle.ts"
import * as OAuthFetch from "../../src/layers/provider/OAuthFetch.ts"
import * as AuthEventsPubSub from "../../src/layers/sign-in/AuthEventsPubSub.ts"
import * as AuthFlowsFibers from "../../src/layers/sign-in/AuthFlowsFibers.ts"
import * as BrowserNone from "../../src/layers/sign-in/BrowserNone.ts"
import * as CallbackPages from "../../src/layers/sign-in/CallbackPages.ts"
import * as CallbackServerLoopback from "../../src/layers/sign-in/CallbackServerLoopback.ts"
import * as KeyedLockMemory from "../../src/layers/sign-in/KeyedLockMemory.ts"
import * as SessionsSynchronized from "../../src/layers/sign-in/SessionsSynchronized.ts"
import * as SessionStoreMemory from "../../src/layers/storage/SessionStoreMemory.ts"
import { defaultScopes } from "../../src/services/config/Config.ts"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { AccountKey } from "../../src/services/sign-in/AccountKey.ts"
import { AuthFlows, ConsentDenied } from "../../src/services/sign-in/AuthFlows.ts"
import { Account } from "../../src/services/sign-in/Session.ts"
import { Chromium, layer as layerChromium, missing } from "../support/chromium.ts"
import { refuses } from "../support/loopbackClient.ts"

const noBrowser = await missing
if (noBrowser !== undefined) process.stderr.write(`Skipped: no browser can be started here (${noBrowser}).\n`)

const layerProvider = Layer.unwrap(
  Effect.map(LocalGoogle, ({ clientId, clientSecret, issuer }) =>
    AuthorizationServerDiscovered.layer({
      issuer,
      client: Effect.succeed({ clientId, clientSecret: Option.some(clientSecret) }),
      authorizationParameters: AuthorizationServerGoogle.authorizationParameters
    }))
).pipe(Layer.provide([
  OAuthFetch.layer.pipe(Layer.provide(FetchHttpClient.layer)),
  Digest.layerWebCrypto
]))

const layerSignIn = AuthFlowsFibers.layer({ scopes: defaultScopes, timeout: Duration.minutes(5) }).pipe(
  Layer.provide(SessionsSynchronized.layer),
  Layer.provide([
    layerProvider,
    CallbackServerLoopback.layer({ serverName: "Google Apps Script" }),
    BrowserNone.layer,
    SessionStoreMemory.layer,
    KeyedLockMemory.layer
  ]),
  Layer.provide([AuthEventsPubSub.layer, SecureRandom.layerWebCrypto]),
  Layer.provideMerge(Layer.fresh(LocalGoogleOidc.layer())),
  Layer.provideMerge(layerChromium)
)

const key = AccountKey.make("default")

const begin = Effect.flatMap(AuthFlows, (flows) => flows.start(key, { openBrowser: false })).pipe(
  Effect.flatMap((started) => started._tag === "Began" ? Effect.succeed(started.flow) : Effect.die(started._tag))
)

const openTab = (url: string) =>
  Effect.flatMap(Chromium, (chromium) =>
    Effect.promise(async () => {
      const tab = await chromium.newPage()
      await tab.goto(url)
      return tab
    }))

const titleOf = (tab: Page) => Effect.promise(() => tab.textContent("h1"))

/** Clicks a button that leads to another page, and waits for that page. */
const click = (tab: Page, button: string) =>
  Effect.promise(() =>
    Promise.all([tab.waitForURL(/127\.0\.0\.1:\d+\/callback/), tab.getByRole("button", { name: button }).click()])
  )

const pages = fileURLToPath(new URL("../../docs/pages/", import.meta.url))

/** Keeps a picture for the documentation, when these tests are run by the script that is for that. */
const picture = Effect.fnUntraced(function*(tab: Page, name: string) {
  const script = yield* Effect.option(Config.String("npm_lifecycle_event"))
  if (Option.isNone(script) || script.value !== "screenshots") return
  yield* Effect.promise(() => tab.screenshot({ path: `${pages}${name}.png`, fullPage: true }))
})

describe.skipIf(noBrowser !== undefined)("in a real browser", () => {
  it.effect(
    "a sign-in ends on a page without the code, that stays the same however it is looked at again",
    () =>
      Effect.gen(function*() {
        const google = yield* LocalGoogle
        const flow = yield* begin
        const tab = yield* openTab(flow.authorizationUrl)
        yield* picture(tab, "consent")
        const asked: Array<string> = []
        tab.on("request", (request) => asked.push(request.url()))
        yield* click(tab, "Allow")
        assert.strictEqual(yield* titleOf(tab), "Signed in")
        assert.include(yield* Effect.promise(() => tab.innerText("main")), "Ada Lovelace (ada@example.com)")
        assert.notMatch(tab.url(), /code=|state=/)
        yield* picture(tab, "signed-in")
        const session = yield* flow.outcome
        assert.strictEqual(session.account.email, "ada@example.com")

        yield* Effect.promise(() => tab.reload())
        assert.strictEqual(yield* titleOf(tab), "Signed in")

        const callback = asked.find((url) => url.includes("code="))
        assert.isDefined(callback)
        const second = yield* openTab(callback)
        assert.strictEqual(yield* titleOf(second), "Signed in")
        assert.notMatch(second.url(), /code=|state=/)

        yield* Effect.promise(() => tab.goBack())
        assert.notMatch(tab.url(), /code=|state=[^&]*&code/)
        yield* Effect.promise(() => tab.goForward())
        assert.strictEqual(yield* titleOf(tab), "Signed in")
        assert.strictEqual((yield* google.counts).exchanges, 1)

        yield* TestClock.adjust("2 seconds")
        yield* Effect.repeat(refuses(Number(new URL(flow.redirectUri).port)), { until: (is) => is })
      }).pipe(Effect.provide(layerSignIn)),
    30_000
  )

  it.effect("a no is a no, in words", () =>
    Effect.gen(function*() {
      const flow = yield* begin
      const tab = yield* openTab(flow.authorizationUrl)
      yield* click(tab, "Cancel")
      assert.strictEqual(yield* titleOf(tab), "Sign-in declined")
      yield* picture(tab, "declined")
      assert.strictEqual((yield* Effect.flip(flow.outcome))._tag, "ConsentDenied")
    }).pipe(Effect.provide(layerSignIn)), 30_000)

  it.effect("an un-ticked box is named, with what to do about it", () =>
    Effect.gen(function*() {
      const flow = yield* begin
      const tab = yield* openTab(flow.authorizationUrl)
      yield* Effect.promise(() => tab.getByRole("checkbox").first().uncheck())
      yield* click(tab, "Allow")
      assert.strictEqual(yield* titleOf(tab), "Sign-in failed")
      assert.include(yield* Effect.promise(() => tab.innerText("main")), "tick every box")
      yield* picture(tab, "failed")
      assert.strictEqual((yield* Effect.flip(flow.outcome))._tag, "ScopesMissing")
    }).pipe(Effect.provide(layerSignIn)), 30_000)

  it.effect("a forged address says that it is not this sign-in, which goes on", () =>
    Effect.gen(function*() {
      const flow = yield* begin
      const stranger = yield* openTab(`${flow.redirectUri}?code=stolen&state=guessed`)
      assert.strictEqual(yield* titleOf(stranger), "Not this sign-in")
      yield* picture(stranger, "not-this-sign-in")
      const tab = yield* openTab(flow.authorizationUrl)
      yield* click(tab, "Allow")
      assert.strictEqual(yield* titleOf(tab), "Signed in")
    }).pipe(Effect.provide(layerSignIn)), 30_000)

  it.effect(
    "every page can be read by people and machines, in the light and in the dark",
    () =>
      Effect.gen(function*() {
        const chromium = yield* Chromium
        const title = "Google Apps Script"
        const account = new Account({ email: "ada@example.com", name: "Ada Lovelace" })
        const outcomes = {
          "signed-in": CallbackPages.outcome(title, { _tag: "SignedIn", account }),
          declined: CallbackPages.outcome(title, { _tag: "Denied" }),
          failed: CallbackPages.outcome(title, { _tag: "Failed", error: new ConsentDenied() }),
          expired: CallbackPages.outcome(title, { _tag: "Expired" }),
          cancelled: CallbackPages.outcome(title, { _tag: "Cancelled" }),
          "not-this-sign-in": CallbackPages.notThisSignIn
        }
        for (const [name, { body }] of Object.entries(outcomes)) {
          const tab = yield* Effect.promise(() => chromium.newPage())
          yield* Effect.promise(() => tab.setContent(body))
          const seen = yield* Effect.promise(() =>
            tab.evaluate(`({
            language: document.documentElement.lang,
            title: document.title,
            headings: document.querySelectorAll("h1").length,
            landmarks: document.querySelectorAll("main").length,
            scripts: document.scripts.length,
            overflows: document.documentElement.scrollWidth > innerWidth
          })`)
          )
          assert.deepStrictEqual(seen, {
            language: "en",
            title: yield* titleOf(tab),
            headings: 1,
            landmarks: 1,
            scripts: 0,
            overflows: false
          })
          const paper = () => tab.evaluate("getComputedStyle(document.body).backgroundColor")
          const light = yield* Effect.promise(paper)
          if (name === "expired" || name === "cancelled") yield* picture(tab, name)
          yield* Effect.promise(() => tab.emulateMedia({ colorScheme: "dark" }))
          assert.notStrictEqual(yield* Effect.promise(paper), light)
          if (name === "signed-in") yield* picture(tab, `${name}-dark`)
        }
      }).pipe(Effect.provide(layerChromium)),
    30_000
  )
})
