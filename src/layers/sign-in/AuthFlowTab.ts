/**
 * Opening a page for the person of a flow: once per flow, and for an account at most once in ten seconds on the whole
 * machine, whatever becomes of the flows and of the processes that run them.
 */
import { Deferred, Duration, Effect, Ref, type Scope, Stream, SubscriptionRef } from "effect"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import type { FlowShown } from "../../services/sign-in/AuthFlows.ts"
import { Browser } from "../../services/sign-in/Browser.ts"
import type { FlowPage, UrlOpener } from "../../services/sign-in/UrlOpener.ts"
import { FlowStore, type TabClaim } from "../../services/storage/FlowStore.ts"
import { patiently } from "../storage/StorePatience.ts"
import { type AuthFlowEntry, endedBy } from "./AuthFlowEntry.ts"

/** How long an account has no second tab opened by itself. */
const rest = Duration.seconds(10)

export interface AuthFlowTab {
  /**
   * Opens the page when the first caller wants it, in that caller's way, if nobody has and the account had no tab just now;
   * goes on until it is interrupted, which is when whoever opened the page hears that it is over. A flow that succeeds another
   * one is shown for callers who wanted that and still wait, as soon as the account may have another tab: the one they have leads
   * nowhere any more.
   * `earlier` is how many had wanted one before this flow was shown (`wanted`).
   */
  readonly serve: (entry: AuthFlowEntry, page: FlowPage, earlier: number) => Effect.Effect<void>
  /**
   * How many callers have wanted a browser before the flow that is about to be shown. Nobody has before the first one: all
   * who did have waited for it.
   */
  readonly wanted: (entry: AuthFlowEntry, succeeds: boolean) => Effect.Effect<number>
}

export const make: Effect.Effect<AuthFlowTab, never, AuthEvents | Browser | FlowStore> = Effect.gen(function*() {
  const store = yield* FlowStore
  const browser = yield* Browser
  const events = yield* AuthEvents

  const byBrowser: UrlOpener = ({ authorizationUrl }) => Effect.as(browser.open(authorizationUrl), "opened")

  /** The person's no ends the flow, in whichever process it is, unless they have answered it already. */
  const declined = Effect.fnUntraced(function*(entry: AuthFlowEntry, { flowId }: FlowPage) {
    if ((yield* Ref.get(entry.role))._tag !== "Owning") {
      return yield* patiently(store.change(flowId, { _tag: "Asked", by: "decline" })).pipe(
        Effect.catchTag(
          "StoreUnavailable",
          ({ message }) => Effect.logWarning("That the person has declined a sign-in could not be passed on.", message)
        )
      )
    }
    const first = yield* Deferred.succeed(entry.decision, { _tag: "Ended", error: endedBy("decline") })
    if (first) yield* Deferred.succeed(entry.condemned, undefined)
  })

  const open = Effect.fnUntraced(function*(entry: AuthFlowEntry, page: FlowPage) {
    const { flowId } = page
    const { opener = byBrowser } = yield* SubscriptionRef.get(entry.wants)
    const became = (tab: "opened" | "accepted" | "failed") =>
      Effect.andThen(
        SubscriptionRef.set(entry.shown, tab),
        Effect.ignore(store.change(flowId, { _tag: "Shown", tab }))
      )
    // Where only this process goes, the flow goes on, and nobody has its page open: its own callers may be told so.
    const abandoned = Effect.flatMap(
      Ref.get(entry.role),
      ({ _tag }) =>
        _tag === "Following" ? Effect.ignore(store.change(flowId, { _tag: "Shown", tab: "failed" })) : Effect.void
    )
    yield* Effect.matchEffect(Effect.onInterrupt(opener(page), () => abandoned), {
      onSuccess: (opening) =>
        opening === "declined"
          ? declined(entry, page)
          : Effect.andThen(became(opening), events.publish({ _tag: "BrowserOpened", flowId })),
      onFailure: ({ message }) =>
        Effect.andThen(became("failed"), events.publish({ _tag: "BrowserFailed", flowId, problem: message }))
    })
  })

  /** Whether it is this caller's to open; a store that cannot be asked does not keep the person from their browser. */
  const claimed = Effect.fnUntraced(function*(entry: AuthFlowEntry, { flowId, key }: FlowPage) {
    const first = yield* SubscriptionRef.modify(
      entry.shown,
      (tab): [boolean, FlowShown] => tab === "not_asked" || tab === "braked" ? [true, "asked"] : [false, tab]
    )
    if (!first) return undefined
    return yield* Effect.catchTag(
      store.claimTab({ id: flowId, key }, rest),
      "StoreUnavailable",
      () => Effect.succeed<TabClaim>({ _tag: "Granted" })
    )
  })

  const attempt = Effect.fnUntraced(function*(entry: AuthFlowEntry, page: FlowPage) {
    const claim = yield* claimed(entry, page)
    switch (claim?._tag) {
      case "Granted":
        yield* open(entry, page)
        break
      case "Taken":
        yield* SubscriptionRef.set(entry.shown, claim.tab)
        break
      case "Braked":
        yield* SubscriptionRef.set(entry.shown, "braked")
        yield* events.publish({ _tag: "BrowserBraked", flowId: page.flowId })
    }
    return claim
  })

  /** For those who still wait, when the account may have another tab. */
  const showLater = (entry: AuthFlowEntry, page: FlowPage): Effect.Effect<void, never, Scope.Scope> =>
    Effect.gen(function*() {
      if ((yield* Ref.get(entry.waiting)) === 0) return
      const claim = yield* attempt(entry, page)
      if (claim?._tag === "Braked") yield* Effect.delay(showLater(entry, page), claim.left)
    })

  return {
    wanted: (entry, succeeds) =>
      succeeds ? Effect.map(SubscriptionRef.get(entry.wants), ({ count }) => count) : Effect.succeed(0),
    serve: (entry, page, earlier) =>
      Effect.gen(function*() {
        if (earlier > 0) yield* showLater(entry, page)
        yield* Stream.runForEach(
          SubscriptionRef.changes(entry.wants),
          ({ count }) => count > earlier ? Effect.asVoid(attempt(entry, page)) : Effect.void
        )
      }).pipe(Effect.scoped)
  }
})
