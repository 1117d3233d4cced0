/**
 * The tool over the real sign-in, with a provider and a person that the test steers, on a clock that the test moves.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { AuthFlows, defaultAccountKey, TokenRefused } from "mcp-gas"
import { ScriptedPerson, ScriptedProvider, SignInTesting } from "mcp-gas/testing"
import { AcmeApi, acmeWhoami } from "./whoami.ts"

/** Acme, as far as the tool can tell: it takes the tokens that the provider has issued and not revoked. */
const layerAcme = Layer.effect(
  AcmeApi,
  Effect.map(ScriptedProvider, ({ introspect }) =>
    AcmeApi.of({
      email: (token) =>
        Effect.flatMap(
          introspect(token),
          Option.match({
            onNone: () => new TokenRefused(),
            onSome: ({ account }) => Effect.succeed(account.email)
          })
        )
    }))
)

const layer = Layer.provideMerge(layerAcme, SignInTesting.layer())

const whoami = acmeWhoami.call({})

const signIn = Effect.gen(function*() {
  const { start } = yield* AuthFlows
  const started = yield* start(defaultAccountKey, { openBrowser: true })
  return started._tag === "AlreadyAuthenticated" ? started.session : yield* started.flow.outcome
})

it.effect("asks for a sign-in, and works once the person has consented", () =>
  Effect.gen(function*() {
    const { code } = yield* Effect.flip(whoami)
    assert.strictEqual(code, "sign_in_required")
    yield* signIn
    assert.deepStrictEqual(yield* whoami, { email: "ada@example.com" })
  }).pipe(Effect.provide(layer)))

it.effect("a hundred calls after an hour share one refresh", () =>
  Effect.gen(function*() {
    yield* signIn
    yield* TestClock.adjust("1 hour")
    yield* Effect.all(Array.from({ length: 100 }, () => whoami), { concurrency: "unbounded" })
    const { refreshes } = yield* ScriptedProvider.use(({ counts }) => counts)
    assert.strictEqual(refreshes, 1)
  }).pipe(Effect.provide(layer)))

it.effect("asks again once the person has taken the access back", () =>
  Effect.gen(function*() {
    yield* signIn
    yield* ScriptedProvider.use(({ revokeGrants }) => revokeGrants("ada@example.com"))
    const { code, message } = yield* Effect.flip(whoami)
    assert.strictEqual(code, "sign_in_required")
    assert.include(message, "no longer accepts")
  }).pipe(Effect.provide(layer)))

it.effect("a person who takes too long is not signed in, and neither is one who declines", () =>
  Effect.gen(function*() {
    const { nextOpened, will } = yield* ScriptedPerson
    yield* will({ _tag: "Wait" })
    const waiting = yield* Effect.forkChild(Effect.flip(signIn))
    yield* nextOpened
    yield* TestClock.adjust("5 minutes")
    assert.strictEqual((yield* Fiber.join(waiting)).code, "flow_timed_out")
    yield* will({ _tag: "Deny" })
    assert.strictEqual((yield* Effect.flip(signIn)).code, "consent_denied")
  }).pipe(Effect.provide(layer)))
