/**
 * The client's own way of opening a page: it asks its person, and opens the page itself.
 */
import { Clock, Duration, Effect } from "effect"
import { BrowserUnavailable } from "../../services/sign-in/Browser.ts"
import type { UrlOpener } from "../../services/sign-in/UrlOpener.ts"
import type { ElicitUrl } from "../../services/tools/ToolClient.ts"

/** No person reads a question and answers it faster: what comes sooner is from a client that has nobody to ask. */
const readingTime = Duration.seconds(1)

const notShown = (problem: string) => new BrowserUnavailable({ problem })

/**
 * Asks the client, with these words. `accept` counts as `accepted`. Another answer within a second, by the monotonic clock, is
 * that of a host which runs unattended, and decides nothing. Later, `decline` is the person's no, and `cancel` says that they
 * closed the question without a choice.
 */
export const make = (elicitUrl: ElicitUrl, message: string): UrlOpener =>
  Effect.fn("UrlOpener.elicit")(function*({ authorizationUrl, flowId }) {
    const asked = yield* Clock.monotonicTimeNanos
    const answer = yield* elicitUrl({ id: flowId, url: authorizationUrl, message }).pipe(
      Effect.mapError((error) => notShown(error.message))
    )
    if (answer === "accept") return "accepted"
    const took = Duration.nanos((yield* Clock.monotonicTimeNanos) - asked)
    if (Duration.isLessThan(took, readingTime)) {
      return yield* notShown("The client has nobody to ask whether to open the sign-in.")
    }
    return answer === "decline" ? "declined" : yield* notShown("The client's question was closed without an answer.")
  })
