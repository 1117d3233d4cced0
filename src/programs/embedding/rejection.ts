/**
 * What a caller who waits for a Promise is rejected with.
 */
import { Cause, Option } from "effect"
import type { Explained } from "../../services/Explained.ts"
import { SignInError } from "./PromiseSignIn.ts"

/** The sign-in is closed. Made for each who hears of it, so that it says who that is. */
export const closed = () =>
  new SignInError({ code: "closed", message: "This sign-in was closed.", remedy: "Make another one." })

/**
 * The error, or what the signal was aborted with, or that the sign-in was closed. What a mistake in this package has thrown is its
 * `cause`, for whoever looks into it: nobody knows what such a message holds, and a server may show messages to a model.
 */
export const rejectionOf = (cause: Cause.Cause<Explained>, signal: AbortSignal | undefined): unknown => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  if (error !== undefined) return new SignInError(error)
  if (Cause.hasInterruptsOnly(cause)) return signal?.aborted === true ? signal.reason : closed()
  return new SignInError({
    code: "internal_error",
    message: "The sign-in failed because of a mistake in mcp-gas.",
    remedy: "Look into the cause of this error, and report it."
  }, { cause: Cause.squash(cause) })
}
