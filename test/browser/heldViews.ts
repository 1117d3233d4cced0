/**
 * A tab that is slow between being sent on to its page and asking for it.
 */
import { Deferred, Effect } from "effect"
import type { Page } from "playwright-core"

export interface HeldViews {
  /** Returns once the tab has been sent on. */
  readonly held: Effect.Effect<void>
  /** Lets it ask for its page, now and from now on. */
  readonly release: Effect.Effect<void>
}

/** Holds a tab up where its page is. Speaks to the browser itself: routes do not see requests that a redirect makes. */
export const holdViews = Effect.fnUntraced(function*(tab: Page): Effect.fn.Return<HeldViews> {
  const held = yield* Deferred.make<void>()
  const browser = yield* Effect.promise(() => tab.context().newCDPSession(tab))
  browser.on("Fetch.requestPaused", () => Deferred.doneUnsafe(held, Effect.void))
  yield* Effect.promise(() => browser.send("Fetch.enable", { patterns: [{ urlPattern: "*/callback?view=*" }] }))
  return {
    held: Deferred.await(held),
    // Paused requests go on as if nothing had been.
    release: Effect.asVoid(Effect.promise(() => browser.send("Fetch.disable")))
  }
})
