// From the docstring of AccountKey in src/services/sign-in/AccountKey.ts, by `npm run docs`.
import { Console, Effect, Schema } from "effect"
import { AccountKey, isEmail } from "../../../src/index.ts"

const program = Effect.gen(function*() {
  const key = yield* Schema.decodeEffect(AccountKey)("ada@example.com")
  yield* Console.log(isEmail(key)) // → true
  const problem = yield* Effect.flip(Schema.decodeEffect(AccountKey)("Ada Lovelace"))
  yield* Console.log(problem.message.includes("without spaces")) // → true
})

await Effect.runPromise(program)
