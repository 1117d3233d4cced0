/**
 * `CallbackServer` on 127.0.0.1: one listener per flow, on a port of its own unless a fixed one is asked for.
 */
import { Deferred, Effect, Layer, Option, Ref, Result, Semaphore } from "effect"
import {
  type AuthorizationResponse,
  type ExpectedResponse,
  validate
} from "../../services/provider/AuthorizationResponse.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import { type CallbackPage, CallbackServer, CallbackUnavailable } from "../../services/sign-in/CallbackServer.ts"
import type { FlowId } from "../../services/sign-in/Session.ts"
import * as CallbackPages from "./CallbackPages.ts"
import * as LoopbackListener from "./LoopbackListener.ts"

export interface Options {
  /** The only port to listen on; absent: any free one. */
  readonly port?: number
  /** The name the pages give to what is signed in to. */
  readonly serverName: string
}

/** A listener that has been answered: it closes soon, sooner if it is asked to give up its port. */
interface Answered {
  readonly evicted: Deferred.Deferred<void>
  readonly closed: Deferred.Deferred<void>
}

const path = "/callback"
const lingerFor = "2 seconds"

/** What browsers send when they fetch a page nobody has asked for yet. */
const isPrefetch = (request: LoopbackListener.Request): boolean =>
  [request.headers["sec-purpose"], request.headers["purpose"], request.headers["x-moz"]].some((purpose) =>
    purpose !== undefined && /prefetch|prerender|preview/i.test(purpose)
  )

/** Turns away what cannot be the answer to any flow; what is left is a query to validate. */
const screen = (request: LoopbackListener.Request): Result.Result<URLSearchParams, LoopbackListener.Reply> => {
  const { headers: { host }, port } = request
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) return Result.fail(CallbackPages.bare(421))
  const [pathname, query = ""] = request.target.split(/\?(.*)/s)
  if (pathname === "/favicon.ico") return Result.fail(CallbackPages.bare(204))
  if (pathname !== path) return Result.fail(CallbackPages.bare(404))
  if (request.method !== "GET") return Result.fail(CallbackPages.bare(405, { allow: "GET" }))
  if (isPrefetch(request)) return Result.fail(CallbackPages.bare(204))
  return Result.succeed(new URLSearchParams(query))
}

const listen = (
  port: number | undefined,
  handle: (request: LoopbackListener.Request) => Effect.Effect<LoopbackListener.Reply>
) =>
  Effect.mapError(
    LoopbackListener.listen(port, handle),
    ({ reason }) => new CallbackUnavailable({ reason, ...(port === undefined ? {} : { port }) })
  )

/** Provides `CallbackServer`; needs `AuthEvents`. Listeners belong to the Scopes they are opened in. */
export const layer = (options: Options): Layer.Layer<CallbackServer, never, AuthEvents> =>
  Layer.effect(
    CallbackServer,
    Effect.gen(function*() {
      const events = yield* AuthEvents
      const answered = yield* Ref.make(Option.none<Answered>())
      const opening = yield* Semaphore.make(1)

      /** A fixed port is worth more to a new flow than to the reloads of a finished one. */
      const makeRoom = Effect.gen(function*() {
        const holder = yield* Ref.get(answered)
        if (Option.isNone(holder)) return
        yield* Deferred.succeed(holder.value.evicted, undefined)
        yield* Deferred.await(holder.value.closed)
      })

      const open = Effect.fn("CallbackServer.open")(function*(
        flow: { readonly flowId: FlowId; readonly expected: ExpectedResponse },
        offer: (response: AuthorizationResponse) => Effect.Effect<boolean>
      ) {
        const { expected, flowId } = flow
        const page = yield* Deferred.make<CallbackPage>()

        const respond = Effect.fnUntraced(function*(request: LoopbackListener.Request) {
          const screened = screen(request)
          if (Result.isFailure(screened)) {
            return screened.failure
          }
          const validated = validate(screened.success, expected)
          if (Result.isFailure(validated)) {
            yield* events.publish({ _tag: "CallbackForged", flowId, reason: validated.failure })
            return CallbackPages.notThisSignIn
          }
          const first = yield* offer(validated.success)
          yield* events.publish({ _tag: first ? "CallbackAccepted" : "CallbackDuplicate", flowId })
          return CallbackPages.outcome(options.serverName, yield* Deferred.await(page))
        })

        const room: Answered = { evicted: yield* Deferred.make<void>(), closed: yield* Deferred.make<void>() }
        // Registered first, so that it runs when the listener is gone.
        yield* Effect.addFinalizer(() => Deferred.succeed(room.closed, undefined))
        const port = yield* options.port === undefined
          ? listen(undefined, respond)
          : opening.withPermit(Effect.andThen(makeRoom, listen(options.port, respond)))
        // Registered last, so that it runs before the listener waits for its replies to leave.
        yield* Effect.addFinalizer(() => Deferred.succeed(page, { _tag: "Cancelled" }))

        return {
          redirectUri: `http://127.0.0.1:${port}${path}`,
          // From here on a new flow waits for the port instead of being told that it is taken.
          answer: (shown: CallbackPage) =>
            Effect.andThen(Ref.set(answered, Option.some(room)), Effect.asVoid(Deferred.succeed(page, shown))),
          linger: Effect.asVoid(Effect.timeoutOption(Deferred.await(room.evicted), lingerFor))
        }
      })

      return CallbackServer.of({ open })
    })
  )
