/**
 * A caller's own way of having a page opened for its person, in place of the `Browser` of this machine: through the client
 * that the caller is, say.
 */
import type { Effect, Scope } from "effect"
import type { AccountKey } from "./AccountKey.ts"
import type { BrowserUnavailable } from "./Browser.ts"
import type { FlowId } from "./Session.ts"

/** The page of a flow. */
export interface FlowPage {
  /** The flow; there is one page for each. */
  readonly flowId: FlowId
  /** Whom it is to sign in. */
  readonly key: AccountKey
  /** Where the person has to go. It carries `state`: show it to the person, keep it out of logs. */
  readonly authorizationUrl: string
}

/**
 * What came of it: the page was opened, which is no proof that anybody sees it; the person agreed to have it opened, which
 * is none that they will; or the person said no, which ends the flow as `ConsentDenied`.
 */
export type UrlOpening = "opened" | "accepted" | "declined"

/**
 * Opens a page and answers as soon as it is known what came of it, however long that takes: nobody waits for it but the flow.
 * Fails where the person was not asked, or gave no answer: the flow goes on then, and its address is theirs to open.
 *
 * It is interrupted when the flow ends first. The Scope closes when the flow is over, for whatever reason, or goes on as
 * another one. It may be run for as long as the sign-in is under way, also after the caller who brought it has left, and is run
 * at most once for a flow.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { defaultAccountKey, FlowId, type UrlOpener } from "mcp-gas"
 *
 * // For `flows.start(key, { openBrowser: true, opener: byChat })`.
 * const byChat: UrlOpener = ({ authorizationUrl, key }) =>
 *   Console.log(`To sign ${key} in, go to ${authorizationUrl}`).pipe(Effect.as("opened" as const))
 *
 * const page = {
 *   flowId: FlowId.make("flow-1"),
 *   key: defaultAccountKey,
 *   authorizationUrl: "https://accounts.example.com/authorize"
 * }
 *
 * await Effect.runPromise(Effect.scoped(byChat(page)))
 * // → To sign default in, go to https://accounts.example.com/authorize
 * ```
 */
export type UrlOpener = (page: FlowPage) => Effect.Effect<UrlOpening, BrowserUnavailable, Scope.Scope>
