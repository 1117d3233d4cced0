// From the docstring of ScriptedProvider in src/services/testing/ScriptedProvider.ts, by `npm run docs`.
import { Console, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { AuthFlows, defaultAccountKey, Sessions } from "../../../src/index.ts"
import { ScriptedProvider, SignInTesting } from "../../../src/testing.ts"

const program = Effect.gen(function*() {
  const { start } = yield* AuthFlows
  const { accessToken } = yield* Sessions
  const { counts, introspect, revokeGrants } = yield* ScriptedProvider

  const started = yield* start(defaultAccountKey, { openBrowser: true })
  if (started._tag !== "AlreadyAuthenticated") yield* started.flow.outcome

  yield* TestClock.adjust("1 hour")
  const token = yield* accessToken(defaultAccountKey)
  yield* Console.log((yield* introspect(token))._tag) // → Some
  yield* Console.log((yield* counts).refreshes) // → 1

  yield* revokeGrants("ada@example.com")
  yield* Console.log((yield* introspect(token))._tag) // → None
})

// In tests with `@effect/vitest`, `it.effect` brings the clock.
await Effect.runPromise(Effect.provide(program, Layer.provideMerge(SignInTesting.layer(), TestClock.layer())))
