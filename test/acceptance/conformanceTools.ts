/**
 * The tools that the conformance suite's server scenarios call, as data for our own server.
 */
import { Effect, Schema } from "effect"
import * as Tool from "../../src/services/tools/Tool.ts"
import { ToolProgress } from "../../src/services/tools/ToolProgress.ts"

/** What `test_error_handling` fails with. */
class Intended extends Schema.TaggedError<Intended>()("Intended", {}) {
  readonly code = "intended"
  override get message(): string {
    return "This tool intentionally returns an error for testing."
  }
  get remedy(): string {
    return "None is needed."
  }
}

const words = {
  title: "Conformance",
  description: "Called by a conformance scenario.",
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: Schema.Struct({}),
  output: Schema.Struct({ said: Schema.String })
}

export const tools = [
  Tool.make({
    ...words,
    name: "test_simple_text",
    handler: () => Effect.succeed({ said: "This is a simple text response for testing." })
  }),
  Tool.make({ ...words, name: "test_error_handling", handler: () => Effect.fail(new Intended()) }),
  Tool.make({
    ...words,
    name: "test_tool_with_progress",
    handler: Effect.fnUntraced(function*() {
      const { tell } = yield* ToolProgress
      yield* Effect.forEach(["begun", "half done", "done"], tell, { discard: true })
      return { said: "It was told how it goes." }
    })
  })
]
