/**
 * Some hosts hand a server nothing but HOME, PATH and TERM. Whether a browser can be opened then nobody knows, so the address
 * always reaches the caller.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import process from "node:process"
import { ownVaultKey } from "../../src/programs/ownVaultKey.ts"
import { ServerProcess } from "../../src/services/tools/ServerProcess.ts"
import { auth, binary, layer, text } from "../support/signInProcess.ts"

const client = JSON.stringify({
  installed: {
    client_id: "1234-stripped.apps.googleusercontent.com",
    client_secret: "GOCSPX-of-nobody",
    auth_uri: "https://accounts.google.com/o/oauth2/auth",
    token_uri: "https://oauth2.googleapis.com/token",
    redirect_uris: ["http://localhost"]
  }
})

/** A server with just these variables, a client in the user's data directory, and these programs on its path. */
const startStripped = Effect.fnUntraced(function*(programs: Readonly<Record<string, string>>) {
  const fs = yield* FileSystem.FileSystem
  const home = yield* fs.makeTempDirectoryScoped({ prefix: "mcp-gas-test-" })
  const data = `${home}/.local/share/mcp-gas`
  yield* ownVaultKey(data)
  yield* fs.writeFileString(`${data}/client.json`, client, { mode: 0o600 })
  const bin = `${home}/bin`
  yield* fs.makeDirectory(bin)
  for (const [name, script] of Object.entries(programs)) {
    yield* fs.writeFileString(`${bin}/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o700 })
  }
  return yield* ServerProcess.use(({ start }) =>
    start({ command: process.execPath, args: [binary], env: { HOME: home, PATH: bin, TERM: "dumb" } })
  )
})

const isGoogles = (url: string) => assert.match(url, /^https:\/\/accounts\.google\.com\/o\/oauth2\/v2\/auth\?/)

describe.skipIf(process.platform !== "linux")(
  "With HOME, PATH and TERM alone (where xdg-open opens pages: on Linux)",
  () => {
    it.live("and no browser to be found, the call answers with the address as soon as that is known", () =>
      Effect.gen(function*() {
        const server = yield* startStripped({})
        // Without waitSeconds: where nobody can have seen the page, nobody is waited for.
        const told = yield* auth(server)
        assert.strictEqual(text(told, "status"), "auth_pending")
        isGoogles(text(told, "authUrl"))
        assert.match(
          text(told, "message"),
          /^No browser could be opened\. .*mode "complete".*ssh -L \d+:127\.0\.0\.1:\d+/
        )
        yield* auth(server, { mode: "cancel" })
      }).pipe(Effect.provide(layer)))

    it.live("and a launcher that seems to work, the answer has the address as well", () =>
      Effect.gen(function*() {
        const server = yield* startStripped({ "xdg-open": "exit 0" })
        const told = yield* auth(server, { waitSeconds: 1 })
        assert.strictEqual(text(told, "status"), "auth_pending")
        isGoogles(text(told, "authUrl"))
        assert.match(text(told, "message"), /^The browser was opened/)
        isGoogles(text(yield* auth(server, { mode: "status" }), "authUrl"))
        yield* auth(server, { mode: "cancel" })
      }).pipe(Effect.provide(layer)))
  }
)
