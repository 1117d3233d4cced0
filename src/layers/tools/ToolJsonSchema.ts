/**
 * Effect Schema to the JSON Schema of a tool: what the Model Context Protocol takes for `inputSchema` and
 * `outputSchema`, and model APIs do not choke on.
 */
import { Option, Schema, SchemaAST } from "effect"
import type { JsonSchema } from "effect"

/** A JSON Schema whose root is a plain, closed object. */
export interface ToolJsonSchema {
  readonly [keyword: string]: unknown
  readonly type: "object"
  readonly properties: { readonly [field: string]: JsonSchema.JsonSchema }
}

const definitionPrefix = "#/$defs/"

/**
 * The fields of a struct or class on its decoded side, where authors annotate them. A transformed field, such as a
 * redacted one, would otherwise lose its description: JSON Schema tells of the encoded side only.
 */
const decodedFields = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.PropertySignature> => {
  if (SchemaAST.isObjects(ast)) return ast.propertySignatures
  const [link] = ast.encoding ?? []
  return link === undefined ? [] : decodedFields(link.to)
}

const annotationsOf = ({ type }: SchemaAST.PropertySignature): JsonSchema.JsonSchema => {
  const { default: decoded, description, title } = type.annotations ?? {}
  const field = Schema.make<Schema.Codec<unknown, unknown>>(type)
  const encoded = decoded === undefined
    ? Option.none()
    : Schema.encodeUnknownOption(Schema.toCodecJson(field))(decoded)
  return {
    ...(typeof title === "string" ? { title } : {}),
    ...(typeof description === "string" ? { description } : {}),
    ...(Option.isSome(encoded) ? { default: encoded.value } : {})
  }
}

/** Follows a root that is only a reference, as a recursive schema's is. */
const inlineRoot = ({ definitions, schema }: JsonSchema.Document<"draft-2020-12">): JsonSchema.JsonSchema => {
  const { $ref: reference } = schema
  return typeof reference === "string" && reference.startsWith(definitionPrefix)
    ? definitions[reference.slice(definitionPrefix.length)] ?? schema
    : schema
}

const isEmptyStruct = (ast: SchemaAST.AST): boolean =>
  SchemaAST.isObjects(ast) && ast.propertySignatures.length === 0 && ast.indexSignatures.length === 0

/**
 * The JSON Schema of the encoded side of a struct, closed to other fields. Everything is inlined but recursion, which
 * stays in `$defs`.
 *
 * Throws a `TypeError` for a schema that is no struct or class: tools are written by programmers, so that is a bug.
 */
export const make = (schema: Schema.Constraint): ToolJsonSchema => {
  if (isEmptyStruct(schema.ast)) return { type: "object", properties: {}, additionalProperties: false }
  const document = Schema.toJsonSchemaDocument(schema, {
    onExcessProperty: "error",
    referencePolicy: () => undefined
  })
  const { properties, type, ...rest } = inlineRoot(document)
  if (type !== "object" || typeof properties !== "object" || properties === null) {
    throw new TypeError("The root of a tool's schema must be a struct.")
  }
  const described = Object.fromEntries(decodedFields(schema.ast).map((field) => [field.name, annotationsOf(field)]))
  return {
    type,
    properties: Object.fromEntries(
      Object.entries(properties).map(([field, property]) => [field, { ...described[field], ...property }])
    ),
    ...rest,
    ...(Object.keys(document.definitions).length === 0 ? {} : { $defs: document.definitions })
  }
}
