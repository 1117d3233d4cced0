/**
 * A loopback address without sockets: `LoopbackListener` among the fibers of one program, and the way for browsers to go there.
 */
import { Context, Deferred, Effect, Exit, FiberSet, HashMap, Layer, Option, Ref, type Scope } from "effect"
import {
  LoopbackListener,
  LoopbackListenFailed,
  type LoopbackReply,
  type LoopbackRequest
} from "../../services/sign-in/LoopbackListener.ts"
import { type LoopbackVisit, LoopbackVisitor } from "../../services/testing/LoopbackVisitor.ts"

/** What a request comes to. */
type Answer = LoopbackReply | "Refused" | "Cut"

interface Listening {
  /** Not any more, once its Scope closes; the port is free a little later. */
  readonly accepts: boolean
  readonly serve: (request: LoopbackRequest, answered: Deferred.Deferred<Answer>) => Effect.Effect<void>
}

const firstPort = 40_000

const titleOf = (html: string): string => /<title>(.*)<\/title>/.exec(html)?.[1] ?? ""

/**
 * Provides `LoopbackListener` and `LoopbackVisitor`; needs nothing. Ports are handed out in order, from 40000 on. A request runs its
 * handler one turn after it came.
 */
export const layer: Layer.Layer<LoopbackListener | LoopbackVisitor> = Layer.effectContext(Effect.gen(function*() {
  const listeners = yield* Ref.make(HashMap.empty<number, Listening>())
  const nextPort = yield* Ref.make(firstPort)

  const take = (port: number, listening: Listening) =>
    Effect.flatMap(
      Ref.modify(
        listeners,
        (all) => HashMap.has(all, port) ? [false, all] : [true, HashMap.set(all, port, listening)]
      ),
      (free) => free ? Effect.void : Effect.fail(new LoopbackListenFailed({ reason: "EADDRINUSE" }))
    )

  const listen = Effect.fnUntraced(function*(
    port: number | undefined,
    handle: (request: LoopbackRequest) => Effect.Effect<LoopbackReply>
  ): Effect.fn.Return<number, LoopbackListenFailed, Scope.Scope> {
    const requests = yield* FiberSet.make()
    const run = yield* FiberSet.runtime(requests)()
    const chosen = port ?? (yield* Ref.getAndUpdate(nextPort, (next) => next + 1))
    const serve: Listening["serve"] = (request, answered) =>
      Effect.sync(() =>
        void run(Effect.yieldNow.pipe(
          Effect.andThen(handle(request)),
          Effect.onExit((exit) => Deferred.succeed(answered, Exit.isSuccess(exit) ? exit.value : "Cut"))
        ))
      )
    yield* Effect.acquireRelease(
      take(chosen, { accepts: true, serve }),
      () =>
        Ref.update(listeners, (all) => HashMap.set(all, chosen, { accepts: false, serve })).pipe(
          Effect.andThen(FiberSet.awaitEmpty(requests)),
          Effect.andThen(Ref.update(listeners, HashMap.remove(chosen)))
        )
    )
    return chosen
  })

  const get = Effect.fnUntraced(function*(url: URL) {
    const port = Number(url.port)
    const found = HashMap.get(yield* Ref.get(listeners), port)
    if (Option.isNone(found) || !found.value.accepts) return "Refused"
    const gone = yield* Deferred.make<void>()
    const answered = yield* Deferred.make<Answer>()
    const request = {
      method: "GET",
      target: `${url.pathname}${url.search}`,
      port,
      headers: { host: url.host },
      gone: Deferred.await(gone)
    }
    return yield* Effect.onInterrupt(
      Effect.andThen(found.value.serve(request, answered), Deferred.await(answered)),
      () => Deferred.succeed(gone, undefined)
    )
  })

  const visit = Effect.fnUntraced(function*(url: string): Effect.fn.Return<LoopbackVisit> {
    const reply = yield* get(new URL(url))
    if (reply === "Refused" || reply === "Cut") return { _tag: reply }
    const { location } = reply.headers
    if (location !== undefined) return yield* visit(new URL(location, url).href)
    return { _tag: "Page", url, status: reply.status, title: titleOf(reply.body), text: reply.body }
  })

  return Context.make(LoopbackListener, LoopbackListener.of({ listen })).pipe(
    Context.add(LoopbackVisitor, {
      visit,
      ports: Effect.map(Ref.get(listeners), (all) => Array.from(HashMap.keys(all)))
    })
  )
}))
