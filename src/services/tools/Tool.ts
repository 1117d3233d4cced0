/**
 * A tool as data: what it is called, what it takes and gives as schemas, what it does as an effect. Knows nothing of
 * how tools are served.
 */
import { Array as Arr, Effect, Predicate, Schema, SchemaAST } from "effect"
import type { Explained } from "../Explained.ts"
import * as ToolProblems from "./ToolProblems.ts"

/** Hints for hosts and models (Model Context Protocol 2025-11-25, `ToolAnnotations`). */
export interface ToolAnnotations {
  /** It changes nothing. */
  readonly readOnlyHint: boolean
  /** It may undo or overwrite something. */
  readonly destructiveHint: boolean
  /** Calling it again with the same arguments changes nothing more. */
  readonly idempotentHint: boolean
  /** It deals with something outside of this machine. */
  readonly openWorldHint: boolean
}

/** What a handler fails with: anything that can explain itself. */
export type ToolError = Explained & { readonly _tag: string }

/** A JSON object: what every tool answers with. */
export interface JsonObject {
  readonly [key: string]: unknown
}

/** The arguments do not fit the tool's input schema; the handler was not run. */
export class InvalidArguments extends Schema.TaggedError<InvalidArguments>()("InvalidArguments", {
  /** The name of the tool that was called. */
  tool: Schema.String,
  /** One line per problem: the field, what is allowed, what was given unless that may be a secret. */
  problems: Schema.NonEmptyArray(Schema.String)
}) implements Explained {
  readonly code = "invalid_arguments"
  override get message(): string {
    return `Invalid arguments for ${this.tool}: ${this.problems.join("; ")}.`
  }
  get remedy(): string {
    return "Correct the arguments and call again."
  }
}

/** What people, hosts and models are told about a tool. */
export interface ToolWords {
  /** `snake_case`, unique among the tools served together. */
  readonly name: string
  /** What people are shown. */
  readonly title: string
  /** What a model is told: what the tool does, and when to call it. */
  readonly description: string
  /** What a host may go by, and need not believe. */
  readonly annotations: ToolAnnotations
}

/** What a tool is made from. */
export interface ToolSpec<
  Input extends Schema.Codec<unknown, unknown>,
  Output extends Schema.Codec<unknown, unknown>,
  R
> extends ToolWords {
  /** A struct: hosts accept nothing but an object at the root of a tool's schema. */
  readonly input: Input
  /** A struct, as `input`. */
  readonly output: Output
  /** What a failed answer of this tool says besides the error itself. */
  readonly whenFailed?: JsonObject
  /** May be interrupted at any time: when the client cancels the call, or the server stops. */
  readonly handler: (input: Input["Type"]) => Effect.Effect<Output["Type"], ToolError, R>
}

/** A tool ready to be served: its schemas, and its handler between decoding and encoding by them. */
export interface Tool<out R> extends ToolWords {
  /** What it takes, as a struct. */
  readonly input: Schema.Constraint
  /** What it answers with, as a struct. */
  readonly output: Schema.Constraint
  /** What a failed answer says besides the error itself; empty unless the spec has it. */
  readonly whenFailed: JsonObject
  /**
   * Decodes JSON arguments, runs the handler, encodes its answer to JSON. Reports every problem of the arguments, none
   * of them with a value whose field is redacted. An answer that does not fit the output schema is a defect.
   */
  readonly call: (args: unknown) => Effect.Effect<JsonObject, InvalidArguments | ToolError, R>
}

const strictly = { errors: "all", onExcessProperty: "error" } as const

/** `Schema.Struct({})` takes any value but null, which is not what a tool without arguments means. */
const decodeNothing = Schema.decodeUnknownEffect(Schema.Record(Schema.String, Schema.Never), strictly)

const isEmptyStruct = (ast: SchemaAST.AST): boolean =>
  SchemaAST.isObjects(ast) && Arr.isArrayEmpty([...ast.propertySignatures, ...ast.indexSignatures])

/**
 * Makes a tool. The schemas are compiled here, once.
 *
 * @example
 * ```ts
 * import { Console, Effect, Schema } from "effect"
 * import { Tool } from "mcp-gas/mcp"
 *
 * const greet = Tool.make({
 *   name: "greet",
 *   title: "Greet",
 *   description: "Greets somebody by their name.",
 *   annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
 *   input: Schema.Struct({ name: Schema.NonEmptyString }),
 *   output: Schema.Struct({ greeting: Schema.String }),
 *   handler: ({ name }) => Effect.succeed({ greeting: `Hello, ${name}` })
 * })
 *
 * const program = Effect.gen(function*() {
 *   yield* Console.log(yield* greet.call({ name: "Ada" })) // → { greeting: 'Hello, Ada' }
 *   const error = yield* Effect.flip(greet.call({ nmae: "Ada" }))
 *   yield* Console.log(error.code) // → invalid_arguments
 * })
 *
 * await Effect.runPromise(program)
 * ```
 */
export const make = <
  Input extends Schema.Codec<unknown, unknown>,
  Output extends Schema.Codec<unknown, unknown>,
  R
>(spec: ToolSpec<Input, Output, R>): Tool<R> => {
  const { annotations, description, handler, input, name, output, title, whenFailed = {} } = spec
  const decodeStruct = Schema.decodeUnknownEffect(Schema.toCodecJson(input), strictly)
  const decode = isEmptyStruct(input.ast)
    ? (args: unknown) => Effect.andThen(decodeNothing(args), decodeStruct(args))
    : decodeStruct
  const encode = Schema.encodeUnknownEffect(Schema.toCodecJson(output))
  const problemsOf = ToolProblems.describe(input)
  return {
    name,
    title,
    description,
    annotations,
    input,
    output,
    whenFailed,
    call: Effect.fn("Tool.call", { attributes: { tool: name } })(function*(args: unknown) {
      const decoded = yield* decode(args).pipe(
        Effect.mapError((error) => new InvalidArguments({ tool: name, problems: problemsOf(error.issue, args) }))
      )
      const answer = yield* handler(decoded)
      const encoded: unknown = yield* Effect.orDie(encode(answer))
      return Predicate.isReadonlyObject(encoded)
        ? encoded
        : yield* Effect.die(new TypeError(`The output schema of ${name} is not a struct.`))
    })
  }
}
