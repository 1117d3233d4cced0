// From the docstring of Tool.make in src/services/tools/Tool.ts, by `npm run docs`.
import { Console, Effect, Schema } from "effect"
import { Tool } from "../../../src/mcp.ts"

const greet = Tool.make({
  name: "greet",
  title: "Greet",
  description: "Greets somebody by their name.",
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: Schema.Struct({ name: Schema.NonEmptyString }),
  output: Schema.Struct({ greeting: Schema.String }),
  handler: ({ name }) => Effect.succeed({ greeting: `Hello, ${name}` })
})

const program = Effect.gen(function*() {
  yield* Console.log(yield* greet.call({ name: "Ada" })) // → { greeting: 'Hello, Ada' }
  const error = yield* Effect.flip(greet.call({ nmae: "Ada" }))
  yield* Console.log(error.code) // → invalid_arguments
})

await Effect.runPromise(program)
