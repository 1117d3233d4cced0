/**
 * A server of somebody else's, tested by its author: one tool that needs a token, a provider and a person who do as they are
 * told, and time that passes when the test says so.
 */
import { assert, describe, it, layer } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Option, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as SignInTesting from "../../../src/programs/embedding/SignInTesting.ts"
import { ExchangeFailed, ProviderUnreachable } from "../../../src/services/provider/AuthorizationServer.ts"
import { AccountKey, defaultAccountKey } from "../../../src/services/sign-in/AccountKey.ts"
import { AuthFlows } from "../../../src/services/sign-in/AuthFlows.ts"
import { authorizedCall, TokenRefused } from "../../../src/services/sign-in/AuthorizedCall.ts"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import { ScriptedPerson } from "../../../src/services/testing/ScriptedPerson.ts"
import { ScriptedProvider } from "../../../src/services/testing/ScriptedProvider.ts"
import * as Tool from "../../../src/services/tools/Tool.ts"

const notes = { input: Schema.Struct({ account: AccountKey }), output: Schema.Struct({ of: Schema.String }) }

/** What is tested: it lists the notes of whoever is signed in, at a resource that asks the provider about tokens. */
const listNotes = Tool.make({
  name: "list_notes",
  title: "List notes",
  description: "Lists the notes of an account.",
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  ...notes,
  handler: Effect.fnUntraced(function*({ account }) {
    const { introspect } = yield* ScriptedProvider
    const call = authorizedCall(
      account,
      Effect.fnUntraced(function*(token) {
        const known = yield* introspect(token)
        if (Option.isNone(known)) return yield* new TokenRefused()
        return { of: known.value.account.email }
      })
    )
    return yield* Effect.catchTag(call, "TokenRefused", Effect.die)
  })
})

const work = AccountKey.make("work")

const call = (account: AccountKey = defaultAccountKey) => listNotes.call({ account })

const refused = (account?: AccountKey) =>
  Effect.map(Effect.flip(call(account)), (error) => ({
    code: error.code,
    reason: error._tag === "SignInRequired" && "reason" in error ? error.reason : undefined
  }))

const begin = Effect.fnUntraced(function*(account: AccountKey = defaultAccountKey) {
  const { start } = yield* AuthFlows
  const started = yield* start(account, { openBrowser: true })
  return started._tag === "AlreadyAuthenticated" ? yield* Effect.die("a session is there") : started.flow
})

const signIn = (account?: AccountKey) => Effect.flatMap(begin(account), ({ outcome }) => outcome)

const counts = ScriptedProvider.use((provider) => provider.counts)
const opened = Effect.map(ScriptedPerson.use((person) => person.opened), (addresses) => addresses.length)

describe("A tool that needs a token", () => {
  it.effect("asks for a sign-in, works once the person has consented, and asks again when the provider ends it", () =>
    Effect.gen(function*() {
      const { requests, revokeGrants } = yield* ScriptedProvider
      assert.deepStrictEqual(yield* refused(), { code: "sign_in_required", reason: "never" })
      assert.strictEqual(yield* opened, 0)

      const session = yield* signIn()
      assert.strictEqual(session.account.name, "Ada Lovelace")
      const { nextPage } = yield* ScriptedPerson
      assert.include((yield* nextPage).text, "Ada Lovelace (ada@example.com) is now signed in to Test.")
      assert.deepStrictEqual(yield* call(), { of: "ada@example.com" })

      yield* TestClock.adjust("1 hour")
      const answers = yield* Effect.all(Array.from({ length: 100 }, () => call()), { concurrency: "unbounded" })
      assert.deepStrictEqual(new Set(answers.map((answer) => answer["of"])), new Set(["ada@example.com"]))
      assert.strictEqual((yield* counts).refreshes, 1)

      yield* revokeGrants("ada@example.com")
      assert.deepStrictEqual(yield* refused(), { code: "sign_in_required", reason: "revoked" })
      assert.deepStrictEqual(yield* requests, [
        { kind: "authorization", email: "ada@example.com", done: true },
        { kind: "exchange", email: "ada@example.com", done: true },
        { kind: "refresh", email: "ada@example.com", done: true },
        { kind: "refresh", email: undefined, done: false }
      ])
      assert.strictEqual(yield* opened, 1)

      yield* TestClock.adjust("10 seconds")
      yield* signIn()
      assert.deepStrictEqual(yield* call(), { of: "ada@example.com" })
    }).pipe(Effect.provide(SignInTesting.layer())))

  it.effect("works for two accounts, each of another person", () =>
    Effect.gen(function*() {
      const person = yield* ScriptedPerson
      yield* signIn()
      yield* person.will({ _tag: "Allow", email: "grace@example.com" })
      yield* signIn(work)
      assert.deepStrictEqual(yield* call(), { of: "ada@example.com" })
      assert.deepStrictEqual(yield* call(work), { of: "grace@example.com" })
      const { logout } = yield* AuthFlows
      assert.deepStrictEqual((yield* logout(work)).revoked, Option.some(true))
      assert.deepStrictEqual(yield* refused(work), { code: "sign_in_required", reason: "signed_out" })
      assert.deepStrictEqual(yield* call(), { of: "ada@example.com" })
      assert.strictEqual((yield* counts).revocations, 1)
    }).pipe(Effect.provide(SignInTesting.layer())))

  it.effect("is told while the provider is away, and works again when it is back: nobody is signed out by a network", () =>
    Effect.gen(function*() {
      const { change } = yield* ScriptedProvider
      yield* signIn()
      yield* TestClock.adjust("1 hour")
      yield* change({ isAway: true })
      const waiting = yield* Effect.forkChild(Effect.flip(call()))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(waiting)).code, "provider_unreachable")
      assert.strictEqual((yield* counts).refreshes, 0)
      yield* change({ isAway: false })
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* call(), { of: "ada@example.com" })
    }).pipe(Effect.provide(SignInTesting.layer())))
})

describe("A person who is asked to sign in", () => {
  it.effect("does nothing for five minutes, and whoever waits is told then", () =>
    Effect.gen(function*() {
      const flow = yield* begin()
      const waiting = yield* Effect.forkChild(Effect.flip(flow.outcome))
      yield* TestClock.adjust("299999 millis")
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* Fiber.join(waiting)).code, "flow_timed_out")
      assert.deepStrictEqual(DateTime.distance(flow.startedAt, flow.expiresAt), Duration.minutes(5))
      const person = yield* ScriptedPerson
      const late = yield* Effect.flip(person.consent(flow.authorizationUrl))
      assert.strictEqual(late.found, "nobody who listens")
      assert.strictEqual((yield* counts).exchanges, 0)
    }).pipe(Effect.provide(SignInTesting.layer({ will: { _tag: "Wait" } }))))

  it.effect("thinks about it, and consents to what the test says", () =>
    Effect.gen(function*() {
      const person = yield* ScriptedPerson
      const flow = yield* begin()
      assert.strictEqual(yield* person.nextOpened, flow.authorizationUrl)
      yield* TestClock.adjust("4 minutes")
      const page = yield* person.consent(flow.authorizationUrl, { email: "grace@example.com" })
      assert.strictEqual(page.status, 200)
      assert.include(page.text, "Grace Hopper")
      assert.deepStrictEqual(yield* call(), { of: "grace@example.com" })
    }).pipe(Effect.provide(SignInTesting.layer({ will: { _tag: "Wait" } }))))

  it.effect("declines, and the tool still asks for a sign-in", () =>
    Effect.gen(function*() {
      const { nextPage } = yield* ScriptedPerson
      assert.strictEqual((yield* Effect.flip(signIn())).code, "consent_denied")
      assert.include((yield* nextPage).text, "Sign-in declined")
      assert.deepStrictEqual(yield* refused(), { code: "sign_in_required", reason: "never" })
    }).pipe(Effect.provide(SignInTesting.layer({ will: { _tag: "Deny" } }))))

  it.effect("un-ticks a box, and is told which permission is missing", () =>
    Effect.gen(function*() {
      const problem = yield* Effect.flip(signIn())
      assert.strictEqual(problem.code, "scopes_missing")
      assert.include(problem.message, "notes.read")
    }).pipe(Effect.provide(SignInTesting.layer({
      scopes: ["openid", "notes.read"],
      will: { _tag: "Allow", untick: ["notes.read"] }
    }))))

  it.effect("has one tab for any number of callers, and another one ten seconds later at the earliest", () =>
    Effect.gen(function*() {
      const { cancel } = yield* AuthFlows
      const flows = yield* Effect.all(Array.from({ length: 50 }, () => begin()), { concurrency: "unbounded" })
      assert.strictEqual(new Set(flows.map(({ id }) => id)).size, 1)
      const { nextOpened } = yield* ScriptedPerson
      assert.strictEqual(yield* nextOpened, flows[0]?.authorizationUrl)

      yield* cancel(defaultAccountKey)
      yield* TestClock.adjust("9999 millis")
      yield* begin()
      yield* TestClock.adjust("0 millis")
      assert.strictEqual(yield* opened, 1)

      yield* cancel(defaultAccountKey)
      yield* TestClock.adjust("1 millis")
      const again = yield* begin()
      assert.strictEqual(yield* nextOpened, again.authorizationUrl)
      assert.strictEqual(yield* opened, 2)
    }).pipe(Effect.provide(SignInTesting.layer({ will: { _tag: "Wait" } }))))
})

describe("What a test can say of it", () => {
  it.effect("is what the scopes, the deadline, the title and the port are, and who can consent", () =>
    Effect.gen(function*() {
      const flow = yield* begin()
      assert.strictEqual(flow.redirectUri, "http://127.0.0.1:8123/callback")
      assert.deepStrictEqual(DateTime.distance(flow.startedAt, flow.expiresAt), Duration.seconds(30))
      assert.strictEqual(new URL(flow.authorizationUrl).searchParams.get("scope"), "notes.read")
      const session = yield* flow.outcome
      assert.strictEqual(session.account.email, "alan@example.com")
      assert.deepStrictEqual(DateTime.distance(session.signedInAt, session.tokens.expiresAt), Duration.minutes(30))
      const { nextPage } = yield* ScriptedPerson
      assert.include((yield* nextPage).text, "signed in to Notes")
    }).pipe(Effect.provide(SignInTesting.layer({
      scopes: ["notes.read"],
      timeout: "30 seconds",
      title: "Notes",
      callbackPort: 8123,
      accounts: [{ sub: "1912", email: "alan@example.com", name: "Alan Turing" }],
      habits: { accessTokenLifetime: "30 minutes" }
    }))))

  it.effect("is what goes wrong at the provider", () =>
    Effect.gen(function*() {
      const { change } = yield* ScriptedProvider
      yield* change({ exchangeFailure: new ExchangeFailed({ error: "server_error", ambiguous: true }) })
      const problem = yield* Effect.flip(signIn())
      assert.strictEqual(problem.code, "exchange_failed")
      assert.strictEqual((yield* counts).exchanges, 1)

      yield* change({ exchangeFailure: undefined })
      yield* TestClock.adjust("10 seconds")
      yield* signIn()
      yield* TestClock.adjust("1 hour")
      const busy = { operation: "refresh", problem: "Too many requests.", retryAfter: 60, ambiguous: false }
      yield* change({ refreshFailure: new ProviderUnreachable(busy) })
      assert.strictEqual((yield* Effect.flip(call())).message, "Too many requests.")
      yield* change({ refreshFailure: undefined })
      assert.strictEqual((yield* Effect.flip(call())).code, "provider_unreachable")
      yield* TestClock.adjust("61 seconds")
      assert.deepStrictEqual(yield* call(), { of: "ada@example.com" })
    }).pipe(Effect.provide(SignInTesting.layer())))

  it.effect("is what happens while the provider takes its time: callers share the refresh, and one may leave", () =>
    Effect.gen(function*() {
      const { holding } = yield* ScriptedProvider
      yield* signIn()
      yield* TestClock.adjust("1 hour")
      const stay = yield* holding(
        "refresh",
        Effect.fnUntraced(function*(reached) {
          const first = yield* Effect.forkChild(call())
          yield* reached
          const others = yield* Effect.all(Array.from({ length: 9 }, () => Effect.forkChild(call())))
          yield* Fiber.interrupt(first)
          assert.isTrue(others.every((fiber) => fiber.pollUnsafe() === undefined))
          return others
        })
      )
      assert.strictEqual((yield* Effect.forEach(stay, Fiber.join)).length, 9)
      assert.strictEqual((yield* counts).refreshes, 1)
    }).pipe(Effect.provide(SignInTesting.layer())))

  it.effect("is a sign-out while the code is exchanged, which wins", () =>
    Effect.gen(function*() {
      const { holding } = yield* ScriptedProvider
      const { logout } = yield* AuthFlows
      const { flow, leaving } = yield* holding(
        "exchange",
        Effect.fnUntraced(function*(reached) {
          const begun = yield* begin()
          yield* reached
          return {
            flow: begun,
            leaving: yield* Effect.forkChild(logout(defaultAccountKey), { startImmediately: true })
          }
        })
      )
      yield* Fiber.join(leaving)
      assert.strictEqual((yield* Effect.flip(flow.outcome)).code, "flow_cancelled")
      assert.strictEqual((yield* refused()).reason, "signed_out")
      assert.strictEqual((yield* counts).revocations, 1)
    }).pipe(Effect.provide(SignInTesting.layer())))

  it.effect("is a provider that replaces refresh tokens, hour after hour", () =>
    Effect.gen(function*() {
      yield* signIn()
      const hours = Effect.andThen(TestClock.adjust("1 hour"), call())
      assert.strictEqual((yield* Effect.all(Array.from({ length: 5 }, () => hours))).length, 5)
      assert.strictEqual((yield* counts).refreshes, 5)
    }).pipe(Effect.provide(SignInTesting.layer({ rotatesRefreshTokens: true }))))
})

describe("The same test", () => {
  const address = Effect.map(begin(), (flow) => [flow.id, flow.authorizationUrl]).pipe(
    Effect.provide(SignInTesting.layer())
  )

  it.effect("sees the same addresses and identifiers in every run", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* address, yield* address)
    }))

  it.live("runs on real time as well", () =>
    Effect.gen(function*() {
      yield* signIn()
      const { accessToken } = yield* Sessions
      assert.isTrue(Result.isSuccess(yield* Effect.result(accessToken(defaultAccountKey))))
    }).pipe(Effect.provide(SignInTesting.layer())))
})

layer(SignInTesting.layer())("Tests that share one sign-in", (shared) => {
  shared.effect("sign in", () =>
    Effect.gen(function*() {
      yield* signIn(work)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* call(work), { of: "ada@example.com" })
    }))

  shared.effect("have the clock of the test that runs", () =>
    Effect.gen(function*() {
      const person = yield* ScriptedPerson
      yield* person.will({ _tag: "Wait" })
      const flow = yield* begin()
      const waiting = yield* Effect.forkChild(Effect.flip(flow.outcome))
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual((yield* Fiber.join(waiting)).code, "flow_timed_out")
      yield* person.will({ _tag: "Allow" })
    }))
})
