/**
 * What a person does with a tab, and sees in it.
 */
import { assert } from "@effect/vitest"
import { Config, Effect, Option } from "effect"
import { fileURLToPath } from "node:url"
import type { Page } from "playwright-core"
import { Chromium } from "../support/chromium.ts"

/** An empty tab, of the one browser. */
export const newTab = Chromium.use(({ context }) => Effect.promise(() => context.newPage()))

export const openTab = Effect.fnUntraced(function*(url: string) {
  const tab = yield* newTab
  yield* Effect.promise(() => tab.goto(url))
  return tab
})

export const titleOf = (tab: Page) => Effect.promise(() => tab.textContent("h1"))

export const textOf = (tab: Page) => Effect.promise(() => tab.innerText("main"))

/** Clicks a button that leads to the callback, and waits until the browser has been answered there. */
export const click = (tab: Page, button: "Allow" | "Cancel") =>
  Effect.promise(() =>
    Promise.all([tab.waitForURL(/127\.0\.0\.1:\d+\/callback/), tab.getByRole("button", { name: button }).click()])
  )

/** Allows, and rejects with the reason why the callback could not be reached. */
export const allowInVain = async (tab: Page): Promise<void> => {
  const [failed] = await Promise.all([
    tab.waitForEvent("requestfailed"),
    tab.getByRole("button", { name: "Allow" }).click()
  ])
  throw new Error(failed.failure()?.errorText)
}

export const reload = (tab: Page) => Effect.promise(() => tab.reload())
export const back = (tab: Page) => Effect.promise(() => tab.goBack())
export const forward = (tab: Page) => Effect.promise(() => tab.goForward())

/** What stays in the history names neither the code nor the state. */
export const keepsNoSecret = (tab: Page) => assert.notMatch(tab.url(), /[?&](?:code|state)=/)

/** Back on a consent page that has been answered, the local Google says so, and there is nothing to answer. */
export const isAnswered = Effect.fnUntraced(function*(tab: Page) {
  assert.strictEqual(new URL(tab.url()).pathname.split("/")[1], "signin")
  assert.strictEqual(yield* titleOf(tab), "Access blocked: authorization error")
  assert.include(yield* textOf(tab), "This sign-in is over or has expired.")
  assert.strictEqual(yield* Effect.promise(() => tab.getByRole("button").count()), 0)
})

/** Goes where nobody listens any more: it is the browser that says so, with a page of its own, and nobody else speaks. */
export const refused = Effect.fnUntraced(function*(tab: Page, going: () => Promise<unknown>) {
  const problem = yield* Effect.promise(() => going().then(() => "somebody answered", String))
  assert.include(problem, "ERR_CONNECTION_REFUSED")
  yield* Effect.promise(() => tab.waitForURL("chrome-error://chromewebdata/"))
  // Without a window, the browser's own page has no words.
  assert.strictEqual(yield* Effect.promise(() => tab.innerText("body")), "")
})

const pages = fileURLToPath(new URL("../../docs/pages/", import.meta.url))

/** Keeps a picture for the documentation, when these tests are run by the script that is for that. */
export const picture = Effect.fnUntraced(function*(tab: Page, name: string) {
  const script = yield* Effect.option(Config.String("npm_lifecycle_event"))
  if (Option.isNone(script) || script.value !== "screenshots") return
  yield* Effect.promise(() => tab.screenshot({ path: `${pages}${name}.png`, fullPage: true }))
})
