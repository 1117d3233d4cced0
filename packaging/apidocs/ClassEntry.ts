/**
 * The entry of a class: a service with its members, an error with what it tells, a schema with its fields.
 */
import type { ESTree } from "rolldown/utils"
import type { Entry, Member } from "./Entry.ts"
import * as ErrorTexts from "./ErrorTexts.ts"
import type { SourceFile } from "./SourceFile.ts"

type Part = Omit<Entry, "name" | "docstring">
type OfMembers = (members: ReadonlyArray<ESTree.TSSignature>, file: SourceFile) => ReadonlyArray<Member>

/** The properties of the last argument that is an object: the fields that a schema class is made of. */
const fieldsOf = (call: ESTree.CallExpression, file: SourceFile): ReadonlyArray<Member> => {
  const fields = call.arguments.findLast((each) => each.type === "ObjectExpression")
  return (fields?.type === "ObjectExpression" ? fields.properties : []).flatMap((property) =>
    property.type === "Property"
      ? [{ name: file.textOf(property.key), type: file.textOf(property.value), docstring: file.docOf(property) }]
      : []
  )
}

const literalField = (declaration: ESTree.Class, name: string): string | undefined => {
  for (const member of declaration.body.body) {
    if (member.type !== "PropertyDefinition" || member.key.type !== "Identifier" || member.key.name !== name) continue
    if (member.value?.type === "Literal") return String(member.value.value)
  }
  return undefined
}

const textOfArgument = (argument: ESTree.Argument | undefined): string | undefined =>
  argument?.type === "Literal" ? String(argument.value) : undefined

/** What is called: `Context.Service`, `Schema.TaggedError`, …; through the call in between where there is one. */
const calleeOf = (call: ESTree.CallExpression, file: SourceFile): string =>
  call.callee.type === "CallExpression" ? calleeOf(call.callee, file) : file.textOf(call.callee)

const serviceShape = (call: ESTree.CallExpression, file: SourceFile, ofMembers: OfMembers): ReadonlyArray<Member> => {
  const shape = call.callee.type === "CallExpression" ? call.callee.typeArguments?.params[1] : undefined
  return shape?.type === "TSTypeLiteral" ? ofMembers(shape.members, file) : []
}

const told = (declaration: ESTree.Class, tag: string, file: SourceFile) => ({
  tag,
  code: literalField(declaration, "code"),
  message: ErrorTexts.fromGetter(declaration, "message", file.textOf),
  remedy: ErrorTexts.fromGetter(declaration, "remedy", file.textOf)
})

/** Of what is static in a class, what others may call. */
const staticsOf = (declaration: ESTree.Class, file: SourceFile): ReadonlyArray<Member> =>
  declaration.body.body.flatMap((member) => {
    if (member.type !== "MethodDefinition" || !member.static || member.value.body == null) return []
    const head = file.textOf({ start: member.start, end: member.value.body.start }).trimEnd()
    return [{ name: file.textOf(member.key), type: head, docstring: file.docOf(member) }]
  })

/** The fields of a class that is neither a schema nor an error of one, as far as they are everybody's. */
const propertiesOf = (declaration: ESTree.Class, file: SourceFile): ReadonlyArray<Member> =>
  declaration.body.body.flatMap((member) => {
    if (member.type !== "PropertyDefinition" || member.static || member.key.type !== "Identifier") return []
    if (member.accessibility === "private" || member.accessibility === "protected") return []
    const type = member.typeAnnotation?.typeAnnotation ?? member.value
    return [{ name: member.key.name, type: type == null ? "" : file.textOf(type), docstring: file.docOf(member) }]
  })

/** What there is to say of a class. */
export const of = (declaration: ESTree.Class, file: SourceFile, ofMembers: OfMembers): Part => {
  const { superClass } = declaration
  const head = file.textOf({ start: declaration.start, end: declaration.body.start }).trimEnd()
  if (superClass?.type !== "CallExpression") {
    return {
      kind: "class",
      signature: head,
      members: [...propertiesOf(declaration, file), ...staticsOf(declaration, file)],
      showsMembers: false,
      told: undefined,
      saysResult: true
    }
  }
  const name = declaration.id?.name ?? ""
  const callee = calleeOf(superClass, file)
  const argument = textOfArgument(superClass.arguments[0])
  const base = { signature: "", showsMembers: false, told: undefined, saysResult: true }
  if (callee === "Context.Service") {
    const members = serviceShape(superClass, file, ofMembers)
    return { ...base, kind: "service", signature: `class ${name} extends Context.Service // "${argument}"`, members }
  }
  const members = [...fieldsOf(superClass, file), ...staticsOf(declaration, file)]
  if (callee === "Schema.TaggedError") {
    return { ...base, kind: "error", members, told: told(declaration, argument ?? name, file) }
  }
  if (callee === "Data.TaggedError") {
    const fields = declaration.superTypeArguments?.params[0]
    return {
      ...base,
      kind: "error",
      members: fields?.type === "TSTypeLiteral" ? ofMembers(fields.members, file) : [],
      told: told(declaration, argument ?? name, file)
    }
  }
  return { ...base, kind: "schema", signature: `class ${name} extends ${callee}`, members }
}
