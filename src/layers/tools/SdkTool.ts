/**
 * A tool for a server of the Model Context Protocol SDK that somebody else has made: its low-level `Server`, where they answer
 * `tools/list` and `tools/call` themselves, or its `McpServer`, where tools are registered.
 */
import { type Effect, type Exit, Option, type Scope } from "effect"
import type { JsonObject, Tool, ToolError } from "../../services/tools/Tool.ts"
import type { ToolClient } from "../../services/tools/ToolClient.ts"
import type { ToolProgress } from "../../services/tools/ToolProgress.ts"
import { peerOf, toldOf } from "./SdkPeer.ts"
import type { CallContext, Extra, SdkTool } from "./SdkToolShape.ts"
import * as ToolJsonSchema from "./ToolJsonSchema.ts"
import * as Answer from "./ToolServerAnswer.ts"
import * as Peer from "./ToolServerPeer.ts"

/** What `tools/list` answers of a tool. */
export const listing = <R>(
  { annotations, description, input, name, output, title }: Tool<R>
): SdkTool["definition"] => ({
  name,
  title,
  description,
  inputSchema: ToolJsonSchema.make(input),
  outputSchema: ToolJsonSchema.make(output),
  annotations: { title, ...annotations }
})

/** Runs what a call does, until it ends or the signal aborts it. */
export type Run<R> = (
  effect: Effect.Effect<JsonObject, ToolError, R>,
  signal?: AbortSignal
) => Promise<Exit.Exit<JsonObject, ToolError>>

/**
 * Makes a tool callable by Promises. `run` has the services that the tool needs; what is still to be sent to a client when a call
 * is over is sent from `scope`.
 */
export const make = <R>(tool: Tool<R | ToolClient | ToolProgress>, run: Run<R>, scope: Scope.Scope): SdkTool => {
  const { description, name, title, annotations } = tool
  const definition = listing(tool)

  const contextOf = ({ extra, server }: CallContext) =>
    Peer.contextOf(
      server === undefined ? noPeer : peerOf(server),
      extra === undefined ? Option.none() : toldOf(extra),
      scope
    )

  const call: SdkTool["call"] = async (args, context = {}) =>
    Answer.fromExit(
      tool,
      await run(Peer.perform(tool, args ?? {}, contextOf(context)), context.extra?.signal)
    )

  return {
    name,
    definition,
    call,
    register: async (server) => {
      const { looseObject } = await import("zod/v4-mini")
      /** Lets everything pass, since `call` looks at it, and is listed as it is: no release of zod has to understand it. */
      const schemaOf = (jsonSchema: ToolJsonSchema.ToolJsonSchema) => {
        const schema = looseObject({})
        schema._zod.toJSONSchema = () => ({ ...jsonSchema })
        return schema
      }
      server.registerTool(
        name,
        {
          title,
          description,
          inputSchema: schemaOf(ToolJsonSchema.make(tool.input)),
          outputSchema: schemaOf(ToolJsonSchema.make(tool.output)),
          annotations: { title, ...annotations }
        },
        (args: unknown, extra: Extra) => call(args, { server: server.server, extra })
      )
    }
  }
}

/** A client of which nothing is known. */
const noPeer: Peer.Peer = {
  takesUrls: false,
  elicit: () => Promise.reject(new Error("There is no client to ask.")),
  complete: () => Promise.resolve()
}
