/**
 * However many calls arrive at once: one flow, one address, one exchange, and every call answered.
 */
import { assert, describe, it } from "@effect/vitest"
import { Array, Effect, Fiber } from "effect"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { Person } from "../../src/services/local-google/Person.ts"
import { auth, layer, startWithGoogle, text } from "../support/signInProcess.ts"

const everyone = Array.range(1, 50)

describe("fifty calls of gas_auth over stdio", () => {
  it.live("begin one flow, and all others join it", () =>
    Effect.gen(function*() {
      const google = yield* LocalGoogle
      const person = yield* Person
      const server = yield* startWithGoogle()

      const asked = yield* Effect.forEach(everyone, () => auth(server, { waitForCompletion: false }), {
        concurrency: "unbounded"
      })
      assert.strictEqual(asked.filter((each) => text(each, "status") === "auth_started").length, 1)
      assert.strictEqual(asked.filter((each) => text(each, "status") === "auth_pending").length, 49)
      for (const field of ["authUrl", "flowId", "redirectUri", "expiresAt"]) {
        assert.strictEqual(Array.dedupe(asked.map((each) => text(each, field))).length, 1, field)
      }

      const waiting = yield* Effect.forkChild(
        Effect.forEach(everyone, () => auth(server), { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      const [first] = asked
      assert.isDefined(first)
      const callback = yield* person.consent(text(first, "authUrl"), { _tag: "Allow" })
      const page = yield* person.visit(callback)
      assert.include(page.text, "ada@example.com")

      const answers = yield* Fiber.join(waiting)
      assert.strictEqual(answers.length, 50)
      for (const answer of answers) {
        assert.isTrue(answer.output["authenticated"])
        assert.deepStrictEqual(answer.output, answer.structured)
      }
      const { authorizations, exchanges } = yield* google.counts
      assert.deepStrictEqual({ authorizations, exchanges }, { authorizations: 1, exchanges: 1 })
    }).pipe(Effect.provide(layer)))

  it.live("wait together when they come before anything has begun", () =>
    Effect.gen(function*() {
      const google = yield* LocalGoogle
      const person = yield* Person
      const server = yield* startWithGoogle()
      const waiting = yield* Effect.forkChild(
        Effect.forEach(everyone, () => auth(server), { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      const joined = yield* auth(server, { waitForCompletion: false })
      yield* Effect.flatMap(person.consent(text(joined, "authUrl"), { _tag: "Allow" }), person.visit)
      const answers = yield* Fiber.join(waiting)
      assert.isTrue(answers.every((each) => text(each, "status") === "authenticated"))
      assert.strictEqual((yield* google.counts).exchanges, 1)
    }).pipe(Effect.provide(layer)))

  it.live("are answered from the session once there is one, without network", () =>
    Effect.gen(function*() {
      const google = yield* LocalGoogle
      const person = yield* Person
      const server = yield* startWithGoogle()
      const begun = yield* auth(server, { waitForCompletion: false })
      yield* Effect.flatMap(person.consent(text(begun, "authUrl"), { _tag: "Allow" }), person.visit)
      const before = yield* google.counts
      const answers = yield* Effect.forEach(everyone, () => auth(server), { concurrency: "unbounded" })
      assert.isTrue(answers.every((each) => text(each, "status") === "already_authenticated"))
      assert.deepStrictEqual(yield* google.counts, before)
    }).pipe(Effect.provide(layer)))

  it.live("for two accounts begin two flows that do not wait for each other", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const server = yield* startWithGoogle()
      const work = yield* auth(server, { account: "work", waitForCompletion: false })
      const home = yield* auth(server, { account: "home", waitForCompletion: false })
      assert.strictEqual(text(work, "status"), "auth_started")
      assert.strictEqual(text(home, "status"), "auth_started")
      assert.notStrictEqual(text(work, "authUrl"), text(home, "authUrl"))
      const allow = { _tag: "Allow", email: "grace@example.com" } as const
      yield* Effect.flatMap(person.consent(text(home, "authUrl"), allow), person.visit)
      assert.strictEqual(text(yield* auth(server, { account: "home" }), "status"), "already_authenticated")
      assert.strictEqual(text(yield* auth(server, { account: "work", mode: "status" }), "status"), "auth_pending")
    }).pipe(Effect.provide(layer)))
})
