/**
 * A Model Context Protocol server over HTTP that has no tools: what `mcp-remote` is pointed at, since it answers its client
 * only when it has reached a server.
 */
import type { ServerResponse } from "node:http"

export const path = "/mcp"

const resultOf = (method: string, params: unknown): object => {
  const asked: unknown = typeof params === "object" && params !== null
    ? Reflect.get(params, "protocolVersion")
    : undefined
  return method === "initialize"
    ? { protocolVersion: asked, capabilities: { tools: {} }, serverInfo: { name: "bench", version: "0" } }
    : { tools: [] }
}

/** Answers one request of the Streamable HTTP transport with plain JSON, as it may. */
export const answer = (verb: string, body: string, response: ServerResponse): void => {
  if (verb !== "POST") return void response.writeHead(405, { allow: "POST" }).end()
  const message: unknown = JSON.parse(body)
  const at = (name: string): unknown =>
    typeof message === "object" && message !== null ? Reflect.get(message, name) : undefined
  const id = at("id")
  if (id === undefined) return void response.writeHead(202).end()
  const text = JSON.stringify({ jsonrpc: "2.0", id, result: resultOf(String(at("method")), at("params")) })
  response.writeHead(200, { "content-type": "application/json" }).end(text)
}
