/**
 * Mode `start` of a sign-in tool: the one that opens a page, and waits.
 */
import { Clock, Duration, Effect, Option, Stream } from "effect"
import * as UrlOpenerElicitation from "../../layers/tools/UrlOpenerElicitation.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { type AuthFlow, AuthFlows } from "../../services/sign-in/AuthFlows.ts"
import { Browser } from "../../services/sign-in/Browser.ts"
import type { Session } from "../../services/sign-in/Session.ts"
import { ToolClient } from "../../services/tools/ToolClient.ts"
import * as ToolProgress from "../../services/tools/ToolProgress.ts"
import { pending, signedIn, type Speaker, standing } from "./authToolAnswers.ts"
import { asWhom, preparingWords, progressWords } from "./authToolProgress.ts"
import { defaultWaitSeconds, type Input } from "./authToolSchema.ts"

/** How the page is opened for a caller who wants that: by its client where that can, else by this machine's browser. */
const openerFor = Effect.fnUntraced(function*(toService: string, key: AccountKey, input: Input) {
  const { opens } = yield* Browser
  const { elicitUrl } = yield* ToolClient
  if (input.openBrowser === false) return { openBrowser: false }
  return Option.match(elicitUrl, {
    onNone: () => ({ openBrowser: opens }),
    onSome: (elicit) => ({
      openBrowser: true,
      opener: UrlOpenerElicitation.make(elicit, `Sign in${toService}${asWhom(key)} in your browser.`)
    })
  })
})

/**
 * Completes when it becomes known that nobody has been shown the page, so that only the answer to this call can show it. One that
 * stands in for a flow whose process died may still be shown in a moment, so that it is braked says nothing.
 */
const unseen = Effect.fnUntraced(function*(flow: AuthFlow) {
  const flows = yield* AuthFlows
  const isSame = Effect.map(
    Effect.orElseSucceed(flows.pending(flow.key), () => Option.none<AuthFlow>()),
    Option.exists(({ id }) => id === flow.id)
  )
  yield* flow.showing.pipe(
    Stream.filterEffect((shown) => shown === "braked" ? isSame : Effect.succeed(shown === "failed")),
    Stream.runHead
  )
})

/** How a flow goes on for those who wait for it: where its process has died meanwhile, another one has another deadline. */
export const progress = ({ expiresAt, key }: AuthFlow) =>
  Effect.gen(function*() {
    const flows = yield* AuthFlows
    const now = Option.getOrUndefined(yield* Effect.orElseSucceed(flows.pending(key), () => Option.none<AuthFlow>()))
    if (now === undefined) return yield* progressWords(key, expiresAt)
    const shown = yield* now.shown
    // Where nobody has the page open, what a caller is told meanwhile is the only way to it.
    const isOpen = shown === "opened" || shown === "accepted" || shown === "asked"
    return yield* progressWords(key, now.expiresAt, isOpen ? undefined : now.authorizationUrl)
  })

/** What to answer with when a flow is not waited for any longer: it as it is now, or how things stand without it. */
const later = Effect.fnUntraced(function*(speaker: Speaker, key: AccountKey, wantsUrl: boolean) {
  const flows = yield* AuthFlows
  const now = yield* flows.pending(key)
  return Option.isSome(now)
    ? yield* pending(speaker, "auth_pending", now.value, wantsUrl)
    : yield* standing(speaker, key)
})

/** Most often there is nothing to tell: it is done in a moment. */
const preparing = Effect.delay(Effect.succeed(preparingWords), "1 second")

/** Mode `start`: joins or begins a sign-in, and waits for it as long as the caller wants. */
export const start = Effect.fnUntraced(function*(
  speaker: Speaker,
  toService: string,
  key: AccountKey,
  input: Input
) {
  const flows = yield* AuthFlows
  const began = yield* Clock.monotonicTimeNanos
  const options = yield* openerFor(toService, key, input)
  const started = yield* ToolProgress.whileWaiting(flows.start(key, options), preparing)
  if (started._tag === "AlreadyAuthenticated") return yield* signedIn("already_authenticated", started.session)
  const { flow } = started
  const wantsUrl = input.openBrowser === false
  if (input.waitForCompletion === false) {
    return yield* pending(speaker, started._tag === "Began" ? "auth_started" : "auth_pending", flow, wantsUrl)
  }
  const waiting = options.openBrowser
    ? Effect.raceFirst(Effect.asSome(flow.outcome), Effect.as(unseen(flow), Option.none<Session>()))
    : Effect.asSome(flow.outcome)
  const spent = Duration.nanos((yield* Clock.monotonicTimeNanos) - began)
  const left = Duration.max(
    Duration.subtract(Duration.seconds(input.waitSeconds ?? defaultWaitSeconds), spent),
    Duration.zero
  )
  const waited = yield* ToolProgress.whileWaiting(waiting, progress(flow)).pipe(
    Effect.timeoutOption(left),
    Effect.map(Option.flatten)
  )
  return Option.isSome(waited) ? yield* signedIn("authenticated", waited.value) : yield* later(speaker, key, wantsUrl)
})
