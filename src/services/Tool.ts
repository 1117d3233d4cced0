/**
 * A tool as data: what it is called, what it takes and gives as schemas, what it does as an effect. Knows nothing of
 * how tools are served.
 */
import { Effect, Schema } from "effect"
import type { Explained } from "./Explained.ts"

/** Hints for hosts and models (Model Context Protocol 2025-11-25, `ToolAnnotations`). */
export interface ToolAnnotations {
  readonly readOnlyHint: boolean
  readonly destructiveHint: boolean
  readonly idempotentHint: boolean
  readonly openWorldHint: boolean
}

/** What a handler fails with: anything that can explain itself. */
export type ToolError = Explained & { readonly _tag: string }

/** The arguments do not fit the tool's input schema; the handler was not run. */
export class InvalidArguments extends Schema.TaggedError<InvalidArguments>()("InvalidArguments", {
  tool: Schema.String,
  /** One line per problem: the field, what is allowed, what was given. */
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

/** What a tool is made from. */
export interface ToolSpec<
  Input extends Schema.Codec<unknown, unknown>,
  Output extends Schema.Codec<unknown, unknown>,
  R
> {
  /** `snake_case`, unique among the tools served together. */
  readonly name: string
  readonly title: string
  readonly description: string
  /** A struct: hosts accept nothing but an object at the root of a tool's schema. */
  readonly input: Input
  /** A struct, as `input`. */
  readonly output: Output
  readonly annotations: ToolAnnotations
  /** May be interrupted at any time: when the client cancels the call, or the server stops. */
  readonly handler: (input: Input["Type"]) => Effect.Effect<Output["Type"], ToolError, R>
}

/** A tool ready to be served: its schemas, and its handler between decoding and encoding by them. */
export interface Tool<in out R> extends Omit<ToolSpec<never, never, R>, "input" | "output" | "handler"> {
  readonly input: Schema.Top
  readonly output: Schema.Top
  /** Decodes JSON arguments, runs the handler, encodes its answer to JSON. */
  readonly call: (args: unknown) => Effect.Effect<unknown, InvalidArguments | ToolError, R>
}
