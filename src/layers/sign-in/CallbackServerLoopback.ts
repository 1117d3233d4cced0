/**
 * `CallbackServer` on 127.0.0.1: one listener per flow, on a port of its own unless a fixed one is asked for.
 */
import { Deferred, Duration, Effect, Equal, Layer, Option, Ref, Result } from "effect"
import type { SecureRandom } from "effect/crypto"
import {
  type AuthorizationResponse,
  type ExpectedResponse,
  validate
} from "../../services/provider/AuthorizationResponse.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import { type CallbackPage, CallbackServer, CallbackUnavailable } from "../../services/sign-in/CallbackServer.ts"
import { LoopbackListener, type LoopbackReply, type LoopbackRequest } from "../../services/sign-in/LoopbackListener.ts"
import type { FlowId } from "../../services/sign-in/Session.ts"
import * as CallbackPages from "./CallbackPages.ts"
import * as CallbackVisits from "./CallbackVisits.ts"
import * as LoopbackListenerHttp from "./LoopbackListenerHttp.ts"

/** Where it listens, and what its pages say. */
export interface Options {
  /** The only port to listen on; absent: any free one. */
  readonly port?: number
  /** How long an answered listener stays for reloads; two seconds unless said. */
  readonly lingerFor?: Duration.Duration
  /** The name the pages give to what is signed in to. */
  readonly serverName: string
}

/** A listener that has been answered: it closes soon, sooner if it is asked to give up its port. */
interface Answered {
  readonly evicted: Deferred.Deferred<void>
  readonly closed: Deferred.Deferred<void>
}

/** What browsers are shown, and whether it can be asked for again. */
interface Shown {
  readonly page: CallbackPage
  readonly stays: boolean
  /** The response that decided the flow, if one did. */
  readonly deciding: AuthorizationResponse | undefined
}

const path = "/callback"
const defaultLinger = Duration.seconds(2)

/** More than a browser on this machine needs to follow a redirect. */
const onTheWay = Duration.millis(250)

/** What browsers send when they fetch a page nobody has asked for yet. */
const isPrefetch = (request: LoopbackRequest): boolean =>
  [request.headers["sec-purpose"], request.headers["purpose"], request.headers["x-moz"]].some((purpose) =>
    purpose !== undefined && /prefetch|prerender|preview/i.test(purpose)
  )

/** Turns away what cannot be the answer to any flow; what is left is a query to validate. */
const screen = (request: LoopbackRequest): Result.Result<URLSearchParams, LoopbackReply> => {
  const { headers: { host }, port } = request
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) return Result.fail(CallbackPages.bare(421))
  const [pathname, query = ""] = request.target.split(/\?(.*)/s)
  if (pathname === "/favicon.ico") return Result.fail(CallbackPages.bare(204))
  if (pathname !== path) return Result.fail(CallbackPages.bare(404))
  if (request.method !== "GET") return Result.fail(CallbackPages.bare(405, { allow: "GET" }))
  if (isPrefetch(request)) return Result.fail(CallbackPages.bare(204))
  // With its mark, since a second one would be taken for it and dropped.
  return Result.succeed(new URLSearchParams(`?${query}`))
}

/** The same as `layer`, over a listener of another kind: needs `LoopbackListener`, `AuthEvents` and `SecureRandom`. */
export const layerOver = (
  options: Options
): Layer.Layer<CallbackServer, never, LoopbackListener | AuthEvents | SecureRandom.SecureRandom> =>
  Layer.effect(
    CallbackServer,
    Effect.gen(function*() {
      const events = yield* AuthEvents
      const random = yield* Effect.context<SecureRandom.SecureRandom>()
      const loopback = yield* LoopbackListener
      const answered = yield* Ref.make(Option.none<Answered>())

      /** A fixed port is worth more to a new flow than to the reloads of a finished one. */
      const makeRoom = Effect.gen(function*() {
        const holder = yield* Ref.get(answered)
        if (Option.isNone(holder)) return
        yield* Deferred.succeed(holder.value.evicted, undefined)
        yield* Deferred.await(holder.value.closed)
      })

      const listen = (port: number | undefined, handle: (request: LoopbackRequest) => Effect.Effect<LoopbackReply>) =>
        Effect.mapError(
          loopback.listen(port, handle),
          ({ reason }) => new CallbackUnavailable({ reason, ...(port === undefined ? {} : { port }) })
        )

      const open = Effect.fn("CallbackServer.open")(function*(
        flow: { readonly flowId: FlowId; readonly expected: ExpectedResponse },
        offer: (response: AuthorizationResponse) => Effect.Effect<boolean>
      ) {
        const { expected, flowId } = flow
        const shown = yield* Deferred.make<Shown>()
        const corrected = yield* Ref.make(Option.none<CallbackPage>())
        const visits = yield* Effect.provideContext(CallbackVisits.make, random)

        /** The page of the flow, or that it is already done where this response is not the one that decided it. */
        const pageFor = Effect.fnUntraced(function*({ response }: CallbackVisits.Visit, { deciding, page }: Shown) {
          const now = Option.getOrElse(yield* Ref.get(corrected), () => page)
          const late = deciding !== undefined && !Equal.equals(deciding, response)
          return (late ? CallbackPages.alreadyDone : CallbackPages.outcome)(options.serverName, now)
        })

        const respond = Effect.fn("CallbackServer.respond", { kind: "server" })(function*(request: LoopbackRequest) {
          const screened = screen(request)
          if (Result.isFailure(screened)) return screened.failure
          const query = screened.success
          const visited = yield* visits.find(query.get("view") ?? "")
          if (Option.isSome(visited) && Deferred.isDoneUnsafe(shown)) {
            yield* visits.end(visited.value)
            return yield* pageFor(visited.value, yield* Deferred.await(shown))
          }
          const validated = validate(query, expected)
          if (Result.isFailure(validated)) {
            yield* events.publish({ _tag: "CallbackForged", flowId, reason: validated.failure })
            return CallbackPages.notThisSignIn
          }
          const response = validated.success
          // Noted before it can decide anything: what closes after the decision must know of this browser.
          const visit = yield* visits.begin(response)
          const first = yield* offer(response)
          yield* events.publish({ _tag: first ? "CallbackAccepted" : "CallbackDuplicate", flowId })
          const page = yield* Effect.raceFirst(
            Effect.asSome(Deferred.await(shown)),
            Effect.as(request.gone, Option.none<Shown>())
          )
          if (Option.isSome(page) && page.value.stays) return CallbackPages.seeOther(`${path}?view=${visit.view}`)
          yield* visits.end(visit)
          return Option.isNone(page) ? CallbackPages.bare(410) : yield* pageFor(visit, page.value)
        }, Effect.tap(({ status }) => Effect.annotateCurrentSpan("http.response.status_code", status)))

        const room: Answered = { evicted: yield* Deferred.make<void>(), closed: yield* Deferred.make<void>() }
        // Registered first, so that it runs when the listener is gone.
        yield* Effect.addFinalizer(() => Deferred.succeed(room.closed, undefined))
        const port = yield* options.port === undefined
          ? listen(undefined, respond)
          : Effect.andThen(makeRoom, listen(options.port, respond))
        // Registered last, so that it runs before the listener waits for its replies to leave.
        yield* Effect.addFinalizer(() =>
          Deferred.succeed(shown, {
            page: { _tag: "Cancelled" },
            stays: false,
            deciding: undefined
          })
        )

        return {
          redirectUri: `http://127.0.0.1:${port}${path}`,
          // From here on a new flow waits for the port instead of being told that it is taken.
          answer: (page: CallbackPage, stays: boolean, deciding?: AuthorizationResponse) =>
            Effect.andThen(
              Ref.set(answered, Option.some(room)),
              Effect.asVoid(Deferred.succeed(shown, { page, stays, deciding }))
            ),
          correct: (page: CallbackPage) => Ref.set(corrected, Option.some(page)),
          // Asked for its port, it still waits for the browsers that are on their way to their page.
          linger: Deferred.await(room.evicted).pipe(
            Effect.andThen(visits.allEnded),
            Effect.timeoutOption(options.lingerFor ?? defaultLinger),
            Effect.asVoid
          ),
          seen: Effect.asVoid(Effect.timeoutOption(Effect.interruptible(visits.allEnded), onTheWay))
        }
      })

      return CallbackServer.of({ open })
    })
  )

/** Provides `CallbackServer`; needs `AuthEvents` and `SecureRandom`. Listeners belong to the Scopes they are opened in. */
export const layer = (options: Options): Layer.Layer<CallbackServer, never, AuthEvents | SecureRandom.SecureRandom> =>
  Layer.provide(layerOver(options), LoopbackListenerHttp.layer)
