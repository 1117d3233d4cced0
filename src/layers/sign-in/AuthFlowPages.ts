/**
 * Which page tells of a flow that is over, and whether it stays.
 */
import { Cause, Deferred, Exit, Option } from "effect"
import type { CallbackPage } from "../../services/sign-in/CallbackServer.ts"
import type { FlowFailure } from "../../services/sign-in/FlowFailure.ts"
import type { Session } from "../../services/sign-in/Session.ts"
import type { AuthFlowEntry, Decision } from "./AuthFlowEntry.ts"

/** What is told of a bug. */
export const internalError = {
  code: "internal_error",
  message: "Something went wrong inside the server.",
  remedy: "Start the sign-in again, and report it if it happens again."
}

/** What an outcome is called in events and spans: the code of its failure, if it is one. */
export const outcomeCode = (outcome: Exit.Exit<Session, FlowFailure>): string =>
  Exit.match(outcome, {
    onSuccess: () => "authenticated",
    onFailure: (cause) =>
      Option.match(Cause.findErrorOption(cause), { onNone: () => internalError.code, onSome: ({ code }) => code })
  })

const pageOf = (outcome: Exit.Exit<Session, FlowFailure>): CallbackPage => {
  if (Exit.isSuccess(outcome)) return { _tag: "SignedIn", account: outcome.value.account }
  const failure = Cause.findErrorOption(outcome.cause)
  if (failure._tag === "None") return { _tag: "Failed", error: internalError }
  switch (failure.value._tag) {
    case "ConsentDenied":
      return { _tag: "Denied" }
    case "FlowTimedOut":
      return { _tag: "Expired" }
    case "FlowCancelled":
      return { _tag: "Cancelled" }
    default:
      return { _tag: "Failed", error: failure.value }
  }
}

/** What is so by now: a sign-in that was ended by a sign-out since is not shown as one. */
export const pageNow = ({ cut }: AuthFlowEntry, outcome: Exit.Exit<Session, FlowFailure>): CallbackPage =>
  Exit.isSuccess(outcome) && Deferred.isDoneUnsafe(cut)
    ? { _tag: "SignedOut", account: outcome.value.account }
    : pageOf(outcome)

/** Only a page that tells what became of a code is worth a reload; any other flow frees its port at once. */
export const lingers = (decision: Decision, page: CallbackPage): boolean =>
  decision._tag === "Answered" && decision.by === "listener" && decision.response._tag === "Code" &&
  page._tag !== "Cancelled"
