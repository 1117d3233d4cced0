// From the docstring of SignInTesting.layer in src/programs/embedding/SignInTesting.ts, by `npm run docs`.
import { Console, Effect } from "effect"
import { AuthFlows, authorizedCall, defaultAccountKey, TokenRefused } from "../../../src/index.ts"
import { ScriptedProvider, SignInTesting } from "../../../src/testing.ts"

// What is tested: a tool that calls a resource.
const greet = (api: ScriptedProvider["Service"]) =>
  authorizedCall(
    defaultAccountKey,
    (token) =>
      Effect.flatMap(api.introspect(token), (known) =>
        known._tag === "None" ? new TokenRefused() : Effect.succeed(`Hello, ${known.value.account.name}`))
  )

const program = Effect.gen(function*() {
  const provider = yield* ScriptedProvider
  const problem = yield* Effect.flip(greet(provider))
  yield* Console.log(problem.message) // → Nobody has signed in as "default" yet.

  const { start } = yield* AuthFlows
  const started = yield* start(defaultAccountKey, { openBrowser: true })
  if (started._tag !== "AlreadyAuthenticated") yield* started.flow.outcome
  yield* Console.log(yield* greet(provider)) // → Hello, Ada Lovelace
})

await Effect.runPromise(Effect.provide(program, SignInTesting.layer()))
