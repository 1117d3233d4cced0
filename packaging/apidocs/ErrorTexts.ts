/**
 * The texts that an error tells, read off the getters that make them. What is put in at run time stands in guillemets.
 */
import type { ESTree } from "rolldown/utils"
import type { Placed } from "./SourceFile.ts"

type Written = (node: Placed) => string

/** Every text that an expression may come to. */
const textsOf = (expression: ESTree.Expression | ESTree.PrivateInExpression["left"], written: Written): ReadonlyArray<
  string
> => {
  switch (expression.type) {
    case "Literal":
      return [String(expression.value)]
    case "TemplateLiteral":
      return expression.quasis.reduce<ReadonlyArray<string>>((texts, { value }, at) => {
        const slot = expression.expressions[at]
        const ends = slot === undefined ? [""] : slotsOf(slot, written)
        return texts.flatMap((text) => ends.map((end) => text + (value.cooked ?? "") + end))
      }, [""])
    case "ConditionalExpression":
      return [expression.consequent, expression.alternate].flatMap((each) => textsOf(each, written))
    case "BinaryExpression": {
      const ends = textsOf(expression.right, written)
      return textsOf(expression.left, written).flatMap((text) => ends.map((end) => text + end))
    }
    default:
      return [`‹${named(expression, written)}›`]
  }
}

/** What a text is made from, without how: `problems` of `this.problems.join("; ")`. */
const named = (expression: ESTree.Expression | ESTree.PrivateInExpression["left"], written: Written): string =>
  expression.type === "CallExpression" && expression.callee.type === "MemberExpression"
    ? named(expression.callee.object, written)
    : written(expression).replaceAll("this.", "")

/** What stands in a template is no text of its own, unless it is one of a few. */
const slotsOf = (slot: ESTree.Expression, written: Written): ReadonlyArray<string> =>
  slot.type === "ConditionalExpression" ? textsOf(slot, written) : [`‹${named(slot, written)}›`]

const returned = (
  statement: ESTree.Directive | ESTree.Statement,
  written: Written
): ReadonlyArray<string> => {
  switch (statement.type) {
    case "ReturnStatement":
      return statement.argument === null ? [] : textsOf(statement.argument, written)
    case "BlockStatement":
      return statement.body.flatMap((each) => returned(each, written))
    case "IfStatement":
      return [statement.consequent, ...statement.alternate === null ? [] : [statement.alternate]]
        .flatMap((each) => returned(each, written))
    case "SwitchStatement":
      return statement.cases.flatMap(({ consequent }) => consequent.flatMap((each) => returned(each, written)))
    default:
      return []
  }
}

/** The texts that the getter `name` of a class may answer with; none if there is no such getter. */
export const fromGetter = (
  declaration: ESTree.Class,
  name: string,
  written: Written
): ReadonlyArray<string> =>
  declaration.body.body.flatMap((member) =>
    member.type === "MethodDefinition" && member.kind === "get" && member.key.type === "Identifier" &&
      member.key.name === name
      ? (member.value.body?.body ?? []).flatMap((statement) => returned(statement, written))
      : []
  )
