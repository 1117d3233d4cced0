/**
 * What a server says about a whole sign-in, at its most talkative: nothing secret, wherever it says it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Redacted } from "effect"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { Person } from "../../src/services/local-google/Person.ts"
import type { Started } from "../../src/services/tools/ServerProcess.ts"
import * as OtlpReceiver from "../support/otlpReceiver.ts"
import { auth, layer, makeHome, startWithGoogle, text } from "../support/signInProcess.ts"

const parameter = (url: string, name: string): string => {
  const value = new URL(url).searchParams.get(name)
  assert.isNotNull(value, name)
  return value
}

/** Every file below a directory, but for the one that is the key. */
const filesIn = Effect.fnUntraced(function*(home: string) {
  const fs = yield* FileSystem.FileSystem
  const names = yield* fs.readDirectory(home, { recursive: true })
  const read = Effect.fnUntraced(function*(name: string) {
    const { type } = yield* fs.stat(`${home}/${name}`)
    return type === "File" ? [{ name, bytes: Buffer.from(yield* fs.readFile(`${home}/${name}`)) }] : []
  })
  const found = yield* Effect.forEach(names.filter((name) => name !== "vault.key"), read)
  return found.flat()
})

/** Has telemetry leave at once, in the clear. */
const toldTo = (collector: { readonly endpoint: string }) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  OTEL_BSP_SCHEDULE_DELAY: "20",
  OTEL_BLRP_SCHEDULE_DELAY: "20",
  OTEL_METRIC_EXPORT_INTERVAL: "20"
})

/** What a secret looks like to whoever encodes it without a second thought. */
const disguises = (secret: string) => [
  secret,
  Buffer.from(secret).toString("base64url").slice(0, -2),
  Buffer.from(secret).toString("hex"),
  encodeURIComponent(secret)
]

describe("secrets never leave", () => {
  it.live("into any file, log, answer, span, metric or process argument of servers that sign in, refresh, die and sign out", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const google = yield* LocalGoogle
      const person = yield* Person
      yield* google.change({ accessTokenSeconds: 1, rotateRefreshTokens: true })
      const collector = yield* OtlpReceiver.make()
      const MCP_GAS_HOME = yield* makeHome
      const env = { ...toldTo(collector), MCP_GAS_HOME, MCP_GAS_LOG_LEVEL: "All" }
      const servers: Array<Started> = []
      const looked = Effect.fnUntraced(function*(isSignedIn = true) {
        const secrets = (yield* google.secrets).map(Redacted.value)
        const key = (yield* fs.readFileString(`${MCP_GAS_HOME}/vault.key`)).trim()
        const files = yield* filesIn(MCP_GAS_HOME)
        // What is there in clear is found, or the search would find nothing else either.
        if (isSignedIn) assert.isTrue(files.some(({ bytes }) => bytes.includes("ada@example.com")), "the account")
        const exported = yield* collector.received
        assert.isAbove(OtlpReceiver.spansOf(exported).length, 0, "telemetry")
        const told = yield* Effect.forEach(servers, (server) =>
          Effect.all([
            server.stdout,
            server.stderr,
            Effect.orElseSucceed(fs.readFileString(`/proc/${server.pid}/cmdline`), () => "")
          ]))
        for (const secret of [...secrets, key, Redacted.value(google.clientSecret)].flatMap(disguises)) {
          for (const { bytes, name } of files) assert.isFalse(bytes.includes(secret), name)
          for (const said of told.flat()) assert.isFalse(said.includes(secret), "told")
          for (const { body, path } of exported) assert.isFalse(body.includes(secret), path)
        }
      })

      for (const ending of ["SIGKILL", "SIGTERM"] as const) {
        const server = yield* startWithGoogle(env)
        servers.push(server)
        const begun = yield* auth(server, { waitForCompletion: false })
        if (text(begun, "status") === "auth_started") {
          yield* Effect.flatMap(person.consent(text(begun, "authUrl"), { _tag: "Allow" }), person.visit)
        }
        // Code, verifier and three tokens of the sign-in, and three tokens more of a refresh.
        const asked = Effect.andThen(auth(server), google.secrets)
        yield* Effect.repeat(asked, { until: (secrets) => secrets.length >= 8 })
        yield* looked()
        yield* server.kill(ending)
        yield* server.ended
        yield* looked()
      }
      const last = yield* startWithGoogle(env)
      servers.push(last)
      yield* auth(last, { mode: "status" })
      yield* auth(last, { mode: "logout" })
      // By then it has told of everything before, too.
      yield* collector.until((all) => OtlpReceiver.spansOf(all).some(({ name }) => name === "AuthFlows.logout"))
      yield* looked(false)
    }).pipe(Effect.provide(layer)))

  it.live("in the telemetry, in the log, the protocol or the process arguments of a whole sign-in", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const google = yield* LocalGoogle
      const person = yield* Person
      const collector = yield* OtlpReceiver.make()
      const server = yield* startWithGoogle({ ...toldTo(collector), MCP_GAS_LOG_LEVEL: "All" })

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

      const exported = yield* collector.until((all) =>
        OtlpReceiver.spansOf(all).some(({ name }) => name === "AuthFlows.logout")
      )
      const stderr = yield* server.stderr
      const stdout = yield* server.stdout
      const commandLine = yield* fs.readFileString(`/proc/${server.pid}/cmdline`).pipe(Effect.orElseSucceed(() => ""))
      const state = parameter(authUrl, "state")
      const secrets = [parameter(callback, "code"), Redacted.value(google.clientSecret), "canary"]
      for (const secret of [...secrets, state]) {
        assert.notInclude(stderr, secret)
        assert.notInclude(commandLine, secret)
        for (const { body, path } of exported) assert.isFalse(body.includes(secret), path)
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
