import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Redacted, Schema } from "effect"
import * as Tool from "../../../src/services/tools/Tool.ts"

const annotations = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false }

const Input = Schema.Struct({
  mode: Schema.Literals(["start", "status"]),
  seconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 300 }))),
  redirectUrl: Schema.optionalKey(
    Schema.RedactedFromValue(Schema.String.check(Schema.isStartingWith("http"))).annotate({ description: "pasted" })
  ),
  nested: Schema.optionalKey(Schema.Struct({ names: Schema.Array(Schema.String) })),
  maybe: Schema.optionalKey(Schema.Union([Schema.RedactedFromValue(Schema.NonEmptyString), Schema.Null]))
})

const echo = Tool.make({
  name: "echo",
  title: "Echo",
  description: "Says what it heard.",
  annotations,
  input: Input,
  output: Schema.Struct({ mode: Schema.String, at: Schema.optionalKey(Schema.DateTimeUtcFromMillis) }),
  handler: ({ mode }) => Effect.succeed({ mode })
})

/** A tool of which only the input matters. */
const taking = <I extends Schema.Codec<unknown, unknown>>(input: I) =>
  Tool.make({
    name: "t",
    title: "T",
    description: "",
    annotations,
    input,
    output: Schema.Struct({}),
    handler: () => Effect.succeed({})
  })

const problemsOf = <R>(tool: Tool.Tool<R>, args: unknown) =>
  tool.call(args).pipe(
    Effect.flip,
    Effect.map((error) => error instanceof Tool.InvalidArguments ? error.problems : assert.fail(error._tag))
  )

describe("a tool", () => {
  it.effect("decodes its arguments, runs its handler and encodes the answer, all by its schemas", () =>
    Effect.gen(function*() {
      class Suffix extends Context.Service<Suffix, string>()("mcp-gas/test/services/tools/Tool.test/Suffix") {}
      const tool = Tool.make({
        name: "t",
        title: "T",
        description: "",
        annotations,
        input: Schema.Struct({ secret: Schema.RedactedFromValue(Schema.String), at: Schema.DateTimeUtcFromMillis }),
        output: Schema.Struct({ heard: Schema.String, at: Schema.DateTimeUtcFromMillis }),
        handler: ({ at, secret }) => Effect.map(Suffix, (suffix) => ({ at, heard: Redacted.value(secret) + suffix }))
      })
      const answer = yield* tool.call({ secret: "x", at: 5 }).pipe(Effect.provideService(Suffix, "!"))
      assert.deepStrictEqual(answer, { at: 5, heard: "x!" })
    }))

  it.effect("fails as its handler fails", () =>
    Effect.gen(function*() {
      const failing = Tool.make({
        name: "t",
        title: "T",
        description: "",
        annotations,
        input: Schema.Struct({}),
        output: Schema.Struct({}),
        handler: () => Effect.fail({ _tag: "Sad", code: "sad", message: "It is sad.", remedy: "Cheer it up." })
      })
      assert.strictEqual((yield* Effect.flip(failing.call({}))).code, "sad")
    }))

  it.effect("dies when its handler's answer does not fit the output schema", () =>
    Effect.gen(function*() {
      const wrong = Tool.make({
        name: "t",
        title: "T",
        description: "",
        annotations,
        input: Schema.Struct({}),
        output: Schema.Struct({ n: Schema.Int }),
        handler: () => Effect.succeed({ n: 1.5 })
      })
      assert.isTrue(Exit.hasDies(yield* Effect.exit(wrong.call({}))))
    }))

  it.effect("takes nothing but an empty object when it has no arguments", () =>
    Effect.gen(function*() {
      const bare = taking(Schema.Struct({}))
      assert.deepStrictEqual(yield* bare.call({}), {})
      assert.deepStrictEqual(yield* problemsOf(bare, { verbose: "hush" }), ["verbose: unknown field (there are none)"])
      assert.deepStrictEqual(yield* problemsOf(bare, [1]), ["arguments: expected object, given [1]"])
    }))
})

describe("arguments that do not fit", () => {
  it.effect("are not handed to the handler, and are explained in one sentence of cause and one of remedy", () =>
    Effect.gen(function*() {
      const strict = Tool.make({
        name: "strict",
        title: "",
        description: "",
        annotations,
        input: Input,
        output: Schema.Struct({}),
        handler: () => Effect.die("called")
      })
      const error = yield* Effect.flip(strict.call({ mode: "stop" }))
      assert.strictEqual(error.code, "invalid_arguments")
      assert.strictEqual(
        error.message,
        `Invalid arguments for strict: mode: expected "start" | "status", given "stop".`
      )
    }))

  it.effect("are reported all at once, each by its field, what is allowed and what was given", () =>
    Effect.gen(function*() {
      assert.sameMembers([...(yield* problemsOf(echo, { seconds: 301, nested: { names: ["a", 2] } }))], [
        `mode: missing, expected "start" | "status"`,
        "seconds: expected a value between 0 and 300, given 301",
        "nested.names[1]: expected string, given 2"
      ])
    }))

  it.effect("name an unknown field and the known ones, not its value", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* problemsOf(echo, { mode: "start", redirect_url: "hush" }), [
        "redirect_url: unknown field (the fields are mode, seconds, redirectUrl, nested, maybe)"
      ])
      assert.deepStrictEqual(yield* problemsOf(echo, { mode: "start", nested: { names: [], more: "hush" } }), [
        "nested.more: unknown field"
      ])
    }))

  it.effect("are repeated only up to some sixty characters", () =>
    Effect.gen(function*() {
      const [problem] = yield* problemsOf(echo, { mode: "m".repeat(5000) })
      assert.isBelow(problem?.length ?? 0, 120)
      assert.match(problem ?? "", /mmm…$/)
    }))

  it.effect("are never repeated where the field is redacted", () =>
    Effect.gen(function*() {
      for (const redirectUrl of ["hush", ["hush"], { hush: "hush" }]) {
        const problems = yield* problemsOf(echo, { mode: "start", redirectUrl })
        assert.strictEqual(problems.length, 1)
        assert.match(problems[0], /^redirectUrl: expected /)
        assert.notInclude(problems[0], "hush")
      }
      const union = yield* problemsOf(echo, { mode: "start", maybe: ["hush"] })
      assert.notInclude(union.join(), "hush")
    }))

  it.effect("are not repeated at all where a redacted field cannot be told from others", () =>
    Effect.gen(function*() {
      class Pasted extends Schema.Class<Pasted>("Pasted")({ url: Schema.RedactedFromValue(Schema.String) }) {}
      const renamed = Schema.Struct({ url: Schema.RedactedFromValue(Schema.String) }).pipe(
        Schema.encodeKeys({ url: "the_url" })
      )
      assert.deepStrictEqual(yield* problemsOf(taking(Pasted), { url: 7777 }), ["url: expected string"])
      assert.deepStrictEqual(yield* problemsOf(taking(renamed), { the_url: 7777 }), ["the_url: expected string"])
      assert.deepStrictEqual(yield* problemsOf(taking(renamed), "7777"), ["arguments: expected object"])
      assert.deepStrictEqual(yield* problemsOf(taking(Pasted), {}), ["url: missing, expected string"])
    }))
})
