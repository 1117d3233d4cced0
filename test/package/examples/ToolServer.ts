// From the docstring of ToolServer in src/services/tools/ToolServer.ts, by `npm run docs`.
import { Context, Duration, Effect, Schema } from "effect"
import { Tool, ToolServer, ToolServerMcpStdio } from "../../../src/mcp.ts"

const echo = Tool.make({
  name: "echo",
  title: "Echo",
  description: "Says it again.",
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: Schema.Struct({ text: Schema.String }),
  output: Schema.Struct({ text: Schema.String }),
  handler: Effect.succeed
})

const identity = { name: "echo-mcp", title: "Echo", version: "1.0.0", instructions: "Call echo." }

// To be run as the whole program of a process: it returns when its client has gone.
export const main = Effect.gen(function*() {
  const { serve } = yield* ToolServer
  const { finish } = yield* serve(identity, { tools: [echo] }, Effect.succeed(Context.empty()))
  yield* finish(Duration.seconds(1))
}).pipe(Effect.provide(ToolServerMcpStdio.layer))
