/**
 * Runs the local Google by itself, and prints what a server needs to use it in Google's place.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Console, Effect, Exit, Layer, Redacted, type Runtime } from "effect"
import { Command, Flag } from "effect/cli"
import * as LocalGoogleOidc from "../layers/local-google/LocalGoogleOidc.ts"
import { LocalGoogle } from "../services/local-google/LocalGoogle.ts"
import { version } from "./identity.ts"

const announce = Effect.gen(function*() {
  const google = yield* LocalGoogle
  yield* Console.error(`A local Google listens at ${google.issuer}. Ctrl-C ends it. Set these to sign in with it:`)
  yield* Console.log([
    `MCP_GAS_ISSUER=${google.issuer}`,
    `MCP_GAS_CLIENT_ID=${google.clientId}`,
    `MCP_GAS_CLIENT_SECRET=${Redacted.value(google.clientSecret)}`
  ].join("\n"))
})

const command = Command.make("local-google", {
  port: Flag.Int("port").pipe(Flag.withDescription("Port on 127.0.0.1; any free one by default"), Flag.withDefault(0))
}, ({ port }) => Layer.launch(Layer.effectDiscard(announce).pipe(Layer.provide(LocalGoogleOidc.layer({ port })))))

const teardown: Runtime.Teardown = (exit, onExit) =>
  onExit(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)

Command.run(command, { version }).pipe(
  Effect.tapCause((cause) => Cause.hasInterruptsOnly(cause) ? Effect.void : Console.error(Cause.squash(cause))),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown })
)
