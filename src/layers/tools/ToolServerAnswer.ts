/**
 * What a call is answered with. The same facts go into `structuredContent` and the first text block, as some hosts show
 * the model one and some the other; a failure has only the text, as one host drops the text where both are there.
 */
import { Cause, Exit, Option } from "effect"
import type { Explained } from "../../services/Explained.ts"
import type { JsonObject, Tool, ToolError } from "../../services/tools/Tool.ts"
import { InternalError, ServerStopping } from "../../services/tools/ToolServer.ts"

/** The shape of the protocol's `CallToolResult`. */
export interface Answer {
  readonly [key: string]: unknown
  readonly content: Array<{ readonly type: "text"; readonly text: string }>
  readonly structuredContent?: JsonObject
  readonly isError?: true
}

/** The answer of a handler that succeeded. */
export const success = (output: JsonObject): Answer => ({
  content: [{ type: "text", text: JSON.stringify(output) }],
  structuredContent: output
})

/** The answer of a call that failed, in the three texts that every error has, and whatever else the tool says then. */
export const failure = ({ code, message, remedy }: Explained, whenFailed: JsonObject = {}): Answer => ({
  content: [{
    type: "text",
    text: JSON.stringify({
      status: "error",
      ...whenFailed,
      message: `${message} ${remedy}`,
      error: { code, cause: message, remedy }
    })
  }],
  isError: true
})

/** The answer for however a call ended. A defect stays inside: the client learns that there was one. */
export const fromExit = (
  { name, whenFailed }: Pick<Tool<never>, "name" | "whenFailed">,
  exit: Exit.Exit<JsonObject, ToolError>
): Answer => {
  if (Exit.isSuccess(exit)) return success(exit.value)
  const error = Cause.findErrorOption(exit.cause)
  if (Option.isSome(error)) return failure(error.value, whenFailed)
  return failure(
    Cause.hasInterruptsOnly(exit.cause) ? new ServerStopping() : new InternalError({ what: name }),
    whenFailed
  )
}
