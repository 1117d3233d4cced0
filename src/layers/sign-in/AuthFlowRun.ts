/**
 * The life of one flow, in one fiber: open, wait for the one decision, conclude, answer the browser, settle.
 */
import { Cause, DateTime, Deferred, type Duration, Effect, Exit, Redacted, Scope } from "effect"
import { SecureRandom } from "effect/crypto"
import { Base64Url } from "effect/encoding"
import { type AuthorizationRequest, AuthorizationServer } from "../../services/provider/AuthorizationServer.ts"
import { isEmail } from "../../services/sign-in/AccountKey.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import type { AuthFlow } from "../../services/sign-in/AuthFlows.ts"
import { Browser } from "../../services/sign-in/Browser.ts"
import { type CallbackListener, CallbackServer } from "../../services/sign-in/CallbackServer.ts"
import {
  AuthorizationRefused,
  ConsentDenied,
  FlowCancelled,
  type FlowFailure,
  FlowTimedOut
} from "../../services/sign-in/FlowFailure.ts"
import type { Session } from "../../services/sign-in/Session.ts"
import type { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import * as AuthFlowCommit from "./AuthFlowCommit.ts"
import type { AuthFlowEntry, Decision, Opened } from "./AuthFlowEntry.ts"
import { internalError, lingers, pageNow } from "./AuthFlowPages.ts"

/** What a flow asks for and how long it waits. */
export interface Options {
  /** The scopes a sign-in asks for, and a session must have. */
  readonly scopes: ReadonlyArray<string>
  /** How long a person has. */
  readonly timeout: Duration.Duration
  /**
   * Run before a flow opens. What fails here would otherwise fail after the person has consented, when it is too late
   * to keep what they consented to.
   */
  readonly prepare?: Effect.Effect<void, StoreUnavailable>
}

interface Listening {
  readonly listener: CallbackListener
  readonly request: AuthorizationRequest
  readonly opened: Opened
}

const shown = ({ browsed, wanted }: AuthFlowEntry): AuthFlow["shown"] =>
  Effect.suspend(() => {
    if (Deferred.isDoneUnsafe(browsed)) {
      return Effect.map(Deferred.await(browsed), (opened) => opened ? "opened" as const : "failed" as const)
    }
    return Effect.succeed(Deferred.isDoneUnsafe(wanted) ? "asked" as const : "not_asked" as const)
  })

/** A flow that is ended before it is open does not wait for its provider. */
const endedEarly = (flow: AuthFlowEntry) =>
  Effect.flatMap(
    Deferred.await(flow.decision),
    (decision) => decision._tag === "Ended" ? Effect.fail(decision.error) : Effect.never
  )

/** Makes `run` over the services it needs. */
export const make = (options: Options) =>
  Effect.gen(function*() {
    const provider = yield* AuthorizationServer
    const callbacks = yield* CallbackServer
    const browser = yield* Browser
    const events = yield* AuthEvents
    const random = yield* SecureRandom.SecureRandom
    const commit = yield* AuthFlowCommit.make

    const secret = (label: string) =>
      Effect.map(random.randomBytes(32), (bytes) => Redacted.make(Base64Url.encode(bytes), { label }))

    const open = Effect.fnUntraced(
      function*(flow: AuthFlowEntry): Effect.fn.Return<Listening, FlowFailure, Scope.Scope> {
        const { id, began: { key } } = flow
        if (options.prepare !== undefined) yield* options.prepare
        const expected = { state: yield* secret("state"), issuer: yield* provider.responseIssuer }
        const listener = yield* callbacks.open({ flowId: id, expected }, (response) =>
          Deferred.succeed(flow.decision, { _tag: "Answered", response, by: "listener" }))
        const request: AuthorizationRequest = {
          redirectUri: listener.redirectUri,
          scopes: options.scopes,
          state: expected.state,
          codeVerifier: yield* secret("code verifier"),
          loginHint: isEmail(key) ? key : undefined
        }
        const authorizationUrl = yield* provider.authorizationUrl(request)
        const startedAt = yield* DateTime.now
        // Armed before anybody hears of the flow, so that its deadline holds for whoever joins.
        yield* Effect.sleep(options.timeout).pipe(
          Effect.andThen(Deferred.succeed(flow.decision, {
            _tag: "Ended",
            error: new FlowTimedOut({ after: options.timeout })
          })),
          Effect.tap((first) =>
            first ? Deferred.succeed(flow.condemned, undefined) : Effect.void
          ),
          Effect.forkScoped({ startImmediately: true })
        )
        const outcome = Deferred.await(flow.outcome)
        const expiresAt = DateTime.addDuration(startedAt, options.timeout)
        return {
          listener,
          request,
          opened: {
            expected,
            flow: {
              id,
              key,
              authorizationUrl,
              redirectUri: listener.redirectUri,
              startedAt,
              expiresAt,
              outcome,
              shown: shown(flow)
            }
          }
        }
      }
    )

    const show = ({ browsed, id }: AuthFlowEntry, url: string) =>
      Effect.matchEffect(browser.open(url), {
        onSuccess: () =>
          Effect.andThen(Deferred.succeed(browsed, true), events.publish({ _tag: "BrowserOpened", flowId: id })),
        onFailure: ({ message }) =>
          Effect.andThen(
            Deferred.succeed(browsed, false),
            events.publish({ _tag: "BrowserFailed", flowId: id, problem: message })
          )
      })

    const conclude = (flow: AuthFlowEntry, request: AuthorizationRequest, decision: Decision) => {
      if (decision._tag === "Ended") return Effect.fail(decision.error)
      const { response } = decision
      if (response._tag === "Code") return commit({ id: flow.id, began: flow.began, request }, response.code)
      const { description, error } = response
      return error === "access_denied"
        ? Effect.fail(new ConsentDenied())
        : Effect.fail(new AuthorizationRefused({ error, ...(description === undefined ? {} : { description }) }))
    }

    const settle = (flow: AuthFlowEntry, outcome: Exit.Exit<Session, FlowFailure>) =>
      Effect.andThen(
        events.publish({
          _tag: "FlowSettled",
          key: flow.began.key,
          flowId: flow.id,
          outcome: Exit.match(outcome, {
            onSuccess: () => "authenticated",
            onFailure: (cause) =>
              Cause.findErrorOption(cause).pipe((error) =>
                error._tag === "Some" ? error.value.code : internalError.code
              )
          })
        }),
        Deferred.done(flow.outcome, outcome)
      )

    const shutdown = new FlowCancelled({ by: "shutdown" })

    /** Waits for the decision; being interrupted is one, and so is the layer's Scope closing. */
    const decided = (flow: AuthFlowEntry, waiting: Effect.Effect<Decision>) =>
      Effect.onInterrupt(waiting, () => Deferred.succeed(flow.decision, { _tag: "Ended", error: shutdown })).pipe(
        Effect.exit,
        Effect.andThen(Deferred.await(flow.decision))
      )

    /**
     * Runs a registered flow to its end. Interrupting it is the layer's shutdown: the flow then settles as cancelled,
     * unless a code has come; what follows a code is finite and finishes.
     */
    return (flow: AuthFlowEntry) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.acquireUseRelease(
          Scope.make(),
          Effect.fnUntraced(function*(listening) {
            const opening = yield* open(flow).pipe(
              Scope.provide(listening),
              Effect.raceFirst(endedEarly(flow)),
              restore,
              Effect.exit
            )
            if (Exit.isFailure(opening)) {
              yield* Scope.close(listening, Exit.void)
              const failed = Cause.hasInterrupts(opening.cause) ? Exit.fail(shutdown) : Exit.failCause(opening.cause)
              yield* Deferred.done(flow.opened, failed)
              yield* settle(flow, failed)
              return
            }
            const { listener, opened, request } = opening.value
            yield* events.publish({ _tag: "FlowStarted", key: flow.began.key, flowId: flow.id })
            yield* Deferred.succeed(flow.opened, opened)
            yield* Effect.forkIn(
              Effect.andThen(Deferred.await(flow.wanted), show(flow, opened.flow.authorizationUrl)),
              listening
            )

            const decision = yield* decided(flow, restore(Deferred.await(flow.decision)))
            const outcome = yield* Effect.exit(conclude(flow, request, decision))
            const page = pageNow(flow, outcome)
            // A flow whose layer is closing has no time for reloads.
            const closing = Exit.hasInterrupts(yield* Effect.exit(restore(Effect.yieldNow)))
            const stays = !closing && lingers(decision, page)
            yield* listener.answer(page, stays, decision._tag === "Answered" ? decision.response : undefined)
            if (stays) {
              yield* settle(flow, outcome)
              const lingered = yield* Effect.exit(restore(Effect.raceFirst(
                Effect.as(listener.linger, true),
                Effect.as(Deferred.await(flow.cut), false)
              )))
              yield* listener.correct(pageNow(flow, outcome))
              // Cut short, it still does not leave a browser that is on its way to its page with a refused connection.
              if (!Exit.isSuccess(lingered) || !lingered.value) yield* listener.seen
            } else {
              yield* Scope.close(listening, Exit.void)
              yield* settle(flow, outcome)
            }
          }),
          // Whatever came between, a bug included, no listener outlives its flow.
          (listening) => Scope.close(listening, Exit.void)
        )
      )
  })
