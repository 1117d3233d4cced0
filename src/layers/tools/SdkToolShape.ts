/**
 * What a tool looks like to a server of the Model Context Protocol SDK. Knows nothing of Effect, since those who see it may not
 * have it.
 */
import type { Server } from "@modelcontextprotocol/sdk/server/index.js"
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js"
import type {
  CallToolResult,
  ServerNotification,
  ServerRequest,
  Tool as ToolListing
} from "@modelcontextprotocol/sdk/types.js"

/** What the SDK hands to the handler of a request. */
export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

/** What a call is told of the request that it came with. */
export interface CallContext {
  /** The server that the request came to: how its client is asked to open a page. Without it, it is not asked. */
  readonly server?: Server
  /** What the SDK has handed to the request's handler: how the call is cancelled, and how it tells how it goes. */
  readonly extra?: Pick<Extra, "_meta" | "sendNotification" | "signal">
}

/** A tool for a server of the SDK that somebody else has made. */
export interface SdkTool {
  /** What it is called by. */
  readonly name: string
  /** For the answer to `tools/list` of a low-level `Server`. */
  readonly definition: ToolListing
  /**
   * Answers `tools/call` of a low-level `Server`. Never rejects: what goes wrong, bad arguments included, is a result with
   * `isError`. When the caller cancels its request, the call ends.
   */
  readonly call: (args: unknown, context?: CallContext) => Promise<CallToolResult>
  /** Registers the tool with an `McpServer`. Needs `zod`, which the SDK needs as well. */
  readonly register: (server: McpServer) => Promise<void>
}
