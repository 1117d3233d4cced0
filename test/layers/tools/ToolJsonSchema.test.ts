import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as ToolJsonSchema from "../../../src/layers/tools/ToolJsonSchema.ts"

describe("the JSON Schema of a tool", () => {
  it("is a closed object with descriptions, defaults and enums; optional fields are not required", () => {
    const schema = Schema.Struct({
      mode: Schema.Literals(["start", "status"]).annotate({ description: "What to do.", default: "start" }),
      seconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 300 })))
    })
    assert.deepStrictEqual(ToolJsonSchema.make(schema), {
      type: "object",
      properties: {
        mode: { type: "string", enum: ["start", "status"], description: "What to do.", default: "start" },
        seconds: { type: "integer", minimum: 0, maximum: 300 }
      },
      required: ["mode"],
      additionalProperties: false
    })
  })

  it("keeps what is said of a field that is decoded into something else", () => {
    const schema = Schema.Struct({
      url: Schema.optionalKey(Schema.RedactedFromValue(Schema.String).annotate({ description: "Pasted." })),
      open: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(true))).annotate({
        description: "Whether.",
        default: true
      })
    })
    assert.deepStrictEqual(ToolJsonSchema.make(schema), {
      type: "object",
      properties: {
        url: { description: "Pasted.", type: "string" },
        open: { description: "Whether.", default: true, type: "boolean" }
      },
      additionalProperties: false
    })
  })

  it("of a struct without fields is an object without properties", () => {
    assert.deepStrictEqual(ToolJsonSchema.make(Schema.Struct({})), {
      type: "object",
      properties: {},
      additionalProperties: false
    })
  })

  it("of a class is inlined, and so are the classes in it", () => {
    class Inner extends Schema.Class<Inner>("Inner")({ id: Schema.String }) {}
    class Outer extends Schema.Class<Outer>("Outer")({
      one: Inner.annotate({ description: "The one." }),
      two: Schema.optionalKey(Inner)
    }) {}
    const inner = {
      type: "object",
      properties: { id: { type: "string" } },
      required: ["id"],
      additionalProperties: false
    }
    assert.deepStrictEqual(ToolJsonSchema.make(Outer), {
      type: "object",
      properties: { one: { description: "The one.", ...inner }, two: inner },
      required: ["one"],
      additionalProperties: false
    })
  })

  it("of a recursive schema has an object at its root and the recursion in $defs", () => {
    interface Tree {
      readonly name: string
      readonly children: ReadonlyArray<Tree>
    }
    const Tree = Schema.Struct({
      name: Schema.String,
      children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
    })
    const schema = ToolJsonSchema.make(Tree)
    assert.strictEqual(schema.type, "object")
    assert.notProperty(schema, "$ref")
    const [definition] = Object.keys(schema["$defs"] ?? {})
    assert.deepStrictEqual(schema.properties["children"], { type: "array", items: { $ref: `#/$defs/${definition}` } })
  })

  it("tells of the encoded side", () => {
    const schema = Schema.Struct({ at: Schema.DateTimeUtcFromMillis }).pipe(Schema.encodeKeys({ at: "expires_at" }))
    assert.deepStrictEqual(Object.keys(ToolJsonSchema.make(schema).properties), ["expires_at"])
    assert.strictEqual(ToolJsonSchema.make(schema).properties["expires_at"]?.["type"], "integer")
  })

  it("refuses a root that is no struct", () => {
    assert.throws(() => ToolJsonSchema.make(Schema.String), TypeError)
    assert.throws(
      () =>
        ToolJsonSchema.make(Schema.Union([Schema.Struct({ a: Schema.String }), Schema.Struct({ b: Schema.String })])),
      TypeError
    )
  })
})
