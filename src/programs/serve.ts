/**
 * The server: tools over stdio until the client goes away.
 */
import { Duration, Effect, Exit, Fiber, Layer, Scope } from "effect"
import * as OnDemand from "../layers/tools/OnDemand.ts"
import * as ToolServerMcpStdio from "../layers/tools/ToolServerMcpStdio.ts"
import { ToolServer } from "../services/tools/ToolServer.ts"
import { identity } from "./identity.ts"
import * as Logging from "./logging.ts"
import { gasAccounts } from "./tools/gasAccounts.ts"
import { gasAuth } from "./tools/gasAuth.ts"

/** Loaded with the first call: nothing of it is needed to say hello, and many copies of a server do nothing else. */
const layerServices = Layer.unwrap(Effect.map(Effect.promise(() => import("./signIn.ts")), ({ layer }) => layer))

/**
 * How long the services may take to close, and then the answers to leave. Together less than the two seconds after which
 * a stopped server has to be gone; an exchange under way may need more, and is then given up with the process.
 */
const closing = Duration.seconds(1)
const grace = Duration.millis(500)

/**
 * Serves until the client has gone or a signal came. Then the services close, which settles every sign-in and so every
 * call that waits for one; then their answers leave; then the connection closes.
 */
export const serve = Effect.gen(function*() {
  const server = yield* ToolServer
  const scope = yield* Scope.make()
  const services = yield* Scope.provide(OnDemand.make(layerServices), scope)
  const { end, finish } = yield* server.serve(identity, [gasAuth, gasAccounts], services)
  yield* Effect.logDebug("The server stops.").pipe(Effect.annotateLogs({ end }))
  const closed = yield* Effect.forkDetach(Scope.close(scope, Exit.void))
  yield* Effect.timeoutOption(Fiber.await(closed), closing)
  yield* finish(grace)
}).pipe(
  Effect.provide(Layer.provideMerge(ToolServerMcpStdio.layer, Logging.layer))
)
