/**
 * The server: tools over stdio until the client goes away.
 */
import { Duration, Effect, Layer } from "effect"
import * as ToolServerMcpStdio from "../layers/tools/ToolServerMcpStdio.ts"
import { serve as serving } from "./embedding/serving.ts"
import { identity } from "./identity.ts"
import * as Logging from "./logging.ts"
import { authStatus } from "./resources/authStatus.ts"
import * as Telemetry from "./telemetry.ts"
import { gasAccounts } from "./tools/gasAccounts.ts"
import { gasAuth } from "./tools/gasAuth.ts"

/** Loaded with the first call: nothing of it is needed to say hello, and many copies of a server do nothing else. */
const layerServices = Layer.unwrap(Effect.map(Effect.promise(() => import("./signIn.ts")), ({ layer }) => layer))

/** How long the telemetry may take at the end, if there is any: with the rest, less than the two seconds there are. */
const lastWords = Duration.millis(300)

/** Serves until the client has gone or a signal came. */
export const serve = serving(identity, { tools: [gasAuth, gasAccounts], resources: [authStatus] }, layerServices).pipe(
  Effect.provide(
    ToolServerMcpStdio.layer.pipe(Layer.provideMerge(Telemetry.layer(lastWords)), Layer.provideMerge(Logging.layer))
  )
)
