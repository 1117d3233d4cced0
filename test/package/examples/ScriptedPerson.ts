// From the docstring of ScriptedPerson in src/services/testing/ScriptedPerson.ts, by `npm run docs`.
import { Console, Effect } from "effect"
import { AuthFlows, defaultAccountKey } from "../../../src/index.ts"
import { ScriptedPerson, SignInTesting } from "../../../src/testing.ts"

const program = Effect.gen(function*() {
  const person = yield* ScriptedPerson
  yield* person.will({ _tag: "Deny" })
  const { start } = yield* AuthFlows
  const started = yield* start(defaultAccountKey, { openBrowser: true })
  if (started._tag === "AlreadyAuthenticated") return
  const problem = yield* Effect.flip(started.flow.outcome)
  yield* Console.log(problem.code) // → consent_denied
  const page = yield* person.nextPage
  yield* Console.log(page.text.includes("Sign-in declined")) // → true
})

await Effect.runPromise(Effect.provide(program, SignInTesting.layer()))
