/**
 * A server from its start to its end: tools whose services are built when they are first needed, and closed when the client has gone.
 */
import { Duration, Effect, Exit, Fiber, type Layer, Scope } from "effect"
import * as OnDemand from "../../layers/tools/OnDemand.ts"
import type { ToolError } from "../../services/tools/Tool.ts"
import { type Offer, type ServeEnd, type ServerIdentity, ToolServer } from "../../services/tools/ToolServer.ts"

/**
 * How long the services may take to close, and then the answers to leave. Together less than the two seconds after which a
 * stopped server has to be gone; an exchange under way may need more, and is then given up with the process.
 */
const closing = Duration.seconds(1)
const grace = Duration.millis(500)

/**
 * Serves until the client has gone or a signal came, and answers with which it was. `services` is built at the first call, since
 * hosts start many copies of a server that are never asked for anything.
 *
 * At the end the services close, which settles every sign-in and so every call that waits for one; then their answers leave; then
 * the connection closes, with the layer of `ToolServer`. It takes a second and a half at worst. When it is interrupted, the
 * services close as well, however long that takes.
 */
export const serve = <R, E extends ToolError>(
  identity: ServerIdentity,
  offer: Offer<NoInfer<R>>,
  services: Layer.Layer<R, E>
): Effect.Effect<ServeEnd, never, ToolServer> =>
  Effect.gen(function*() {
    const server = yield* ToolServer
    // At an end of its own it is closed below, for as long as there is time.
    const scope = yield* Effect.acquireRelease(Scope.make(), (made, exit) => Scope.close(made, exit))
    const context = yield* Scope.provide(OnDemand.make(services), scope)
    const { end, finish } = yield* server.serve(identity, offer, context)
    yield* Effect.logDebug("The server stops.").pipe(Effect.annotateLogs({ end }))
    const closed = yield* Effect.forkDetach(Scope.close(scope, Exit.void))
    yield* Effect.timeoutOption(Fiber.await(closed), closing)
    yield* finish(grace)
    return end
  }).pipe(Effect.scoped)
