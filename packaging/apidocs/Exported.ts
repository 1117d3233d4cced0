/**
 * What comes in by a door: follows its `export … from` to the files that declare it.
 */
import type { ESTree } from "rolldown/utils"
import type { Door } from "./Door.ts"
import * as SourceFile from "./SourceFile.ts"

/** Everything of one name: a value, a type, or both. */
export interface Declared {
  readonly name: string
  readonly file: SourceFile.SourceFile
  /** The statements that declare it, `export` included. */
  readonly statements: ReadonlyArray<ESTree.ExportNamedDeclaration>
}

/** What one file contributes to a door. */
export interface Section {
  readonly file: SourceFile.SourceFile
  /** The name it is exported under as a whole, if it is. */
  readonly namespace: string | undefined
  readonly declared: ReadonlyArray<Declared>
}

export interface Exported {
  readonly door: Door
  readonly about: SourceFile.SourceFile["about"]
  readonly sections: ReadonlyArray<Section>
  /** Doors all of whose exports come in by this one, too. */
  readonly alsoOf: ReadonlyArray<Door>
}

const nameOf = (name: ESTree.ModuleExportName): string => name.type === "Literal" ? name.value : name.name

/** What a declaration gives names to. */
const namesOf = (declaration: ESTree.Declaration): ReadonlyArray<string> => {
  switch (declaration.type) {
    case "VariableDeclaration":
      return declaration.declarations.flatMap(({ id }) => id.type === "Identifier" ? [id.name] : [])
    case "ClassDeclaration":
    case "FunctionDeclaration":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return declaration.id === null ? [] : [declaration.id.name]
    default:
      throw new Error(`A ${declaration.type} has no place on the API pages yet.`)
  }
}

/** What a file exports, in its order. */
export const declaredIn = (file: SourceFile.SourceFile): ReadonlyArray<Declared> => {
  const byName = new Map<string, Declared>()
  for (const statement of file.statements) {
    if (statement.type === "ExportAllDeclaration" && statement.exported === null) {
      for (const each of declaredIn(SourceFile.read(SourceFile.resolve(file.path, statement.source.value)))) {
        byName.set(each.name, each)
      }
    }
    if (statement.type !== "ExportNamedDeclaration") continue
    for (const name of statement.declaration === null ? [] : namesOf(statement.declaration)) {
      byName.set(name, { name, file, statements: [...byName.get(name)?.statements ?? [], statement] })
    }
    for (const { exported, local } of statement.specifiers) {
      if (statement.source === null) {
        throw new Error(`${file.path} exports ${nameOf(local)} apart from its declaration.`)
      }
      const source = SourceFile.read(SourceFile.resolve(file.path, statement.source.value))
      const found = declaredIn(source).find(({ name }) => name === nameOf(local))
      if (found === undefined) throw new Error(`${source.path} has no ${nameOf(local)}.`)
      byName.set(nameOf(exported), { ...found, name: nameOf(exported) })
    }
  }
  return [...byName.values()]
}

/** By the file that declares it; of a file that is exported bit by bit, all in one place. */
const byFile = (declared: ReadonlyArray<Declared>): ReadonlyArray<Section> =>
  [...new Map(declared.map(({ file }) => [file.path, file])).values()].map((file) => ({
    file,
    namespace: undefined,
    declared: declared.filter((each) => each.file.path === file.path)
  }))

/** In the order in which the door has them. */
const sectionsOf = (door: SourceFile.SourceFile, doors: ReadonlyArray<Door>): ReadonlyArray<Section> => {
  const named = byFile(declaredIn({
    ...door,
    statements: door.statements.filter(({ type }) => type !== "ExportAllDeclaration")
  }))
  const placed = new Set<string>()
  const sections = door.statements.flatMap((statement): ReadonlyArray<Section> => {
    if (statement.type === "ExportNamedDeclaration") {
      const path = statement.source === null ? door.path : SourceFile.resolve(door.path, statement.source.value)
      const here = named.filter(({ file }) => file.path === path && !placed.has(path))
      placed.add(path)
      return here
    }
    if (statement.type !== "ExportAllDeclaration") return []
    const file = SourceFile.read(SourceFile.resolve(door.path, statement.source.value))
    if (doors.some((other) => other.file === file.path)) return []
    const namespace = statement.exported === null ? undefined : nameOf(statement.exported)
    return [{ file, namespace, declared: declaredIn(file) }]
  })
  return [...sections, ...named.filter(({ file }) => !placed.has(file.path))]
}

/** What comes in by `door`, one of `doors`. */
export const from = (door: Door, doors: ReadonlyArray<Door>): Exported => {
  const file = SourceFile.read(door.file)
  const targets = new Set(
    file.statements.flatMap((statement) =>
      statement.type === "ExportAllDeclaration" ? [SourceFile.resolve(file.path, statement.source.value)] : []
    )
  )
  return {
    door,
    about: file.about,
    sections: sectionsOf(file, doors),
    alsoOf: doors.filter((other) => targets.has(other.file))
  }
}
