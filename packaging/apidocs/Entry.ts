/**
 * One entry of the API pages: what is declared under a name, as a reader wants to see it.
 */
import type { ESTree } from "rolldown/utils"
import * as ClassEntry from "./ClassEntry.ts"
import type * as Docstring from "./Docstring.ts"
import type { Declared } from "./Exported.ts"
import type { SourceFile } from "./SourceFile.ts"

/** A part of an entry that has a docstring of its own. */
export interface Member {
  readonly name: string
  /** Its type, or its schema. */
  readonly type: string
  readonly docstring: Docstring.Docstring | undefined
}

/** What an error tells whoever meets it. */
export interface Told {
  readonly tag: string
  readonly code: string | undefined
  /** Each text it may say of its cause, and of its remedy. */
  readonly message: ReadonlyArray<string>
  readonly remedy: ReadonlyArray<string>
}

/** What kind of thing an entry is. */
export type Kind = "service" | "error" | "schema" | "class" | "interface" | "type" | "function" | "layer" | "value"

export interface Entry {
  readonly name: string
  readonly kind: Kind
  /** As it is written in the source, without bodies. */
  readonly signature: string
  readonly docstring: Docstring.Docstring | undefined
  readonly members: ReadonlyArray<Member>
  /** Whether the members are to be seen in the signature already, with their docstrings. */
  readonly showsMembers: boolean
  readonly told: Told | undefined
  /** Whether it says what it gives, in case that it is a function. */
  readonly saysResult: boolean
}

type Part = Omit<Entry, "name" | "docstring">

const plain = (kind: Kind, signature: string): Part => ({
  kind,
  signature,
  members: [],
  showsMembers: true,
  told: undefined,
  saysResult: true
})

type Callable = ESTree.ArrowFunctionExpression | ESTree.Function

/** The function that a function gives, where it is written as one. */
const givenBy = ({ body, returnType }: Callable): Callable | undefined =>
  returnType == null && body?.type === "ArrowFunctionExpression" ? body : undefined

const saysResult = (node: Callable): boolean => {
  const given = givenBy(node)
  return given === undefined ? node.returnType != null : saysResult(given)
}

/** The parameters of a function as they are written, with what it returns where that is written, too. */
const callable = (node: Callable, file: SourceFile): string => {
  const { body, params, returnType, typeParameters } = node
  const whole = file.textOf({
    start: typeParameters?.start ?? node.start,
    end: returnType?.start ?? body?.start ?? node.end
  })
  const taken = whole.slice(whole.search(/[<(]/)).replace(/\s*(=>)?\s*$/, "")
  const parameters = params.length === 0 && !taken.endsWith(")") ? `${taken})` : taken
  const given = givenBy(node)
  if (given !== undefined) return `${parameters} => ${callable(given, file)}`
  if (returnType == null) return parameters
  // What a generator in `Effect.fn` gives is an effect for whoever calls it.
  return `${parameters} => ${file.textOf(returnType.typeAnnotation).replace(/^Effect\.fn\.Return</, "Effect.Effect<")}`
}

/** The function itself, of a function that was given to `Effect.fn("…")`. */
const generatorIn = (expression: ESTree.Expression): ESTree.Function | undefined => {
  if (expression.type !== "CallExpression") return undefined
  return expression.arguments.find((each): each is ESTree.Function => each.type === "FunctionExpression")
}

/** How much of something that is computed is shown, where it has no type of its own; in characters. */
const longest = 300

const ofVariable = (name: string, declarator: ESTree.VariableDeclarator, file: SourceFile): Part => {
  const { id, init } = declarator
  const annotation = id.typeAnnotation == null ? undefined : file.textOf(id.typeAnnotation.typeAnnotation)
  if (init?.type === "ArrowFunctionExpression") {
    const signature = annotation ?? callable(init, file)
    const isLayer = /=> Layer\.Layer</.test(signature)
    const part = plain(isLayer ? "layer" : "function", `const ${name}: ${signature}`)
    return { ...part, saysResult: annotation !== undefined || saysResult(init) }
  }
  if (annotation?.startsWith("Layer.Layer<") === true) return plain("layer", `const ${name}: ${annotation}`)
  const written = init == null ? "" : file.textOf(init)
  if (annotation !== undefined) {
    const isData = init?.type === "Literal" || init?.type === "ArrayExpression" || written.length < 60
    return plain("value", `const ${name}: ${annotation}${isData && written !== "" ? ` = ${written}` : ""}`)
  }
  const generator = init == null ? undefined : generatorIn(init)
  if (generator !== undefined) {
    const part = plain("function", `const ${name}: ${callable(generator, file)}`)
    return { ...part, saysResult: saysResult(generator) }
  }
  const kind = written.startsWith("Schema.") ? "schema" : "value"
  const isData = init?.type === "TSAsExpression" || kind === "schema" || written.length <= longest
  return plain(kind, isData ? `const ${name} = ${written}` : `const ${name}`)
}

const ofMembers = (
  members: ReadonlyArray<ESTree.TSSignature>,
  file: SourceFile
): ReadonlyArray<Member> =>
  members.flatMap((member) => {
    if (member.type !== "TSPropertySignature" && member.type !== "TSMethodSignature") return []
    const type = member.type === "TSPropertySignature" && member.typeAnnotation != null
      ? file.textOf(member.typeAnnotation.typeAnnotation)
      : file.textOf(member)
    return [{ name: file.textOf(member.key), type, docstring: file.docOf(member) }]
  })

const ofDeclaration = (name: string, declaration: ESTree.Declaration, file: SourceFile): Part => {
  switch (declaration.type) {
    case "VariableDeclaration": {
      const declarator = declaration.declarations.find(({ id }) => id.type === "Identifier" && id.name === name)
      if (declarator === undefined) throw new Error(`${name} is not declared where it should be.`)
      return ofVariable(name, declarator, file)
    }
    case "FunctionDeclaration":
      return {
        ...plain("function", `function ${name}${callable(declaration, file).replace(/\) => /, "): ")}`),
        saysResult: saysResult(declaration)
      }
    case "TSInterfaceDeclaration":
      return {
        ...plain("interface", file.textOf(declaration)),
        members: ofMembers(declaration.body.body, file)
      }
    case "ClassDeclaration":
      return ClassEntry.of(declaration, file, ofMembers)
    default:
      return plain("type", file.textOf(declaration))
  }
}

const isCompanion = (part: Part): boolean => /^type \w+ = typeof \w+\.Type$/.test(part.signature)

/** The entry of what is declared. A type beside the value of its name is told with it. */
export const of = ({ file, name, statements }: Declared, shownAs = name): Entry => {
  const parts = statements.flatMap((statement) => {
    const { declaration } = statement
    if (declaration === null) return []
    return [{ docstring: file.docOf(statement), part: ofDeclaration(name, declaration, file) }]
  })
  const documented = parts.find(({ docstring }) => docstring !== undefined)
  const main = parts.find(({ part }) => !isCompanion(part)) ?? parts[0]
  if (main === undefined) throw new Error(`${name} of ${file.path} is not declared there.`)
  return {
    ...main.part,
    signature: parts.map(({ part }) => part.signature).join("\n"),
    name: shownAs,
    docstring: documented?.docstring
  }
}
