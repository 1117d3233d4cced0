/**
 * What one file of `src` says of itself, read by the parser that also bundles the command: what it imports, which services
 * it declares, and which layers it exports by their types.
 */
import { parseSync } from "rolldown/utils"

type Statement = ReturnType<typeof parseSync>["program"]["body"][number]
type Declaration = NonNullable<Extract<Statement, { readonly type: "ExportNamedDeclaration" }>["declaration"]>

/** A layer, by the names in its type. What stands for several services is resolved where it is known, in `house.ts`. */
export interface DeclaredLayer {
  readonly name: string
  readonly provides: ReadonlyArray<string>
  readonly needs: ReadonlyArray<string>
}

export interface SourceFile {
  /** As they are written: relative, of a package, or of Node. */
  readonly imports: ReadonlyArray<string>
  /** Classes that are a `Context.Service`. */
  readonly services: ReadonlyArray<string>
  readonly layers: ReadonlyArray<DeclaredLayer>
  /** What is exported as `layer` and has no written type, so that nobody can read what it provides. */
  readonly untyped: ReadonlyArray<string>
  /** Names for unions of services: what each is made of. */
  readonly unions: ReadonlyMap<string, ReadonlyArray<string>>
  /** What each name of a namespace import stands for. */
  readonly namespaces: ReadonlyMap<string, string>
}

/** The members of a union that is written down, `never` left out. */
const members = (type: string): ReadonlyArray<string> =>
  type.split("|").map((each) => each.trim()).filter((each) => each !== "" && each !== "never")

/** The declarations of a file, exported or not. */
const declarations = (body: ReadonlyArray<Statement>) =>
  body.flatMap((statement): ReadonlyArray<readonly [Declaration, isExported: boolean]> => {
    if (statement.type === "ExportNamedDeclaration") {
      return statement.declaration === null ? [] : [[statement.declaration, true]]
    }
    return statement.type === "TSTypeAliasDeclaration" ? [[statement, false]] : []
  })

/** Where a layer says its type: on the constant, or on the function that makes one. */
const typesOf = (declaration: Declaration) => {
  if (declaration.type === "FunctionDeclaration") {
    return [{ name: declaration.id?.name ?? "", type: declaration.returnType?.typeAnnotation }]
  }
  if (declaration.type !== "VariableDeclaration") return []
  return declaration.declarations.flatMap(({ id, init }) => {
    if (id.type !== "Identifier") return []
    const made = init?.type === "ArrowFunctionExpression" ? init.returnType?.typeAnnotation : undefined
    return [{ name: id.name, type: id.typeAnnotation?.typeAnnotation ?? made }]
  })
}

/** Reads a file of TypeScript; one that does not parse is refused. */
export const read = (path: string, text: string): SourceFile => {
  const { errors, module, program } = parseSync(path, text, { lang: "ts", astType: "ts" })
  const [error] = errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  const textOf = ({ end, start }: { readonly start: number; readonly end: number }) => text.slice(start, end)
  const declared = declarations(program.body)
  const exported = declared.flatMap(([declaration, isExported]) => isExported ? [declaration] : [])

  const typed = exported.flatMap(typesOf)

  return {
    imports: [
      ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
      ...module.staticExports.flatMap(({ entries }) => entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
      ...module.dynamicImports.map(({ moduleRequest }) => textOf(moduleRequest).slice(1, -1))
    ],
    services: exported.flatMap((declaration) =>
      declaration.type === "ClassDeclaration" && declaration.superClass !== null &&
        textOf(declaration.superClass).startsWith("Context.Service<")
        ? [declaration.id?.name ?? ""]
        : []
    ),
    layers: typed.flatMap(({ name, type }) => {
      if (type?.type !== "TSTypeReference" || textOf(type.typeName) !== "Layer.Layer") return []
      const [provides, , needs] = (type.typeArguments?.params ?? []).map((each) => members(textOf(each)))
      return [{ name, provides: provides ?? [], needs: needs ?? [] }]
    }),
    untyped: typed.flatMap(({ name, type }) => name === "layer" && type === undefined ? [name] : []),
    unions: new Map(
      declared.flatMap(([declaration]) =>
        declaration.type === "TSTypeAliasDeclaration"
          ? [[declaration.id.name, members(textOf(declaration.typeAnnotation))] as const]
          : []
      )
    ),
    namespaces: new Map(
      module.staticImports.flatMap(({ entries, moduleRequest }) =>
        entries.flatMap(({ importName, localName }) =>
          importName.kind === "NamespaceObject" ? [[localName.value, moduleRequest.value] as const] : []
        )
      )
    )
  }
}
