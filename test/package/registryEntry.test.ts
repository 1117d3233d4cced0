/**
 * `server.json` keeps the rules of the MCP registry, as far as they can be checked without it, and names every variable
 * that the code reads.
 *
 * The rules are those of the schema of 2025-12-11 for what a stdio server from npm needs, and stricter in one thing: a
 * field they do not name is a mistake.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schema } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import * as serverJson from "../../server.json" with { type: "json" }

const Words = Schema.String.check(Schema.isMinLength(1))
const Line = Words.check(Schema.isMaxLength(100))

/** A version, and no range of versions. */
const Exact = Schema.String.check(Schema.isPattern(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/), Schema.isMaxLength(255))

const Address = Schema.String.check(Schema.isPattern(/^https:\/\/[^\s]+$/))

const Variable = Schema.Struct({
  name: Schema.String.check(Schema.isPattern(/^[A-Z][A-Z0-9_]*$/)),
  description: Words,
  format: Schema.optionalKey(Schema.Literals(["string", "number", "boolean", "filepath"])),
  isRequired: Schema.optionalKey(Schema.Boolean),
  isSecret: Schema.optionalKey(Schema.Boolean),
  placeholder: Schema.optionalKey(Words)
})

const Entry = Schema.Struct({
  $schema: Schema.Literal("https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"),
  name: Schema.String.check(
    Schema.isPattern(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
    Schema.isMinLength(3),
    Schema.isMaxLength(200)
  ),
  title: Line,
  description: Line,
  version: Exact,
  websiteUrl: Address,
  repository: Schema.Struct({ url: Address, source: Schema.Literal("github") }),
  packages: Schema.NonEmptyArray(Schema.Struct({
    registryType: Schema.Literal("npm"),
    identifier: Words,
    version: Exact,
    runtimeHint: Schema.Literal("npx"),
    transport: Schema.Struct({ type: Schema.Literal("stdio") }),
    environmentVariables: Schema.Array(Variable)
  }))
})

const decode = Schema.decodeUnknownEffect(Entry, { errors: "all", onExcessProperty: "error" })

const entry = serverJson.default
const variables = entry.packages.flatMap(({ environmentVariables }) => environmentVariables)

const root = new URL("../../", import.meta.url)

/** This server's own, and the one of OpenTelemetry that turns telemetry on; those that go with it are not listed. */
const nameOfVariable = /\bMCP_GAS_[A-Z]\w*|\bOTEL_EXPORTER_OTLP_ENDPOINT\b/g

/** The names that stand in the sources as a whole string: what is read, set for others, or blamed. */
const namesInSources = new Set(
  readdirSync(new URL("src", root), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) =>
      readFileSync(new URL(`src/${file.replaceAll("\\", "/")}`, root), "utf8").match(nameOfVariable) ?? []
    )
)

describe("the registry entry", () => {
  it.effect("keeps the registry's rules", () => decode(entry))

  const broken: ReadonlyArray<readonly [what: string, entry: unknown]> = [
    ["a long description", { ...entry, description: "x".repeat(101) }],
    ["a name without an owner", { ...entry, name: "mcp-gas" }],
    ["a range of versions", { ...entry, version: "^0.1.0" }],
    ["a field that nobody knows", { ...entry, registry: "npm" }]
  ]
  for (const [what, wrong] of broken) {
    it.effect(`is not one with ${what}`, () =>
      Effect.map(Effect.exit(decode(wrong)), (exit) => assert.isTrue(Exit.isFailure(exit))))
  }

  it("names each variable that the code knows, once, and no other", () => {
    assert.sameMembers(variables.map(({ name }) => name), [...namesInSources])
  })

  it("marks the secret as one, and nothing else", () => {
    const secret = variables.filter((variable) => "isSecret" in variable && variable.isSecret)
    assert.deepStrictEqual(secret.map(({ name }) => name), ["MCP_GAS_CLIENT_SECRET"])
  })

  it("insists on no variable: the client may be given in three ways, and everything else has a default", () => {
    for (const variable of variables) assert.notProperty(variable, "isRequired", variable.name)
  })

  it("has the variables of the README's table", () => {
    const readme = readFileSync(new URL("README.md", root), "utf8")
    const rows = readme.split("\n").filter((line) => /^\| `[A-Z]+_/.test(line)).map((line) => line.split("|")[1])
    const named = rows.flatMap((cell) => cell?.match(nameOfVariable) ?? [])
    assert.sameMembers(named, variables.map(({ name }) => name))
  })
})
