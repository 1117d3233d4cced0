/**
 * The tool `gas_auth`: sign in, see how it stands, finish by hand, cancel, sign out.
 */
import { Clock, Duration, Effect, Option, Redacted, Result, Stream } from "effect"
import * as UrlOpenerElicitation from "../../layers/tools/UrlOpenerElicitation.ts"
import { Config } from "../../services/config/Config.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { type AuthFlow, AuthFlows } from "../../services/sign-in/AuthFlows.ts"
import { DefaultAccount } from "../../services/sign-in/DefaultAccount.ts"
import type { FlowFailure } from "../../services/sign-in/FlowFailure.ts"
import type { Session } from "../../services/sign-in/Session.ts"
import { Sessions } from "../../services/sign-in/Sessions.ts"
import { InvalidArguments, make } from "../../services/tools/Tool.ts"
import { ToolClient } from "../../services/tools/ToolClient.ts"
import * as ToolProgress from "../../services/tools/ToolProgress.ts"
import { serverTitle } from "../identity.ts"
import { accountOf, loggedOut, nameOf, pending, signedIn, standing } from "./gasAuthAnswers.ts"
import { asWhom, preparingWords, progressWords } from "./gasAuthProgress.ts"
import { defaultWaitSeconds, Input, Output } from "./gasAuthSchema.ts"

/** How the page is opened for a caller who wants that: by its client where that can, else by this machine's browser. */
const openerFor = Effect.fnUntraced(function*(key: AccountKey, input: Input) {
  const { settings } = yield* Config
  const { elicitUrl } = yield* ToolClient
  if (input.openBrowser === false) return { openBrowser: false }
  return Option.match(elicitUrl, {
    onNone: () => ({ openBrowser: settings.browser._tag !== "None" }),
    onSome: (elicit) => ({
      openBrowser: true,
      opener: UrlOpenerElicitation.make(elicit, `Sign in to ${serverTitle}${asWhom(key)} in your browser.`)
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
const progress = ({ expiresAt, key }: AuthFlow) =>
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
const later = Effect.fnUntraced(function*(key: AccountKey, wantsUrl: boolean) {
  const flows = yield* AuthFlows
  const now = yield* flows.pending(key)
  return Option.isSome(now) ? yield* pending("auth_pending", now.value, wantsUrl) : yield* standing(key)
})

/** Most often there is nothing to tell: it is done in a moment. */
const preparing = Effect.delay(Effect.succeed(preparingWords), "1 second")

const start = Effect.fnUntraced(function*(key: AccountKey, input: Input) {
  const flows = yield* AuthFlows
  const began = yield* Clock.monotonicTimeNanos
  const options = yield* openerFor(key, input)
  const started = yield* ToolProgress.whileWaiting(flows.start(key, options), preparing)
  if (started._tag === "AlreadyAuthenticated") return yield* signedIn("already_authenticated", started.session)
  const { flow } = started
  const wantsUrl = input.openBrowser === false
  if (input.waitForCompletion === false) {
    return yield* pending(started._tag === "Began" ? "auth_started" : "auth_pending", flow, wantsUrl)
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
  return Option.isSome(waited) ? yield* signedIn("authenticated", waited.value) : yield* later(key, wantsUrl)
})

/** How things stand, once a flow that was waited for has ended: with a session, or like this. */
const ended = Effect.fnUntraced(function*(key: AccountKey, { code, message, remedy }: FlowFailure) {
  const told = yield* standing(key)
  // Who is signed in all the same, or is being signed in again by now, does not need to know.
  return told.status === "not_authenticated" ? { ...told, message: `${message} ${remedy}`, ended: code } : told
})

const status = Effect.fnUntraced(function*(key: AccountKey, input: Input) {
  const flows = yield* AuthFlows
  const flow = yield* flows.pending(key)
  if (Option.isNone(flow) || input.waitSeconds === undefined) return yield* standing(key)
  const waited = yield* ToolProgress.whileWaiting(Effect.result(flow.value.outcome), progress(flow.value)).pipe(
    Effect.timeoutOption(Duration.seconds(input.waitSeconds))
  )
  return Option.isSome(waited) && Result.isFailure(waited.value)
    ? yield* ended(key, waited.value.failure)
    : yield* standing(key)
})

const complete = Effect.fnUntraced(function*(key: AccountKey, input: Input) {
  if (input.redirectUrl === undefined) {
    return yield* new InvalidArguments({ tool: "gas_auth", problems: ["redirectUrl: needed with mode \"complete\""] })
  }
  const flows = yield* AuthFlows
  const sessions = yield* Sessions
  const session = yield* flows.complete(key, Redacted.value(input.redirectUrl)).pipe(
    // The listener may have been faster than the person's pasting.
    Effect.catchTag(
      "NotThisSignIn",
      (error) =>
        Effect.flatMap(
          sessions.slot(key),
          ({ state }) =>
            error.reason === "no_pending_flow" && state._tag === "SignedIn" ? Effect.succeed(state.session) : error
        )
    )
  )
  return yield* signedIn("authenticated", session)
})

const cancel = Effect.fnUntraced(function*(key: AccountKey) {
  const flows = yield* AuthFlows
  const cancelled = yield* flows.cancel(key)
  if (cancelled._tag !== "Cancelled") {
    return yield* standing(
      key,
      cancelled._tag === "Finished" ? "The sign-in had been finished already. " : "No sign-in was under way. "
    )
  }
  const sessions = yield* Sessions
  const { state } = yield* sessions.slot(key)
  const before = state._tag === "SignedIn" ? ` ${nameOf(key, state.session.account)} stays signed in.` : ""
  const told: Output = {
    status: "cancelled",
    authenticated: state._tag === "SignedIn",
    message: `The sign-in was cancelled.${before}`,
    flowId: cancelled.flowId,
    ...(state._tag === "SignedIn" ? accountOf(key, state.session.account) : { account: { key } })
  }
  return told
})

export const gasAuth = make({
  name: "gas_auth",
  title: "Google sign-in",
  description: "Sign in to Google for Apps Script, see how the sign-in stands, finish it by hand, cancel it, or sign " +
    "out. mode \"start\" opens the person's browser and waits up to waitSeconds; if the answer is auth_pending, show " +
    "the person authUrl, if there is one, and call mode \"status\" with waitSeconds to hear how it ends. Every other tool " +
    "needs this first.",
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: Input,
  output: Output,
  whenFailed: { authenticated: false },
  handler: Effect.fnUntraced(function*(input) {
    const key = input.account ?? (yield* (yield* DefaultAccount).get)
    switch (input.mode ?? "start") {
      case "start":
        return yield* start(key, input)
      case "status":
        return yield* status(key, input)
      case "complete":
        return yield* complete(key, input)
      case "cancel":
        return yield* cancel(key)
      case "logout":
        return yield* loggedOut(key)
    }
  })
})
