/**
 * The person of a test: what they do with the page that a sign-in opens for them, and what they come to see.
 */
import { Context, type Effect } from "effect"
import type { ConsentAnswer, PersonLost, SeenPage } from "../local-google/Person.ts"

/** What a person does with a page that opens: consent, decline, or nothing. */
export type PersonWill =
  | ConsentAnswer
  /** They look at it; the test can have them answer by `consent` and `deny`, or time passes. */
  | { readonly _tag: "Wait" }

/** How a person consents who is told to by the test: as the account, and with the boxes un-ticked, of this answer. */
export type ConsentChoice = Omit<Extract<ConsentAnswer, { readonly _tag: "Allow" }>, "_tag">

/**
 * What the person does, and has seen. Pages open for them by the `Browser` that comes with this service.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { AuthFlows, defaultAccountKey } from "mcp-gas"
 * import { ScriptedPerson, SignInTesting } from "mcp-gas/testing"
 *
 * const program = Effect.gen(function*() {
 *   const person = yield* ScriptedPerson
 *   yield* person.will({ _tag: "Deny" })
 *   const { start } = yield* AuthFlows
 *   const started = yield* start(defaultAccountKey, { openBrowser: true })
 *   if (started._tag === "AlreadyAuthenticated") return
 *   const problem = yield* Effect.flip(started.flow.outcome)
 *   yield* Console.log(problem.code) // → consent_denied
 *   const page = yield* person.nextPage
 *   yield* Console.log(page.text.includes("Sign-in declined")) // → true
 * })
 *
 * await Effect.runPromise(Effect.provide(program, SignInTesting.layer()))
 * ```
 */
export class ScriptedPerson extends Context.Service<ScriptedPerson, {
  /** Says what they do with pages that open from now on. */
  readonly will: (will: PersonWill) => Effect.Effect<void>
  /** Has them go to an authorization URL, consent, and follow the redirect; answers with the page they end on. */
  readonly consent: (authorizationUrl: string, choice?: ConsentChoice) => Effect.Effect<SeenPage, PersonLost>
  /** Has them go to an authorization URL and decline; answers with the page they end on. */
  readonly deny: (authorizationUrl: string) => Effect.Effect<SeenPage, PersonLost>
  /** Every address that was opened for them, in order. */
  readonly opened: Effect.Effect<ReadonlyArray<string>>
  /** The next address that is opened for them: each once, in order. Waits for one. */
  readonly nextOpened: Effect.Effect<string>
  /** The next page they end on after one has opened and they have answered it: each once, in order. Waits for one. */
  readonly nextPage: Effect.Effect<SeenPage, PersonLost>
}>()("mcp-gas/services/testing/ScriptedPerson") {}
