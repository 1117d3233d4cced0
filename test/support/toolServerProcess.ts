/**
 * A server process as small as can be: two tools, one service that lives from the first call to the end of serving. Run
 * it to be talked to over stdio. It never exits by force, so it hangs where something is left open.
 */
import { Context, Deferred, Duration, Effect, Layer, Logger, Schema, Scope } from "effect"
import * as ToolServerMcpStdio from "../../src/layers/tools/ToolServerMcpStdio.ts"
import * as Tool from "../../src/services/tools/Tool.ts"
import { ToolServer } from "../../src/services/tools/ToolServer.ts"

/** Settles what waits for it when its layer closes, as a service with a pending sign-in does. */
class Closing
  extends Context.Service<Closing, Deferred.Deferred<string>>()("mcp-gas/test/support/toolServerProcess/Closing")
{
  static readonly layer = Layer.effect(
    Closing,
    Effect.acquireRelease(Deferred.make<string>(), (closing) => Deferred.succeed(closing, "settled by closing"))
  )
}

const annotations = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false }
const words = { title: "", description: "", annotations, output: Schema.Struct({ said: Schema.String }) }

const tools: ReadonlyArray<Tool.Tool<Closing>> = [
  Tool.make({
    ...words,
    name: "say",
    input: Schema.Struct({ bytes: Schema.optionalKey(Schema.Int) }),
    handler: ({ bytes }) => Effect.as(Effect.logInfo("saying"), { said: "x".repeat(bytes ?? 1) })
  }),
  Tool.make({
    ...words,
    name: "wait",
    input: Schema.Struct({}),
    handler: () =>
      Effect.logInfo("waiting").pipe(
        Effect.andThen(Closing),
        Effect.flatMap(Deferred.await),
        Effect.map((said) => ({ said }))
      )
  }),
  Tool.make({ ...words, name: "break", input: Schema.Struct({}), handler: () => Effect.die(new Error("pipe burst")) })
]

const identity = { name: "process", title: "Process", version: "0.0.0", instructions: "" }

const program = Effect.gen(function*() {
  const server = yield* ToolServer
  const services = yield* Scope.make()
  const context = yield* Effect.cached(Layer.buildWithScope(Closing.layer, services))
  yield* Effect.logInfo("serving")
  const { end, finish } = yield* server.serve(identity, { tools }, context).pipe(
    Effect.onExit((exit) => Scope.close(services, exit))
  )
  yield* finish(Duration.seconds(1))
  yield* Effect.logInfo(`ended by ${end}`)
}).pipe(Effect.provide(ToolServerMcpStdio.layer))

program.pipe(
  Effect.andThen(Effect.logInfo("closed")),
  Effect.provide(Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)])),
  Effect.runFork
)
