/**
 * Opening the person's browser on a flow: once per flow, and for an account at most once in ten seconds on the whole
 * machine, whatever becomes of the flows and of the processes that run them.
 */
import { Duration, Effect, Ref, Stream, SubscriptionRef } from "effect"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import type { FlowShown } from "../../services/sign-in/AuthFlows.ts"
import { Browser } from "../../services/sign-in/Browser.ts"
import type { FlowId } from "../../services/sign-in/Session.ts"
import { FlowStore, type TabClaim } from "../../services/storage/FlowStore.ts"
import type { AuthFlowEntry } from "./AuthFlowEntry.ts"

/** How long an account has no second tab opened by itself. */
const rest = Duration.seconds(10)

/** A flow that can be shown. */
export interface Showable {
  readonly id: FlowId
  readonly authorizationUrl: string
}

export interface AuthFlowTab {
  /**
   * Opens the browser when the first caller wants it, if nobody has and the account had no tab just now; goes on until it
   * is interrupted. A flow that succeeds another one is shown for callers who wanted that and still wait, as soon as the
   * account may have another tab: the one they have leads nowhere any more. `earlier` is how many had wanted one before
   * this flow was shown (`wanted`).
   */
  readonly serve: (entry: AuthFlowEntry, flow: Showable, earlier: number) => Effect.Effect<void>
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

  const open = (entry: AuthFlowEntry, { authorizationUrl, id }: Showable) => {
    const became = (tab: "opened" | "failed") =>
      Effect.andThen(Ref.set(entry.shown, tab), Effect.ignore(store.change(id, { _tag: "Shown", tab })))
    return Effect.matchEffect(browser.open(authorizationUrl), {
      onSuccess: () => Effect.andThen(became("opened"), events.publish({ _tag: "BrowserOpened", flowId: id })),
      onFailure: ({ message }) =>
        Effect.andThen(became("failed"), events.publish({ _tag: "BrowserFailed", flowId: id, problem: message }))
    })
  }

  /** Whether it is this caller's to open; a store that cannot be asked does not keep the person from their browser. */
  const claimed = Effect.fnUntraced(function*(entry: AuthFlowEntry, { id }: Showable) {
    const first = yield* Ref.modify(
      entry.shown,
      (tab): [boolean, FlowShown] => tab === "not_asked" || tab === "braked" ? [true, "asked"] : [false, tab]
    )
    if (!first) return undefined
    return yield* Effect.catchTag(
      store.claimTab({ id, key: entry.key }, rest),
      "StoreUnavailable",
      () => Effect.succeed<TabClaim>({ _tag: "Granted" })
    )
  })

  const attempt = Effect.fnUntraced(function*(entry: AuthFlowEntry, flow: Showable) {
    const claim = yield* claimed(entry, flow)
    switch (claim?._tag) {
      case "Granted":
        yield* open(entry, flow)
        break
      case "Taken":
        yield* Ref.set(entry.shown, claim.tab)
        break
      case "Braked":
        yield* Ref.set(entry.shown, "braked")
    }
    return claim
  })

  /** For those who still wait, when the account may have another tab. */
  const showLater = (entry: AuthFlowEntry, flow: Showable): Effect.Effect<void> =>
    Effect.gen(function*() {
      if ((yield* Ref.get(entry.waiting)) === 0) return
      const claim = yield* attempt(entry, flow)
      if (claim?._tag === "Braked") yield* Effect.delay(showLater(entry, flow), claim.left)
    })

  return {
    wanted: (entry, succeeds) => succeeds ? SubscriptionRef.get(entry.wants) : Effect.succeed(0),
    serve: Effect.fnUntraced(function*(entry, flow, earlier) {
      if (earlier > 0) yield* showLater(entry, flow)
      yield* Stream.runForEach(
        SubscriptionRef.changes(entry.wants),
        (wants) => wants > earlier ? attempt(entry, flow) : Effect.void
      )
    })
  }
})
