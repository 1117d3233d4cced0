/**
 * The stdio servers that are started: each by the same Node, from its own entry file, without npx between, in an empty home.
 */
import { dirname, join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import type { Command } from "../measure/mcpClient.ts"

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The servers that are compared, by the name of their package. */
export const names = ["mcp-gas", "@google/clasp", "@modelcontextprotocol/server-everything", "mcp-remote"] as const
export type Name = typeof names[number]

const entries: Readonly<Record<Name, string>> = {
  "mcp-gas": file("../../dist/bin/mcp-gas.js"),
  "@google/clasp": file("../node_modules/@google/clasp/build/src/index.js"),
  "@modelcontextprotocol/server-everything": file(
    "../node_modules/@modelcontextprotocol/server-everything/dist/index.js"
  ),
  "mcp-remote": file("../node_modules/mcp-remote/dist/proxy.js")
}

/** How a server is started; `origin` has the one that `mcp-remote` stands for. */
export const command = (name: Name, home: string, origin: string): Command => {
  const args: Readonly<Record<Name, ReadonlyArray<string>>> = {
    "mcp-gas": [],
    "@google/clasp": ["mcp"],
    "@modelcontextprotocol/server-everything": ["stdio"],
    "mcp-remote": [`${origin}/mcp`, "--transport", "http-only"]
  }
  const own: Readonly<Record<string, string>> = name === "mcp-gas"
    ? { MCP_GAS_HOME: join(home, "gas"), MCP_GAS_BROWSER: "none" }
    : {}
  return {
    command: process.execPath,
    args: [entries[name], ...args[name]],
    env: { HOME: home, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, ...own }
  }
}
