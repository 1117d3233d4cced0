/**
 * What the README shows of the command: each scene is played with the built command and the local Google. What is another each
 * time (ports, identifiers, times) is evened out, so that the same words make the same picture.
 */
import { Effect, FileSystem } from "effect"
import { ownVaultKey } from "../../src/programs/ownVaultKey.ts"
import { Person } from "../../src/services/local-google/Person.ts"
import { type Ran, run, start } from "../support/command.ts"
import { googleEnv } from "../support/signInProcess.ts"

/** One picture. */
export interface Scene {
  readonly name: string
  readonly title: string
  readonly text: string
}

/** What differs from one run to the next, and what is shown in its place. */
const evened = (text: string, home: string): string =>
  text
    .replaceAll(home, "/home/ada")
    .replaceAll(/\d+-[0-9a-f]{32}(?=\.apps)/g, "1234-example")
    .replaceAll(/127\.0\.0\.1(:|%3A)\d+/g, "127.0.0.1$149152")
    .replaceAll(/(state|code_challenge)=[\w-]+/g, "$1=…")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+(\.\d+)?Z/g, "2026-11-26T09:00:00Z")
    .replaceAll(/Node \d+\.\d+\.\d+/g, "Node 24.21.0")
    .replaceAll(/\b\d+ ms\b/g, "40 ms")
    .replaceAll(/clock is \d+ s (behind|ahead of)/g, "clock is 0 s behind")

const shown = (command: string, { stderr, stdout }: Ran): string =>
  `\u001b[2m$\u001b[22m ${command}\n${stdout}${stderr}`

// oxlint-disable-next-line no-control-regex
const address = /^ {2}\S*?(http:\S+?)(?:\u001b\[39m)?$/mu

/** Plays all of them, in the order of a first use. */
export const play = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const home = yield* fs.makeTempDirectoryScoped({ prefix: "mcp-gas-scenes-" })
  yield* ownVaultKey(`${home}/.local/share/mcp-gas`)
  const env = { ...(yield* googleEnv), HOME: home, MCP_GAS_BROWSER: "none", FORCE_COLOR: "1" }
  const scene = (name: string, title: string, ...parts: ReadonlyArray<string>): Scene => ({
    name,
    title,
    text: evened(parts.join("\n"), home)
  })

  const login = yield* start(["login", "--no-browser"], env)
  const url = address.exec(yield* login.says(address))?.[1] ?? ""
  const person = yield* Person
  yield* Effect.flatMap(person.consent(url, { _tag: "Allow" }), person.visit)
  const signedIn = yield* login.ended
  const status = yield* run(["status"], env)
  const accounts = yield* run(["accounts"], env)
  const doctor = yield* run(["doctor"], env)
  return [
    scene(
      "login",
      "mcp-gas login --no-browser: an address, and then: signed in",
      shown("mcp-gas login --no-browser", signedIn)
    ),
    scene(
      "status",
      "mcp-gas status and mcp-gas accounts",
      shown("mcp-gas status", status),
      shown("mcp-gas accounts", accounts)
    ),
    scene("doctor", "mcp-gas doctor: a line for everything that was examined", shown("mcp-gas doctor", doctor))
  ]
})
