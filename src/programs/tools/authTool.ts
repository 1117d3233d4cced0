/**
 * The sign-in tool of a server: sign in, see how it stands, finish by hand, cancel, sign out.
 */
import { Duration, Effect, Option, Redacted, Result } from "effect"
import type { AuthorizationServer } from "../../services/provider/AuthorizationServer.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { AuthFlows } from "../../services/sign-in/AuthFlows.ts"
import type { Browser } from "../../services/sign-in/Browser.ts"
import { DefaultAccount } from "../../services/sign-in/DefaultAccount.ts"
import type { FlowFailure } from "../../services/sign-in/FlowFailure.ts"
import { Sessions } from "../../services/sign-in/Sessions.ts"
import type { Vault } from "../../services/storage/Vault.ts"
import { InvalidArguments, make, type Tool, type ToolError } from "../../services/tools/Tool.ts"
import type { ToolClient } from "../../services/tools/ToolClient.ts"
import * as ToolProgress from "../../services/tools/ToolProgress.ts"
import { accountOf, loggedOut, nameOf, signedIn, type Speaker, standing } from "./authToolAnswers.ts"
import { Input, Output } from "./authToolSchema.ts"
import { progress, start } from "./authToolStart.ts"

/** How things stand, once a flow that was waited for has ended: with a session, or like this. */
const ended = Effect.fnUntraced(function*(speaker: Speaker, key: AccountKey, { code, message, remedy }: FlowFailure) {
  const told = yield* standing(speaker, key)
  // Who is signed in all the same, or is being signed in again by now, does not need to know.
  return told.status === "not_authenticated" ? { ...told, message: `${message} ${remedy}`, ended: code } : told
})

const status = Effect.fnUntraced(function*(speaker: Speaker, key: AccountKey, input: Input) {
  const flows = yield* AuthFlows
  const flow = yield* flows.pending(key)
  if (Option.isNone(flow) || input.waitSeconds === undefined) return yield* standing(speaker, key)
  const waited = yield* ToolProgress.whileWaiting(Effect.result(flow.value.outcome), progress(flow.value)).pipe(
    Effect.timeoutOption(Duration.seconds(input.waitSeconds))
  )
  return Option.isSome(waited) && Result.isFailure(waited.value)
    ? yield* ended(speaker, key, waited.value.failure)
    : yield* standing(speaker, key)
})

const complete = Effect.fnUntraced(function*(tool: string, key: AccountKey, input: Input) {
  if (input.redirectUrl === undefined) {
    return yield* new InvalidArguments({ tool, problems: ["redirectUrl: needed with mode \"complete\""] })
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

const cancel = Effect.fnUntraced(function*(speaker: Speaker, key: AccountKey) {
  const flows = yield* AuthFlows
  const cancelled = yield* flows.cancel(key)
  if (cancelled._tag !== "Cancelled") {
    return yield* standing(
      speaker,
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

/** What a sign-in tool says of the server that it belongs to. */
export interface AuthToolOptions {
  /** What people sign in to, such as `Acme`; unless said, nothing in particular. It goes into sentences. */
  readonly service?: string
  /** The tool's title for people; unless said, made from `service`. */
  readonly title?: string
  /** Puts the names that this server has for its settings into what its answers say of them; unless given, they stay general. */
  readonly inOwnWords?: (text: string) => string
}

/** The same error, its remedy in the server's own words. */
const reworded = (inOwnWords: (text: string) => string) => ({ _tag, code, message, remedy }: ToolError): ToolError => ({
  _tag,
  code,
  message,
  remedy: inOwnWords(remedy)
})

/**
 * The sign-in tool of a server, under a name of its own. `mode` says what it does: `start` (unless given), `status`,
 * `complete`, `cancel` or `logout`.
 *
 * Of N simultaneous `start` calls with `waitForCompletion: false` for one account, in however many processes, one answers
 * `auth_started` and the rest `auth_pending`, all with the same `authUrl` and `flowId`. A call that waits ends with its
 * `waitSeconds` (40 unless given) at the latest; the sign-in goes on, also when the call is cancelled. Nothing but `start` has a page
 * opened: by the client if it can (`elicitation.url`), else by the `Browser`. Every expected failure is an error of the tool.
 */
export const authTool = (
  name: string,
  options: AuthToolOptions = {}
): Tool<
  AuthFlows | Sessions | AuthorizationServer | Browser | DefaultAccount | Vault | ToolClient | ToolProgress.ToolProgress
> => {
  const { inOwnWords = (text) => text, service } = options
  const speaker: Speaker = { tool: name, inOwnWords }
  const toService = service === undefined ? "" : ` to ${service}`
  return make({
    name,
    title: options.title ?? (service === undefined ? "Sign-in" : `${service} sign-in`),
    description: `Sign in${toService}, see how the sign-in stands, finish it by hand, cancel it, or sign out. ` +
      "mode \"start\" opens the person's browser and waits up to waitSeconds; if the answer is auth_pending, show the person " +
      "authUrl, if there is one, and call mode \"status\" with waitSeconds to hear how it ends. Every other tool needs this " +
      "first.",
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    input: Input,
    output: Output,
    whenFailed: { authenticated: false },
    handler: Effect.fnUntraced(function*(input) {
      const key = input.account ?? (yield* (yield* DefaultAccount).get)
      switch (input.mode ?? "start") {
        case "start":
          return yield* start(speaker, toService, key, input)
        case "status":
          return yield* status(speaker, key, input)
        case "complete":
          return yield* complete(name, key, input)
        case "cancel":
          return yield* cancel(speaker, key)
        case "logout":
          return yield* loggedOut(key)
      }
    }, Effect.mapError(reworded(inOwnWords)))
  })
}
