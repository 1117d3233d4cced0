/**
 * The loopback listener that receives the authorization response of one flow (RFC 8252 section 7.3).
 */
import { Context, type Effect, Schema, type Scope } from "effect"
import type { Explained } from "../Explained.ts"
import type { AuthorizationResponse, ExpectedResponse } from "../provider/AuthorizationResponse.ts"
import type { Account, FlowId } from "./Session.ts"

/** No loopback port could be opened. No flow was begun. */
export class CallbackUnavailable extends Schema.TaggedError<CallbackUnavailable>()("CallbackUnavailable", {
  /** The port that was asked for; absent: any free one. */
  port: Schema.optionalKey(Schema.Int),
  /** The system's error code, such as `EADDRINUSE`. */
  reason: Schema.String
}) implements Explained {
  readonly code = "callback_unavailable"
  override get message(): string {
    const port = this.port === undefined ? "A loopback port" : `Port ${this.port}`
    return this.reason === "EADDRINUSE"
      ? `${port} is in use, by another program or by another sign-in of this one.`
      : `${port} could not be opened (${this.reason}).`
  }
  get remedy(): string {
    return this.port === undefined
      ? "Check that this process may listen on 127.0.0.1."
      : "Finish or cancel the other sign-in, or close the program that holds the port; or choose another " +
        "callback port, or none to use any free one."
  }
}

/** What the person is shown once a flow is over. */
export type CallbackPage =
  | { readonly _tag: "SignedIn"; readonly account: Account }
  /** Signed in, and signed out again since. */
  | { readonly _tag: "SignedOut"; readonly account: Account }
  | { readonly _tag: "Denied" }
  | { readonly _tag: "Failed"; readonly error: Explained }
  | { readonly _tag: "Expired" }
  | { readonly _tag: "Cancelled" }

/** The listener of one flow, while its Scope is open. */
export interface CallbackListener {
  /** `http://127.0.0.1:<port>/callback`. */
  readonly redirectUri: string
  /**
   * Says what every browser that carried this flow's state is shown, from now on and in answer to requests that are
   * waiting. Nothing is shown before. The first call counts.
   *
   * `stays` says that the listener will linger. A browser is then sent on to an address of the page's own, without the
   * code, so that the code does not stay in its history and a reload does not send it again. A browser that brought
   * another response than the `deciding` one is told that the sign-in is already done.
   */
  readonly answer: (page: CallbackPage, stays: boolean, deciding?: AuthorizationResponse) => Effect.Effect<void>
  /** What was answered is no longer so: says what is shown instead to whoever asks from now on. */
  readonly correct: (page: CallbackPage) => Effect.Effect<void>
  /**
   * Gives a person time to reload an answered page: returns after 2 s by the Clock, or when a new flow needs this
   * listener's port and every browser has been shown its page.
   */
  readonly linger: Effect.Effect<void>
  /**
   * Waits for browsers that were sent on to their page and are on their way to it, a quarter of a second at most: for
   * when the lingering is cut short.
   */
  readonly seen: Effect.Effect<void>
}

/**
 * Opens a listener for each flow. What a sign-in does with it is the business of `AuthFlows`; by itself it is of use to
 * test one, or to build another kind of flow.
 *
 * @example
 * ```ts
 * import { Console, Deferred, Effect, Layer, Redacted } from "effect"
 * import { SecureRandom } from "effect/crypto"
 * import { FetchHttpClient, HttpClient } from "effect/http"
 * import {
 *   Account,
 *   AuthEventsPubSub,
 *   type AuthorizationResponse,
 *   CallbackServer,
 *   CallbackServerLoopback,
 *   FlowId
 * } from "mcp-gas"
 *
 * const expected = {
 *   state: Redacted.make("xyz"),
 *   issuer: { identifier: "https://accounts.example.com", required: false }
 * }
 *
 * const program = Effect.gen(function*() {
 *   const { open } = yield* CallbackServer
 *   const decided = yield* Deferred.make<AuthorizationResponse.AuthorizationResponse>()
 *   const { answer, redirectUri } = yield* open(
 *     { flowId: FlowId.make("flow-1"), expected },
 *     (response) => Deferred.succeed(decided, response)
 *   )
 *   const forged = yield* HttpClient.get(`${redirectUri}?state=other&code=4%2Fabc`)
 *   yield* Console.log(forged.status) // → 400
 *
 *   yield* Effect.forkScoped(HttpClient.get(`${redirectUri}?state=xyz&code=4%2Fabc`))
 *   const response = yield* Deferred.await(decided)
 *   yield* Console.log(response._tag) // → Code
 *   yield* answer({ _tag: "SignedIn", account: new Account({ name: "Ada" }) }, false, response)
 * })
 *
 * const Listening = CallbackServerLoopback.layer({ serverName: "My Server" }).pipe(
 *   Layer.provide([AuthEventsPubSub.layer, SecureRandom.layerWebCrypto]),
 *   Layer.merge(FetchHttpClient.layer)
 * )
 *
 * await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(Listening)))
 * ```
 */
export class CallbackServer extends Context.Service<CallbackServer, {
  /**
   * Listens on the loopback address until the Scope closes. When it has closed, however it was closed, answers under
   * way have left, every socket is gone and the port is free.
   *
   * `offer` is called with each response that passed `AuthorizationResponse.validate`, and answers whether this one
   * decided the flow. Everything else a network can send changes nothing.
   */
  readonly open: (
    flow: { readonly flowId: FlowId; readonly expected: ExpectedResponse },
    offer: (response: AuthorizationResponse) => Effect.Effect<boolean>
  ) => Effect.Effect<CallbackListener, CallbackUnavailable, Scope.Scope>
}>()("mcp-gas/services/sign-in/CallbackServer") {}
