/**
 * Where a client is tried: a home of its own, and the built server, set up to sign in with the local Google at hand.
 */
import { Effect, FileSystem, Schema } from "effect"
import { dirname } from "node:path"
import process from "node:process"
import { Output } from "../../src/programs/tools/authToolSchema.ts"
import { Person } from "../../src/services/local-google/Person.ts"
import { binary, googleEnv, makeHome } from "../support/signInProcess.ts"

/** The command of the built server. */
export const server = { command: process.execPath, args: [binary] } as const

/** Where programs are looked for: beside this Node first, as some start `node` by its name. */
export const path = `${dirname(process.execPath)}:/usr/bin:/bin`

/** An empty folder, gone with the Scope. */
export const folder = FileSystem.FileSystem.use((fs) => fs.makeTempDirectoryScoped({ prefix: "mcp-gas-client-" }))

/** The environment of a server that signs in with the local Google; its data directory has a vault key already. */
export const environment = Effect.gen(function*() {
  return {
    ...(yield* googleEnv),
    MCP_GAS_HOME: yield* makeHome,
    MCP_GAS_BROWSER: "none"
  } satisfies Readonly<Record<string, string>>
})

/** What `gas_auth` answers, read by its own schema. */
export const output = Schema.decodeUnknownEffect(Output)

/** The address that an answer sends the person to. */
export const authUrl = (told: Output) =>
  told.authUrl === undefined ? Effect.die(new Error(`No authUrl: ${told.message}`)) : Effect.succeed(told.authUrl)

/** Opens an address, consents, and goes where that leads. */
export const consent = (url: string) =>
  Person.use((person) => Effect.flatMap(person.consent(url, { _tag: "Allow" }), person.visit))
