/**
 * What is run with which client, and what comes out: the rows of `docs/clients.md`. Each row is the name of the test that
 * shows it, and a row without a test does not type-check.
 */
import { applicable, inapplicable } from "./conformanceScenarios.ts"

/** A client, and what comes out of each thing that is run with it. */
export interface Client<Ran extends string = string> {
  readonly name: string
  /** The npm package it comes in. */
  readonly npmPackage: string
  readonly rows: Readonly<Record<Ran, string>>
}

const make = <Ran extends string>(
  name: string,
  npmPackage: string,
  rows: Readonly<Record<Ran, string>>
): Client<Ran> => ({ name, npmPackage, rows })

/** Where the reasons are, seen from the page. */
const scenarios = "../test/acceptance/conformanceScenarios.ts"

const listsAndSignsIn = "lists, calls and signs in"

export const inspector = make("MCP Inspector, command line", "@modelcontextprotocol/inspector", {
  "`initialize`": "answered with protocol 2025-11-25, name, version and instructions",
  "`tools/list --strict`": "exit code 0: no schema that some host would stumble over",
  "`tools/call`, mode `status`": "exit code 0, and the same facts as text and as structure",
  "`tools/call`, a mode without what it needs": "exit code 5, with cause and remedy",
  "`tools/call --load`, 30 calls, 10 at a time": "no error; one `auth_started`, 29 `auth_pending`, all of one flow",
  "`resources/list`": "exit code 0, and `gas://auth/status`",
  "`resources/read`": "exit code 0, and how each account stands"
})

export const mcpdo = make("MCP Inspector, `mcpdo`", "@modelcontextprotocol/inspector", {
  "`connect --elicit url`, a sign-in": "the address as an elicitation; once the person has consented, `authenticated`",
  "`connect --elicit off`, a sign-in": "the address in the result; once the person has consented, `authenticated`"
})

export const mcporter = make("mcporter", "mcporter", {
  "`list --schema`": "one healthy server, and `gas_auth` with its schema",
  "`call`, mode `status`": "exit code 0, and how it stands",
  "`call`, mode `start` without waiting": "the address to open",
  "`call`, a mode without what it needs": "exit code 1, with cause and remedy"
})

export const effectClient = make("Effect, `McpClient`", "effect", {
  "2024-11-05": listsAndSignsIn,
  "2025-03-26": listsAndSignsIn,
  "2025-06-18": listsAndSignsIn,
  "2025-11-25": listsAndSignsIn,
  "2026-07-28": "refused with -32601, method not found; the client does not connect"
})

export const clientV2 = make("MCP TypeScript SDK 2, `Client`", "@modelcontextprotocol/client", {
  "mode `legacy`": listsAndSignsIn,
  "mode `auto`": `asks a second copy of the server, which leaves nothing behind; then in 2025-11-25 ${listsAndSignsIn}`,
  "pinned to 2026-07-28": "`ERA_NEGOTIATION_FAILED`, and nothing is left behind"
})

export const conformance = make("MCP conformance suite", "@modelcontextprotocol/conformance", {
  "every server scenario, through a bridge to HTTP": `${applicable.length} pass; the other ${
    Object.keys(inapplicable).length
  } [do not apply](${scenarios})`
})

/** In the order of the page. */
export const clients: ReadonlyArray<Client> = [inspector, mcpdo, mcporter, effectClient, clientV2, conformance]
