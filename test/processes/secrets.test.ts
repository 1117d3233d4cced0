/**
 * What a server says about a whole sign-in, at its most talkative: nothing secret, wherever it says it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Redacted } from "effect"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { Person } from "../../src/services/local-google/Person.ts"
import { auth, layer, startWithGoogle, text } from "../support/signInProcess.ts"

const parameter = (url: string, name: string): string => {
  const value = new URL(url).searchParams.get(name)
  assert.isNotNull(value, name)
  return value
}

describe("secrets never leave", () => {
  it.live("in the log, the protocol or the process arguments of a whole sign-in", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const google = yield* LocalGoogle
      const person = yield* Person
      const server = yield* startWithGoogle({ MCP_GAS_LOG_LEVEL: "All" })

      const begun = yield* auth(server, { waitForCompletion: false })
      const authUrl = text(begun, "authUrl")
      const redirectUri = text(begun, "redirectUri")
      yield* person.visit(`${redirectUri}?code=forged-canary&state=forged-canary`)
      yield* auth(server, { mode: "complete", redirectUrl: `${redirectUri}?code=pasted-canary&state=pasted-canary` })
      yield* auth(server, { mode: "complete", redirectUrl: "not-a-url-canary" })
      const callback = yield* person.consent(authUrl, { _tag: "Allow" })
      yield* person.visit(callback)
      yield* person.visit(callback)
      yield* auth(server, { mode: "complete", redirectUrl: callback })
      yield* auth(server)
      yield* auth(server, { mode: "logout" })

      const stderr = yield* server.stderr
      const stdout = yield* server.stdout
      const commandLine = yield* fs.readFileString(`/proc/${server.pid}/cmdline`).pipe(Effect.orElseSucceed(() => ""))
      const state = parameter(authUrl, "state")
      const secrets = [parameter(callback, "code"), Redacted.value(google.clientSecret), "canary"]
      for (const secret of [...secrets, state]) {
        assert.notInclude(stderr, secret)
        assert.notInclude(commandLine, secret)
      }
      for (const secret of secrets) assert.notInclude(stdout, secret)
      // The one place for it is the address that the person is shown.
      assert.notInclude(
        stdout.replaceAll(JSON.stringify(JSON.stringify(authUrl)).slice(1, -1), "").replaceAll(
          JSON.stringify(authUrl),
          ""
        ),
        state
      )
      assert.include(stderr, "FlowSettled", "the log was on")
      assert.include(stderr, "CallbackForged")
    }).pipe(Effect.provide(layer)))
})
