/**
 * The server: tools over stdio until the client goes away.
 */
import { Duration, Effect, Layer, Logger } from "effect"
import * as ToolServerMcpStdio from "../layers/tools/ToolServerMcpStdio.ts"
import { ToolServer } from "../services/tools/ToolServer.ts"
import { identity } from "./identity.ts"
import * as OnDemand from "./onDemand.ts"
import { gasAuth } from "./tools/gasAuth.ts"

/** One line an event, on stderr: stdout is the protocol's. */
const layerLog = Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)])

/** Loaded with the first call: nothing of it is needed to say hello, and many copies of a server do nothing else. */
const layerServices = Layer.unwrap(Effect.map(Effect.promise(() => import("./signIn.ts")), ({ layer }) => layer))

/** How long closing may take before the process goes anyway; what a kill can interrupt, this may interrupt too. */
const closingTime = Duration.millis(1_500)

/**
 * Serves until the client has gone or a signal came. Then the services close first, which settles every sign-in and so
 * every call that waits for one; then their answers leave; then the connection closes. `giveUp` runs if that takes
 * longer than it may.
 */
export const serve = (giveUp: Effect.Effect<void>) =>
  Effect.scoped(Effect.gen(function*() {
    const server = yield* ToolServer
    const services = yield* OnDemand.make(layerServices)
    const end = yield* server.serve(identity, [gasAuth], services)
    yield* Effect.logDebug("The server stops.").pipe(Effect.annotateLogs({ end }))
    yield* Effect.forkDetach(Effect.delay(giveUp, closingTime))
  })).pipe(
    Effect.provide(Layer.provideMerge(ToolServerMcpStdio.layer, layerLog))
  )
