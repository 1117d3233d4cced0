/**
 * A loopback address without sockets: `LoopbackListener` among the fibers of one program, and the browsers that go there.
 */
import { Context, Deferred, Effect, Exit, FiberSet, Layer } from "effect"
import {
  LoopbackListener,
  LoopbackListenFailed,
  type LoopbackReply,
  type LoopbackRequest
} from "../../src/services/sign-in/LoopbackListener.ts"

/** What a browser ends up with. */
export type Visit =
  /** Nobody listens there. */
  | { readonly _tag: "Refused" }
  /** The connection was cut instead of an answer. */
  | { readonly _tag: "Cut" }
  | { readonly _tag: "Page"; readonly status: number; readonly title: string }

interface Listening {
  readonly port: number
  /** Not any more, once its Scope closes; the port is free a little later. */
  accepts: boolean
  readonly serve: (request: LoopbackRequest, answered: Deferred.Deferred<LoopbackReply | "Cut">) => void
}

export class Loopback extends Context.Service<Loopback, {
  /** Goes to an address as a browser does, and on to where that redirects. Interrupting it hangs up. */
  readonly visit: (url: string) => Effect.Effect<Visit>
  /** The ports that are taken. */
  readonly ports: Effect.Effect<ReadonlyArray<number>>
}>()("mcp-gas/test/support/loopbackMemory/Loopback") {}

const firstPort = 40_000

/** Provides `LoopbackListener` and `Loopback`. */
export const layer: Layer.Layer<LoopbackListener | Loopback> = Layer.effectContext(Effect.sync(() => {
  const listeners = new Map<number, Listening>()
  let nextPort = firstPort

  const listen = Effect.fnUntraced(function*(
    port: number | undefined,
    handle: (request: LoopbackRequest) => Effect.Effect<LoopbackReply>
  ) {
    const requests = yield* FiberSet.make()
    const run = yield* FiberSet.runtime(requests)()
    const chosen = port ?? nextPort++
    yield* Effect.acquireRelease(
      Effect.suspend(() => {
        if (listeners.has(chosen)) return Effect.fail(new LoopbackListenFailed({ reason: "EADDRINUSE" }))
        const listening: Listening = {
          port: chosen,
          accepts: true,
          serve: (request, answered) =>
            void run(Effect.yieldNow.pipe(
              Effect.andThen(handle(request)),
              Effect.onExit((exit) => Deferred.succeed(answered, Exit.isSuccess(exit) ? exit.value : "Cut"))
            ))
        }
        listeners.set(chosen, listening)
        return Effect.succeed(listening)
      }),
      Effect.fnUntraced(function*(listening) {
        listening.accepts = false
        yield* FiberSet.awaitEmpty(requests)
        listeners.delete(chosen)
      })
    )
    return chosen
  })

  const get = (url: URL): Effect.Effect<LoopbackReply | "Refused" | "Cut"> =>
    Effect.suspend((): Effect.Effect<LoopbackReply | "Refused" | "Cut"> => {
      const listening = listeners.get(Number(url.port))
      if (listening === undefined || !listening.accepts) return Effect.succeed("Refused")
      const gone = Deferred.makeUnsafe<void>()
      const answered = Deferred.makeUnsafe<LoopbackReply | "Cut">()
      listening.serve({
        method: "GET",
        target: `${url.pathname}${url.search}`,
        port: listening.port,
        headers: { host: url.host },
        gone: Deferred.await(gone)
      }, answered)
      return Effect.onInterrupt(Deferred.await(answered), () => Deferred.succeed(gone, undefined))
    })

  const visit = Effect.fnUntraced(function*(url: string): Effect.fn.Return<Visit> {
    const reply = yield* get(new URL(url))
    if (reply === "Refused" || reply === "Cut") return { _tag: reply }
    const { location } = reply.headers
    if (location !== undefined) return yield* visit(new URL(location, url).href)
    return { _tag: "Page", status: reply.status, title: /<title>(.*)<\/title>/.exec(reply.body)?.[1] ?? "" }
  })

  return Context.make(LoopbackListener, LoopbackListener.of({ listen })).pipe(
    Context.add(Loopback, { visit, ports: Effect.sync(() => [...listeners.keys()]) })
  )
}))
