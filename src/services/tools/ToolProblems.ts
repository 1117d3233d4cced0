/**
 * What is wrong with a tool's arguments, one line per problem, for the model that has to correct them: the field, what
 * is allowed there, and what was given. A value that may be a secret is never repeated.
 */
import { Array as Arr, Formatter, Predicate, type Schema, SchemaAST, SchemaIssue } from "effect"

type Path = ReadonlyArray<PropertyKey>

/** How much of what was given is repeated. */
const givenLength = 60

const cut = (text: string): string => text.length > givenLength ? `${text.slice(0, givenLength - 1)}…` : text

const isIdentifier = (key: PropertyKey): boolean => typeof key === "string" && /^[A-Za-z_$][\w$]*$/.test(key)

/** `nested[0].name`; the arguments themselves have no name. */
const showPath = (path: Path): string =>
  path.length === 0 ? "arguments" : path.reduce<string>(
    (shown, key) =>
      isIdentifier(key)
        ? `${shown}${shown === "" ? "" : "."}${cut(String(key))}`
        : `${shown}[${cut(typeof key === "symbol" ? String(key) : Formatter.formatJson(key))}]`,
    ""
  )

/** The innermost issues, each with the path that leads to it. A failed check stays whole: it words its own failure. */
const leaves = (
  issue: SchemaIssue.Issue,
  path: Path = []
): ReadonlyArray<
  { readonly path: Path; readonly issue: SchemaIssue.Leaf | SchemaIssue.Filter | SchemaIssue.AnyOf }
> => {
  switch (issue._tag) {
    case "Encoding":
      return leaves(issue.issue, path)
    case "Pointer":
      return leaves(issue.issue, [...path, ...issue.path])
    case "Composite":
      return issue.issues.flatMap((each) => leaves(each, path))
    case "AnyOf":
      return issue.issues.length === 0 ? [{ path, issue }] : issue.issues.flatMap((each) => leaves(each, path))
    default:
      return [{ path, issue }]
  }
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const phrase = (issue: SchemaIssue.Issue): string =>
  format(issue).issues.map(({ message }) => message.replace(/^Expected /, "expected ")).join(", ")

/** Whether a value of this schema is, or holds, a `Redacted`: at any depth, on any side of its transformations. */
const holdsSecret = (ast: SchemaAST.AST, seen: ReadonlySet<SchemaAST.AST> = new Set()): boolean => {
  if (seen.has(ast)) return false
  const inside = (each: SchemaAST.AST): boolean => holdsSecret(each, new Set([...seen, ast]))
  return isRedacted(ast) || parts(ast).some(inside) || (ast.encoding ?? []).some((link) => inside(link.to))
}

const isRedacted = (ast: SchemaAST.AST): boolean => {
  const representation = ast.annotations?.["representation"]
  return Predicate.hasProperty(representation, "id") && representation.id === "effect/schema/Redacted"
}

const parts = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  switch (ast._tag) {
    case "Declaration":
      return ast.typeParameters
    case "Objects":
      return [...ast.propertySignatures, ...ast.indexSignatures].map((each) => each.type)
    case "Arrays":
      return [...ast.elements, ...ast.rest]
    case "Union":
      return ast.types
    case "Suspend":
      return [ast.thunk()]
    default:
      return []
  }
}

/**
 * Whether what was given at a path may be repeated. Fields are told apart where the schema is a plain struct; anything
 * else (a class, renamed keys) is wholly secret as soon as one part of it is.
 */
const secrecy = (ast: SchemaAST.AST): (path: Path) => boolean => {
  if (!holdsSecret(ast)) return () => false
  if (!SchemaAST.isObjects(ast) || ast.encoding !== undefined) return () => true
  const open = new Set(ast.propertySignatures.filter(({ type }) => !holdsSecret(type)).map(({ name }) => name))
  return ([field]) => field === undefined || !open.has(field)
}

const valueAt = (args: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, key) => Predicate.hasProperty(value, key) ? value[key] : undefined, args)

const showValue = (value: unknown): string => value === undefined ? "nothing" : Formatter.formatJson(value)

const isUnknownField = (issue: SchemaIssue.Issue): boolean =>
  issue._tag === "UnexpectedKey" || (issue._tag === "InvalidType" && SchemaAST.isNever(issue.ast))

/** Compiles what there is to know of `schema`; the result words a failure to decode `args` by it. */
export const describe = (
  schema: Schema.Constraint
): (issue: SchemaIssue.Issue, args: unknown) => Arr.NonEmptyReadonlyArray<string> => {
  const encoded = SchemaAST.toEncoded(schema.ast)
  const fields = SchemaAST.isObjects(encoded) ? encoded.propertySignatures : []
  const isSecret = secrecy(schema.ast)

  const words = (path: Path, issue: SchemaIssue.Issue, args: unknown): string => {
    if (isUnknownField(issue)) {
      if (path.length > 1) return "unknown field"
      return fields.length === 0
        ? "unknown field (there are none)"
        : `unknown field (the fields are ${fields.map((field) => String(field.name)).join(", ")})`
    }
    if (issue._tag === "MissingKey") {
      const field = path.length === 1 ? fields.find(({ name }) => name === path[0]) : undefined
      return field === undefined ? "missing" : `missing, ${phrase(new SchemaIssue.InvalidType(field.type))}`
    }
    return isSecret(path)
      ? phrase(issue)
      : `${phrase(issue)}, given ${cut(showValue(valueAt(args, path)))}`
  }

  return (failure, args) => {
    const lines = leaves(failure).map(({ issue, path }) => `${showPath(path)}: ${words(path, issue, args)}`)
    return Arr.isReadonlyArrayNonEmpty(lines) ? lines : ["arguments: not as the schema has them"]
  }
}
