/**
 * However a sign-in ends: whoever waits is told how, the listener is gone when they hear of it, and the next sign-in
 * works.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, type Scope } from "effect"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { Person, type PersonLost } from "../../src/services/local-google/Person.ts"
import type { CallFailed, CallResult, Started } from "../../src/services/tools/ServerProcess.ts"
import { auth, codeOf, layer, portOf, refuses, startWithGoogle, text } from "../support/signInProcess.ts"

/** A server with a flow under way and a call that waits for it. */
const waiting = Effect.fnUntraced(function*(env: Readonly<Record<string, string>> = {}) {
  const server = yield* startWithGoogle(env)
  const begun = yield* auth(server, { waitForCompletion: false })
  assert.strictEqual(text(begun, "status"), "auth_started")
  const port = portOf(text(begun, "redirectUri"))
  assert.isFalse(yield* refuses(port), "the listener is there")
  const waiter = yield* Effect.forkChild(auth(server), { startImmediately: true })
  return { server, begun, port, waiter }
})

/** Signs in from scratch, as the next person would. */
const signsIn = Effect.fnUntraced(function*(server: Started) {
  const person = yield* Person
  const begun = yield* auth(server, { waitForCompletion: false })
  assert.strictEqual(text(begun, "status"), "auth_started")
  yield* Effect.flatMap(person.consent(text(begun, "authUrl"), { _tag: "Allow" }), person.visit)
  assert.strictEqual(text(yield* auth(server), "status"), "already_authenticated")
})

type Ending = (
  server: Started,
  begun: CallResult
) => Effect.Effect<unknown, CallFailed | PersonLost, Person | LocalGoogle | Scope.Scope>

const cases: ReadonlyArray<{
  readonly name: string
  readonly env?: Readonly<Record<string, string>>
  readonly end: Ending
  readonly code: string
}> = [
  {
    name: "a time-out",
    env: { MCP_GAS_SIGN_IN_TIMEOUT: "1500 millis" },
    end: () => Effect.void,
    code: "flow_timed_out"
  },
  {
    name: "a deny",
    end: (_server, begun) =>
      Effect.flatMap(
        Person,
        (person) => Effect.flatMap(person.consent(text(begun, "authUrl"), { _tag: "Deny" }), person.visit)
      ),
    code: "consent_denied"
  },
  { name: "a cancel", end: (server) => auth(server, { mode: "cancel" }), code: "flow_cancelled" },
  { name: "a logout", end: (server) => auth(server, { mode: "logout" }), code: "flow_cancelled" }
]

describe("a sign-in that ends by", () => {
  it.live.each(cases)(
    "$name tells who waits, frees the port, and leaves the next one alone",
    ({ code, end, env, name }) =>
      Effect.gen(function*() {
        const { begun, port, server, waiter } = yield* waiting(env)
        // A call that ends the flow returns when the listener is gone, and so does the call that waited. A browser has its
        // page before that.
        const ended = yield* Effect.forkChild(
          Effect.andThen(end(server, begun), name === "a deny" ? Effect.succeed(true) : refuses(port))
        )
        const answer = yield* Fiber.join(waiter)
        assert.isTrue(yield* refuses(port), "the listener is gone when the waiter hears of it")
        assert.strictEqual(codeOf(answer), code)
        assert.isUndefined(answer.structured)
        if (env === undefined) assert.isTrue(yield* Fiber.join(ended), "the listener is gone when the ending returns")
        assert.strictEqual(text(yield* auth(server, { mode: "status" }), "status"), "not_authenticated")
        if (env === undefined) yield* signsIn(server)
        else assert.strictEqual(text(yield* auth(server, { waitForCompletion: false }), "status"), "auth_started")
      }).pipe(Effect.provide(layer))
  )

  it.live.each(
    [
      { name: "the end of stdin", end: (server: Started) => server.endInput },
      { name: "SIGTERM", end: (server: Started) => server.kill("SIGTERM") },
      { name: "SIGINT", end: (server: Started) => server.kill("SIGINT") },
      { name: "SIGHUP", end: (server: Started) => server.kill("SIGHUP") }
    ]
  )("$name tells who waits, frees the port, and exits with 0", ({ end }) =>
    Effect.gen(function*() {
      const { port, server, waiter } = yield* waiting()
      // The waiting call has been taken in once a later one is answered.
      yield* auth(server, { mode: "status" })
      yield* end(server)
      assert.strictEqual(codeOf(yield* Fiber.join(waiter)), "flow_cancelled")
      assert.deepStrictEqual(yield* server.ended, { code: 0, signal: null })
      assert.isTrue(yield* refuses(port))
      yield* Effect.flatMap(startWithGoogle(), signsIn)
    }).pipe(Effect.provide(layer)))

  it.live("a broken stdout frees the port and exits with 0", () =>
    Effect.gen(function*() {
      const { port, server, waiter } = yield* waiting()
      yield* auth(server, { mode: "status" })
      yield* Fiber.interrupt(waiter)
      yield* server.closeOutput
      // The next answer cannot be written.
      yield* Effect.forkChild(auth(server, { mode: "status" }))
      assert.deepStrictEqual(yield* server.ended, { code: 0, signal: null })
      assert.isTrue(yield* refuses(port))
      yield* Effect.flatMap(startWithGoogle(), signsIn)
    }).pipe(Effect.provide(layer)))
})

describe("a stop in the middle of an exchange", () => {
  it.live("that hangs ends the process all the same, with 0 and within two seconds", () =>
    Effect.gen(function*() {
      const google = yield* LocalGoogle
      const person = yield* Person
      const { begun, port, server, waiter } = yield* waiting()
      yield* google.fail("token", { _tag: "Hang" })
      const callback = yield* person.consent(text(begun, "authUrl"), { _tag: "Allow" })
      yield* Effect.forkChild(person.visit(callback), { startImmediately: true })
      // The exchange is under way once it has been counted.
      yield* Effect.repeat(google.counts, { until: ({ exchanges }) => exchanges === 1 })
      yield* server.kill("SIGTERM")
      const [took, end] = yield* Effect.timed(server.ended)
      assert.deepStrictEqual(end, { code: 0, signal: null })
      assert.isBelow(Duration.toMillis(took), 2_000)
      assert.strictEqual(codeOf(yield* Fiber.join(waiter)), "server_stopping")
      assert.isTrue(yield* refuses(port))
    }).pipe(Effect.provide(layer)))
})

describe("a status that waits", () => {
  it.live("is answered when the sign-in has ended, whoever ended it and however", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const { begun, server } = yield* waiting()
      const status = yield* Effect.forkChild(auth(server, { mode: "status", waitSeconds: 300 }), {
        startImmediately: true
      })
      yield* auth(server, { mode: "status" })
      assert.isUndefined(status.pollUnsafe())
      yield* Effect.flatMap(person.consent(text(begun, "authUrl"), { _tag: "Allow" }), person.visit)
      assert.strictEqual(text(yield* Fiber.join(status), "status"), "authenticated")
    }).pipe(Effect.provide(layer)))
})

describe("a server that is killed", () => {
  it.live("fails the calls that wait for it", () =>
    Effect.gen(function*() {
      const { server, waiter } = yield* waiting()
      yield* server.kill("SIGKILL")
      assert.include((yield* Effect.flip(Fiber.join(waiter))).reason, "SIGKILL")
    }).pipe(Effect.provide(layer)))
})

describe("a logout in the middle of an exchange", () => {
  it.live("is waited for by the next start, which begins anew", () =>
    Effect.gen(function*() {
      const google = yield* LocalGoogle
      const person = yield* Person
      const { begun, server, waiter } = yield* waiting()
      yield* google.fail("token", { _tag: "Hang" }, 1)
      const callback = yield* person.consent(text(begun, "authUrl"), { _tag: "Allow" })
      yield* Effect.forkChild(person.visit(callback), { startImmediately: true })
      yield* Effect.repeat(google.counts, { until: ({ exchanges }) => exchanges === 1 })
      const out = yield* Effect.forkChild(auth(server, { mode: "logout" }), { startImmediately: true })
      const next = yield* Effect.forkChild(auth(server, { waitForCompletion: false }), { startImmediately: true })
      yield* auth(server, { mode: "status" })
      yield* google.heal
      assert.strictEqual(codeOf(yield* Fiber.join(waiter)), "flow_cancelled")
      assert.strictEqual(text(yield* Fiber.join(out), "status"), "logged_out")
      const anew = yield* Fiber.join(next)
      assert.strictEqual(text(anew, "status"), "auth_started")
      assert.notStrictEqual(text(anew, "flowId"), text(begun, "flowId"))
    }).pipe(Effect.provide(layer)))
})

describe("a call that is cancelled", () => {
  it.live("leaves the flow and everybody else who waits alone", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const { begun, port, server, waiter } = yield* waiting()
      const leaving = yield* Effect.forkChild(auth(server), { startImmediately: true })
      yield* auth(server, { mode: "status" })
      yield* Fiber.interrupt(leaving)

      const standing = yield* auth(server, { mode: "status" })
      assert.strictEqual(text(standing, "status"), "auth_pending")
      assert.strictEqual(text(standing, "flowId"), text(begun, "flowId"))
      assert.isFalse(yield* refuses(port))
      assert.isUndefined(waiter.pollUnsafe())

      yield* Effect.flatMap(person.consent(text(begun, "authUrl"), { _tag: "Allow" }), person.visit)
      assert.strictEqual(text(yield* Fiber.join(waiter), "status"), "authenticated")
    }).pipe(Effect.provide(layer)))
})
