/**
 * What a sign-in can come to besides "signed in", and what becomes of a session afterwards, against the local Google.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, FileSystem, Redacted } from "effect"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { type ConsentAnswer, Person } from "../../src/services/local-google/Person.ts"
import type { CallResult, Started } from "../../src/services/tools/ServerProcess.ts"
import { auth, codeOf, layer, start, startWithGoogle, text } from "../support/signInProcess.ts"

/** Begins a sign-in, has the person answer, and returns what a call that waited for it was told. */
const signIn = Effect.fnUntraced(function*(
  server: Started,
  answer: ConsentAnswer,
  args: Readonly<Record<string, unknown>> = {}
) {
  const person = yield* Person
  const begun = yield* auth(server, { ...args, waitForCompletion: false })
  assert.strictEqual(text(begun, "status"), "auth_started")
  const waiter = yield* Effect.forkChild(auth(server, args), { startImmediately: true })
  yield* auth(server, { ...args, mode: "status" })
  const page = yield* Effect.flatMap(person.consent(text(begun, "authUrl"), answer), person.visit)
  return { page, told: yield* Fiber.join(waiter) }
})

const allow = { _tag: "Allow" } as const
const deployments = "https://www.googleapis.com/auth/script.deployments"

describe("a consent", () => {
  it.live("to less than was asked for stores nothing, and names what is missing", () =>
    Effect.gen(function*() {
      const server = yield* startWithGoogle()
      const { page, told } = yield* signIn(server, { ...allow, untick: [deployments] })
      assert.strictEqual(codeOf(told), "scopes_missing")
      assert.include(text(told, "message"), deployments)
      assert.include(page.text, deployments)
      assert.strictEqual(text(yield* auth(server, { mode: "status" }), "status"), "not_authenticated")
    }).pipe(Effect.provide(layer)))

  it.live("of another account than the slot is named after stores nothing", () =>
    Effect.gen(function*() {
      const server = yield* startWithGoogle()
      const account = "grace@example.com"
      const { told } = yield* signIn(server, { ...allow, email: "ada@example.com" }, { account })
      assert.strictEqual(codeOf(told), "account_mismatch")
      assert.include(text(told, "message"), "ada@example.com")
      const { told: right } = yield* signIn(server, { ...allow, email: account }, { account })
      assert.strictEqual(text(right, "status"), "authenticated")
    }).pipe(Effect.provide(layer)))

  it.live("counts when its address is pasted, for a browser that cannot reach this machine", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const google = yield* LocalGoogle
      const server = yield* startWithGoogle()
      const begun = yield* auth(server, { waitForCompletion: false })
      const redirectUrl = yield* person.consent(text(begun, "authUrl"), allow)
      const altered = yield* auth(server, { mode: "complete", redirectUrl: redirectUrl.replace("state=", "state=x") })
      assert.strictEqual(codeOf(altered), "not_this_sign_in")
      const pasted = yield* auth(server, { mode: "complete", redirectUrl })
      assert.strictEqual(text(pasted, "status"), "authenticated")
      const again = yield* auth(server, { mode: "complete", redirectUrl })
      assert.strictEqual(text(again, "status"), "authenticated")
      assert.strictEqual((yield* google.counts).exchanges, 1)
    }).pipe(Effect.provide(layer)))
})

describe("an exchange that fails", () => {
  it.live("with the tokens lost on the way is reported as unclear, and never sent again", () =>
    Effect.gen(function*() {
      const google = yield* LocalGoogle
      const server = yield* startWithGoogle()
      yield* google.fail("token", { _tag: "ResetAfter" }, 1)
      const { page, told } = yield* signIn(server, allow)
      assert.strictEqual(codeOf(told), "exchange_failed")
      assert.include(text(told, "message"), "it may have issued some")
      assert.include(page.text, "Sign-in failed")
      assert.strictEqual((yield* google.counts).exchanges, 1)
      const { told: next } = yield* signIn(server, allow)
      assert.strictEqual(text(next, "status"), "authenticated")
    }).pipe(Effect.provide(layer)))
})

/** Returns when the access token of this answer is of no use any more. */
const expired = (answer: CallResult) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.sleep(Date.parse(text(answer, "tokenExpiresAt")) - now))

describe("a session", () => {
  it.live("whose access token has expired is renewed by start, once for all callers", () =>
    Effect.gen(function*() {
      const google = yield* LocalGoogle
      const server = yield* startWithGoogle()
      yield* google.change({ accessTokenSeconds: 1 })
      yield* expired((yield* signIn(server, allow)).told)
      yield* google.change({ accessTokenSeconds: 3599 })
      const answers = yield* Effect.forEach(Array.from({ length: 20 }), () => auth(server), {
        concurrency: "unbounded"
      })
      assert.isTrue(answers.every((answer) => text(answer, "status") === "already_authenticated"))
      const { authorizations, refreshes } = yield* google.counts
      assert.deepStrictEqual({ authorizations, refreshes }, { authorizations: 1, refreshes: 1 })
    }).pipe(Effect.provide(layer)))

  it.live("of another client than the configured one asks for a sign-in, and blames no file", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const google = yield* LocalGoogle
      const file = `${yield* fs.makeTempDirectoryScoped()}/client.json`
      const write = (client_id: string) =>
        fs.writeFileString(
          file,
          JSON.stringify({ installed: { client_id, client_secret: Redacted.value(google.clientSecret) } })
        )
      yield* write(google.clientId)
      const server = yield* start({ MCP_GAS_ISSUER: google.issuer, MCP_GAS_CLIENT_FILE: file })
      yield* google.change({ accessTokenSeconds: 1 })
      yield* expired((yield* signIn(server, allow)).told)
      yield* write("another-client")
      assert.strictEqual(text(yield* auth(server, { waitForCompletion: false }), "status"), "auth_started")
      yield* auth(server, { mode: "cancel" })
      yield* write(google.clientId)
      assert.strictEqual(text(yield* auth(server), "status"), "already_authenticated")
    }).pipe(Effect.provide(layer)))

  it.live("is kept when the provider cannot be reached, and opens no browser", () =>
    Effect.gen(function*() {
      const google = yield* LocalGoogle
      const server = yield* startWithGoogle()
      yield* google.change({ accessTokenSeconds: 1 })
      yield* expired((yield* signIn(server, allow)).told)
      yield* google.fail("token", { _tag: "Respond", status: 503, headers: { "retry-after": "7" }, body: "busy" })
      const away = yield* auth(server)
      assert.strictEqual(codeOf(away), "provider_unreachable")
      assert.include(text(away, "message"), "7 s")
      assert.strictEqual(text(yield* auth(server, { mode: "status" }), "status"), "authenticated")
      // Left alone for as long as it asked to be.
      yield* google.heal
      assert.strictEqual(codeOf(yield* auth(server)), "provider_unreachable")
      assert.strictEqual((yield* google.counts).refreshes, 1)
      assert.strictEqual((yield* google.counts).authorizations, 1)
    }).pipe(Effect.provide(layer)))

  it.live("that was revoked at the provider needs a sign-in, and says so", () =>
    Effect.gen(function*() {
      const google = yield* LocalGoogle
      const server = yield* startWithGoogle()
      yield* google.change({ accessTokenSeconds: 1 })
      yield* expired((yield* signIn(server, allow)).told)
      yield* google.revokeGrants("ada@example.com")
      const begun = yield* auth(server, { waitForCompletion: false })
      assert.strictEqual(text(begun, "status"), "auth_started")
      yield* auth(server, { mode: "cancel" })
      const standing = yield* auth(server, { mode: "status" })
      assert.strictEqual(text(standing, "status"), "not_authenticated")
      assert.include(text(standing, "message"), "ada@example.com")
    }).pipe(Effect.provide(layer)))

  it.live("is gone after a logout, here and at the provider", () =>
    Effect.gen(function*() {
      const google = yield* LocalGoogle
      const server = yield* startWithGoogle()
      yield* signIn(server, allow)
      const out = yield* auth(server, { mode: "logout" })
      assert.strictEqual(text(out, "status"), "logged_out")
      assert.include(text(out, "message"), "revoked at the provider")
      assert.strictEqual((yield* google.counts).revocations, 1)
      assert.strictEqual(text(yield* auth(server, { mode: "status" }), "status"), "not_authenticated")
      assert.strictEqual(text(yield* auth(server, { mode: "logout" }), "status"), "logged_out")
    }).pipe(Effect.provide(layer)))
})
