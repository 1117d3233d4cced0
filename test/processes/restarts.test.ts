/**
 * A sign-in outlives the server: the next one starts with it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { Person } from "../../src/services/local-google/Person.ts"
import type { Started } from "../../src/services/tools/ServerProcess.ts"
import { auth, codeOf, layer, makeHome, startWithGoogle, text } from "../support/signInProcess.ts"

const signIn = Effect.fnUntraced(function*(server: Started, args: Readonly<Record<string, unknown>> = {}) {
  const person = yield* Person
  const begun = yield* auth(server, { ...args, waitForCompletion: false })
  yield* Effect.flatMap(person.consent(text(begun, "authUrl"), { _tag: "Allow" }), person.visit)
  return yield* auth(server, args)
})

/** A server that has ended, whatever way. */
const gone = (server: Started, how: Effect.Effect<void>) => Effect.andThen(how, server.ended)

describe("a server that is started again", () => {
  for (const how of ["stopped", "killed"] as const) {
    it.live(`after it was ${how} is signed in, without asking the provider`, () =>
      Effect.gen(function*() {
        const google = yield* LocalGoogle
        const MCP_GAS_HOME = yield* makeHome
        const first = yield* startWithGoogle({ MCP_GAS_HOME })
        assert.strictEqual(text(yield* signIn(first), "status"), "already_authenticated")
        yield* gone(first, how === "stopped" ? first.endInput : first.kill("SIGKILL"))

        for (const endpoint of ["discovery", "authorize", "token", "userinfo"] as const) {
          yield* google.fail(endpoint, { _tag: "Respond", status: 500, body: "" })
        }
        const before = yield* google.counts
        const second = yield* startWithGoogle({ MCP_GAS_HOME })
        const answer = yield* auth(second)
        assert.strictEqual(text(answer, "status"), "already_authenticated")
        assert.include(text(answer, "message"), "ada@example.com")
        assert.deepStrictEqual(yield* google.counts, before)
        const status = yield* auth(second, { mode: "status" })
        assert.strictEqual(text(status, "vaultKey"), "file")
        assert.include(text(status, "message"), "a file that only this user can read")
      }).pipe(Effect.provide(layer)))
  }

  it.live("after its key was lost asks for a sign-in and names the account, and the next sign-in works", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const MCP_GAS_HOME = yield* makeHome
      const first = yield* startWithGoogle({ MCP_GAS_HOME })
      yield* signIn(first)
      yield* gone(first, first.endInput)
      yield* fs.remove(`${MCP_GAS_HOME}/vault.key`)
      yield* fs.writeFileString(`${MCP_GAS_HOME}/vault.key`, `${Buffer.alloc(32, 7).toString("base64url")}\n`, {
        mode: 0o600
      })
      const second = yield* startWithGoogle({ MCP_GAS_HOME })
      const standing = yield* auth(second, { mode: "status" })
      assert.strictEqual(text(standing, "status"), "not_authenticated")
      assert.include(text(standing, "message"), "ada@example.com")
      assert.include(text(standing, "message"), "key")
      assert.strictEqual(text(yield* signIn(second), "status"), "already_authenticated")
    }).pipe(Effect.provide(layer)))

  it.live("on a damaged database says so once, sets it aside, and signs in", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const MCP_GAS_HOME = yield* makeHome
      const first = yield* startWithGoogle({ MCP_GAS_HOME })
      yield* signIn(first)
      yield* gone(first, first.endInput)
      const bytes = new TextEncoder().encode("not a database at all, however long it is made. ".repeat(100))
      yield* fs.writeFile(`${MCP_GAS_HOME}/sessions.db`, bytes)
      const second = yield* startWithGoogle({ MCP_GAS_HOME })
      const told = yield* auth(second, { mode: "status" })
      assert.strictEqual(codeOf(told), "store_unavailable")
      const aside = (yield* fs.readDirectory(MCP_GAS_HOME)).filter((name) => name.includes(".damaged-"))
      assert.lengthOf(aside, 1)
      const name = aside.join()
      assert.include(text(told, "message"), name)
      assert.deepStrictEqual(yield* fs.readFile(`${MCP_GAS_HOME}/${name}`), bytes)
      assert.strictEqual(text(yield* signIn(second), "status"), "already_authenticated")
    }).pipe(Effect.provide(layer)))

  it.live("to ask for more than was granted keeps the sign-in, and names what is missing", () =>
    Effect.gen(function*() {
      const MCP_GAS_HOME = yield* makeHome
      const narrow = "openid https://www.googleapis.com/auth/userinfo.email"
      const projects = "https://www.googleapis.com/auth/script.projects"
      const first = yield* startWithGoogle({ MCP_GAS_HOME, MCP_GAS_SCOPES: narrow })
      assert.deepStrictEqual((yield* signIn(first)).output["missingScopes"], [])
      yield* gone(first, first.endInput)
      const second = yield* startWithGoogle({ MCP_GAS_HOME, MCP_GAS_SCOPES: `${narrow} ${projects}` })
      const standing = yield* auth(second, { mode: "status" })
      assert.strictEqual(text(standing, "status"), "authenticated")
      assert.deepStrictEqual(standing.output["missingScopes"], [projects])
      assert.include(text(standing, "message"), projects)
    }).pipe(Effect.provide(layer)))

  it.live("two at a time see each other's sign-in and sign-out", () =>
    Effect.gen(function*() {
      const MCP_GAS_HOME = yield* makeHome
      const one = yield* startWithGoogle({ MCP_GAS_HOME })
      const other = yield* startWithGoogle({ MCP_GAS_HOME })
      assert.strictEqual(text(yield* auth(other, { mode: "status" }), "status"), "not_authenticated")
      yield* signIn(one)
      assert.strictEqual(text(yield* auth(other), "status"), "already_authenticated")
      yield* auth(one, { mode: "logout" })
      assert.strictEqual(text(yield* auth(other, { mode: "status" }), "status"), "not_authenticated")
      assert.strictEqual(text(yield* auth(other, { waitForCompletion: false }), "status"), "auth_started")
    }).pipe(Effect.provide(layer)))
})
