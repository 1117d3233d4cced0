/**
 * The tool `gas_auth`: sign in, see how it stands, finish by hand, cancel, sign out.
 */
import { DateTime, Effect, Option, Redacted, Stream } from "effect"
import * as UrlOpenerElicitation from "../../layers/tools/UrlOpenerElicitation.ts"
import { Config } from "../../services/config/Config.ts"
import { type AccountKey, defaultAccountKey } from "../../services/sign-in/AccountKey.ts"
import { type AuthFlow, AuthFlows } from "../../services/sign-in/AuthFlows.ts"
import { DefaultAccount } from "../../services/sign-in/DefaultAccount.ts"
import type { Session } from "../../services/sign-in/Session.ts"
import { Sessions } from "../../services/sign-in/Sessions.ts"
import { InvalidArguments, make } from "../../services/tools/Tool.ts"
import { ToolClient } from "../../services/tools/ToolClient.ts"
import * as ToolProgress from "../../services/tools/ToolProgress.ts"
import { serverTitle } from "../identity.ts"
import { accountOf, loggedOut, nameOf, pending, signedIn, standing } from "./gasAuthAnswers.ts"
import { defaultWaitSeconds, Input, Output } from "./gasAuthSchema.ts"

/** How the page is opened for a caller who wants that: by its client where that can, else by this machine's browser. */
const openerFor = Effect.fnUntraced(function*(input: Input) {
  const { settings } = yield* Config
  const { elicitUrl } = yield* ToolClient
  if (input.openBrowser === false) return { openBrowser: false }
  return Option.match(elicitUrl, {
    onNone: () => ({ openBrowser: settings.browser._tag !== "None" }),
    onSome: (elicit) => ({
      openBrowser: true,
      opener: UrlOpenerElicitation.make(
        elicit,
        `Sign in to ${serverTitle}: a page of the provider opens in your browser.`
      )
    })
  })
})

/** Completes when it is known that nobody has been shown the page, so that only the answer to a call can show it. */
const unseen = ({ showing }: AuthFlow) =>
  Stream.runHead(Stream.filter(showing, (shown) => shown === "failed" || shown === "braked"))

const minutesWords = (millis: number): string => {
  const seconds = Math.max(0, Math.ceil(millis / 1000))
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** What a person likes to read while they sign in. */
const progressWords = ({ expiresAt, key }: AuthFlow) =>
  Effect.map(DateTime.now, (now) => {
    const left = DateTime.toEpochMillis(expiresAt) - DateTime.toEpochMillis(now)
    const who = key === defaultAccountKey ? "" : ` as ${key}`
    return `Waiting for you to sign in${who} in your browser (${minutesWords(left)} left)`
  })

const start = Effect.fnUntraced(function*(key: AccountKey, input: Input) {
  const flows = yield* AuthFlows
  const options = yield* openerFor(input)
  const started = yield* flows.start(key, options)
  if (started._tag === "AlreadyAuthenticated") return yield* signedIn("already_authenticated", started.session)
  const { flow } = started
  const wantsUrl = input.openBrowser === false
  if (input.waitForCompletion === false) {
    return yield* pending(started._tag === "Began" ? "auth_started" : "auth_pending", flow, wantsUrl)
  }
  // Whoever has said how long to wait has somebody to wait for.
  const waiting = options.openBrowser && input.waitSeconds === undefined
    ? Effect.raceFirst(Effect.asSome(flow.outcome), Effect.as(unseen(flow), Option.none<Session>()))
    : Effect.asSome(flow.outcome)
  const waited = yield* ToolProgress.whileWaiting(waiting, progressWords(flow)).pipe(
    Effect.timeoutOption(`${input.waitSeconds ?? defaultWaitSeconds} seconds`),
    Effect.map(Option.flatten)
  )
  if (Option.isSome(waited)) return yield* signedIn("authenticated", waited.value)
  // Where its process has died meanwhile, another one goes on with another address.
  const now = yield* flows.pending(key)
  return yield* pending("auth_pending", Option.getOrElse(now, () => flow), wantsUrl)
})

const status = Effect.fnUntraced(function*(key: AccountKey, input: Input) {
  const flows = yield* AuthFlows
  const flow = yield* flows.pending(key)
  if (Option.isNone(flow) || input.waitSeconds === undefined) return yield* standing(key)
  // However the flow ends, the caller asked how things stand.
  yield* Effect.exit(flow.value.outcome).pipe(
    (waiting) => ToolProgress.whileWaiting(waiting, progressWords(flow.value)),
    Effect.timeoutOption(`${input.waitSeconds} seconds`)
  )
  return yield* standing(key)
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
    "the person authUrl and call mode \"status\" with waitSeconds to hear how it ends. Every other tool needs this first.",
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
