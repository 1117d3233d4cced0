/**
 * Many windows, each with a server of its own, behave as one: one tab, one sign-in, one answer, wherever one asks.
 */
import { assert, describe, it } from "@effect/vitest"
import { Array, Clock, Effect, Fiber, FileSystem } from "effect"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { Person } from "../../src/services/local-google/Person.ts"
import type { CallResult } from "../../src/services/tools/ServerProcess.ts"
import { listenersOf } from "../support/listeners.ts"
import { auth, codeOf, layer, makeHome, portOf, refuses, startWithGoogle, text } from "../support/signInProcess.ts"

/** Three at least. */
const few = <A>(each: ReadonlyArray<A>): readonly [A, A, A, ...ReadonlyArray<A>] => {
  const [one, two, three, ...more] = each
  return one === undefined || two === undefined || three === undefined
    ? assert.fail("there are three at least")
    : [one, two, three, ...more]
}

/** Servers on one home whose browser writes down the addresses it is to open. */
const windows = Effect.fnUntraced(function*(count: number) {
  const fs = yield* FileSystem.FileSystem
  const google = yield* LocalGoogle
  yield* google.change({ rotateRefreshTokens: true })
  const MCP_GAS_HOME = yield* makeHome
  const browser = `${MCP_GAS_HOME}/browser.sh`
  const opened = `${MCP_GAS_HOME}/opened`
  yield* fs.writeFileString(opened, "")
  yield* fs.writeFileString(browser, `#!/bin/sh\necho "$1" >> '${opened}'\n`)
  yield* fs.chmod(browser, 0o700)
  const servers = yield* Effect.all(
    Array.makeBy(count, () => startWithGoogle({ MCP_GAS_HOME, MCP_GAS_BROWSER: browser })),
    { concurrency: "unbounded" }
  )
  return {
    servers: few(servers),
    /** The addresses that were opened in a tab. */
    tabs: Effect.map(fs.readFileString(opened), (all) => all.split("\n").filter((line) => line !== ""))
  }
})

const all = <A, E, R>(each: ReadonlyArray<Effect.Effect<A, E, R>>) => Effect.all(each, { concurrency: "unbounded" })

const distinct = (results: ReadonlyArray<CallResult>, field: string) =>
  Array.dedupe(results.map((each) => JSON.stringify(each.output[field])))

const count = (results: ReadonlyArray<CallResult>, status: string) =>
  results.filter((each) => text(each, "status") === status).length

const consent = Effect.fnUntraced(function*(url: string) {
  const person = yield* Person
  return yield* Effect.flatMap(person.consent(url, { _tag: "Allow" }), person.visit)
})

describe("eight windows with ten callers each", () => {
  it.live(
    "open one tab and one listener, exchange one code, and get eighty equal results",
    () =>
      Effect.gen(function*() {
        const google = yield* LocalGoogle
        const { servers, tabs } = yield* windows(8)
        const everywhere = (args: Readonly<Record<string, unknown>>) =>
          all(servers.flatMap((server) => Array.makeBy(10, () => auth(server, args))))

        const asked = yield* everywhere({ waitForCompletion: false })
        assert.strictEqual(count(asked, "auth_started"), 1)
        assert.strictEqual(count(asked, "auth_pending"), 79)
        for (const field of ["authUrl", "flowId", "redirectUri", "expiresAt"]) {
          assert.lengthOf(distinct(asked, field), 1, field)
        }
        assert.lengthOf(yield* listenersOf(servers.map(({ pid }) => pid)), 1)

        const waiting = yield* Effect.forkChild(everywhere({}), { startImmediately: true })
        const url = text(yield* auth(servers[0], { waitForCompletion: false }), "authUrl")
        const page = yield* consent(url)
        assert.include(page.text, "ada@example.com")
        const answers = yield* Fiber.join(waiting)
        assert.lengthOf(answers, 80)
        for (const field of ["authenticated", "account", "grantedScopes", "missingScopes", "tokenExpiresAt"]) {
          assert.lengthOf(distinct(answers, field), 1, field)
        }
        assert.strictEqual(count(answers, "authenticated") + count(answers, "already_authenticated"), 80)
        assert.deepStrictEqual(yield* tabs, [url])
        const { authorizations, exchanges } = yield* google.counts
        assert.deepStrictEqual({ authorizations, exchanges }, { authorizations: 1, exchanges: 1 })
      }).pipe(Effect.provide(layer)),
    60_000
  )
})

describe("in another window", () => {
  it.live("a sign-in is shown, waited for, and finished by pasting", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const google = yield* LocalGoogle
      const { servers: [one, two, three] } = yield* windows(3)
      const begun = yield* auth(one, { waitForCompletion: false })
      const seen = yield* auth(two, { mode: "status" })
      assert.strictEqual(text(seen, "status"), "auth_pending")
      assert.strictEqual(text(seen, "authUrl"), text(begun, "authUrl"))
      const waiting = yield* Effect.forkChild(
        all([auth(one), auth(two), auth(two, { mode: "status", waitSeconds: 30 })]),
        { startImmediately: true }
      )
      const wrong = yield* auth(three, {
        mode: "complete",
        redirectUrl: `${text(begun, "redirectUri")}?code=a&state=b`
      })
      assert.strictEqual(codeOf(wrong), "not_this_sign_in")
      const redirectUrl = yield* person.consent(text(begun, "authUrl"), { _tag: "Allow" })
      const pasted = yield* auth(three, { mode: "complete", redirectUrl })
      assert.strictEqual(text(pasted, "status"), "authenticated")
      for (const { output } of yield* Fiber.join(waiting)) {
        assert.isTrue(output["authenticated"], JSON.stringify(output))
      }
      assert.strictEqual((yield* google.counts).exchanges, 1)
    }).pipe(Effect.provide(layer)))

  it.live("cancel ends the sign-in: its port is free, and everybody hears the same", () =>
    Effect.gen(function*() {
      const { servers: [one, two, three], tabs } = yield* windows(3)
      const begun = yield* auth(one, { waitForCompletion: false })
      yield* auth(two, { waitForCompletion: false })
      const waiting = yield* Effect.forkChild(all([auth(one), auth(two)]), { startImmediately: true })
      yield* auth(two, { mode: "status" })
      const cancelled = yield* auth(three, { mode: "cancel" })
      assert.isTrue(yield* refuses(portOf(text(begun, "redirectUri"))))
      assert.strictEqual(text(cancelled, "status"), "cancelled")
      assert.strictEqual(text(cancelled, "flowId"), text(begun, "flowId"))
      for (const each of yield* Fiber.join(waiting)) assert.strictEqual(codeOf(each), "flow_cancelled")
      assert.strictEqual(text(yield* auth(two, { mode: "status" }), "status"), "not_authenticated")
      assert.strictEqual(text(yield* auth(two, { waitForCompletion: false }), "status"), "auth_started")
      // The account had a tab a moment ago, in another window: no second one, and the reason is told.
      const told = yield* Effect.repeat(auth(two, { mode: "status" }), {
        until: (each) => !text(each, "message").startsWith("The browser was asked")
      })
      assert.include(text(told, "message"), "No second browser tab was opened within ten seconds")
      assert.deepStrictEqual(yield* tabs, [text(begun, "authUrl")])
    }).pipe(Effect.provide(layer)))

  it.live("logout is felt at once: by the next call, and within a second by a status that waits", () =>
    Effect.gen(function*() {
      const { servers } = yield* windows(4)
      const [one, ...others] = servers
      const begun = yield* auth(one, { waitForCompletion: false })
      yield* consent(text(begun, "authUrl"))
      const signedIn = yield* all(servers.map((server) => auth(server)))
      assert.strictEqual(count(signedIn, "already_authenticated"), 4)
      yield* auth(one, { mode: "logout" })
      const next = yield* all(others.map((server) => auth(server, { mode: "status" })))
      assert.strictEqual(count(next, "not_authenticated"), 3)

      yield* auth(one, { waitForCompletion: false })
      const waiting = yield* Effect.forkChild(
        all(others.map((server) => auth(server, { mode: "status", waitSeconds: 60 }))),
        { startImmediately: true }
      )
      yield* all(others.map((server) => auth(server, { mode: "status" })))
      const from = yield* Clock.currentTimeMillis
      yield* auth(one, { mode: "logout" })
      const told = yield* Fiber.join(waiting)
      assert.isBelow((yield* Clock.currentTimeMillis) - from, 1000)
      assert.strictEqual(count(told, "not_authenticated"), 3)
    }).pipe(Effect.provide(layer)))

  it.live("logout ends a sign-in under way, and the person who consents afterwards signs nobody in", () =>
    Effect.gen(function*() {
      const google = yield* LocalGoogle
      const person = yield* Person
      const { servers: [one, two] } = yield* windows(3)
      const begun = yield* auth(one, { waitForCompletion: false })
      const waiting = yield* Effect.forkChild(auth(one), { startImmediately: true })
      assert.strictEqual(text(yield* auth(two, { mode: "logout" }), "status"), "logged_out")
      assert.isTrue(yield* refuses(portOf(text(begun, "redirectUri"))))
      assert.strictEqual(codeOf(yield* Fiber.join(waiting)), "flow_cancelled")
      const callback = yield* person.consent(text(begun, "authUrl"), { _tag: "Allow" })
      yield* Effect.ignore(person.visit(callback))
      assert.strictEqual((yield* google.counts).exchanges, 0)
      assert.strictEqual(text(yield* auth(one, { mode: "status" }), "status"), "not_authenticated")
    }).pipe(Effect.provide(layer)))

  it.live("the sign-in goes on when the window that began it is closed", () =>
    Effect.gen(function*() {
      const { servers: [one, two] } = yield* windows(3)
      const begun = yield* auth(one, { waitForCompletion: false })
      const waiting = yield* Effect.forkChild(auth(two), { startImmediately: true })
      yield* auth(two, { mode: "status" })
      yield* one.endInput
      yield* one.ended
      const anew = yield* Effect.repeat(auth(two, { mode: "status" }), {
        until: (each) => each.output["authUrl"] !== undefined && text(each, "flowId") !== text(begun, "flowId")
      })
      yield* consent(text(anew, "authUrl"))
      assert.strictEqual(text(yield* Fiber.join(waiting), "status"), "authenticated")
    }).pipe(Effect.provide(layer)))
})
