/**
 * Random configs, laid out at random: the entry is in them afterwards, and the rest of them says what it has said.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Console, Data, Effect, Result, Schema } from "effect"
import { getNodeValue, parseTree } from "jsonc-parser"
import { parse, stringify } from "smol-toml"
import { inject } from "vitest"
import * as JsonEntry from "../../../src/layers/hosts/JsonEntry.ts"
import * as TomlEntry from "../../../src/layers/hosts/TomlEntry.ts"

const entry = { command: "npx", args: ["-y", "mcp-gas"], env: { MCP_GAS_CLIENT_FILE: "C:\\client.json" } }

/** What is between two tokens, by the number of its kind. The first ones are JSON; after the others a line has ended. */
const gaps = ["", " ", "\n", "\r\n\t", "\n    ", " /* , } */ ", "/*\n{*/", " // , \"gas\": [\n", "//\r\n"]
const plainGaps = 5

const gap = (kinds: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: kinds - 1 }))

type Layout = { readonly gaps: ReadonlyArray<number>; readonly trailingCommas: boolean }

/** A value as a text, with one gap after the other between its tokens. */
const laidOut = (value: unknown, { gaps: kinds, trailingCommas }: Layout): string => {
  let next = 0
  const space = (): string => gaps[kinds[next++ % Math.max(kinds.length, 1)] ?? 1] ?? ""
  const list = (open: string, items: ReadonlyArray<string>, close: string): string =>
    open + items.map((item) => space() + item + space()).join(",") +
    (trailingCommas && items.length > 0 ? `,${space()}` : space()) + close
  const text = (inner: unknown): string => {
    if (Array.isArray(inner)) return list("[", inner.map(text), "]")
    return typeof inner === "object" && inner !== null
      ? list(
        "{",
        Object.entries(inner).map(([key, of]) => `${JSON.stringify(key)}${space()}:${space()}${text(of)}`),
        "}"
      )
      : JSON.stringify(inner)
  }
  return space() + text(value) + space()
}

const anything = Schema.Record(Schema.String, Schema.Json)

const json = (kinds: number) =>
  Arbitrary.all({
    before: Arbitrary.schema(anything),
    servers: Arbitrary.schema(Schema.UndefinedOr(anything)),
    present: Arbitrary.schema(Schema.UndefinedOr(anything)),
    after: Arbitrary.schema(anything),
    gaps: Arbitrary.array(Arbitrary.schema(gap(kinds)), { maxLength: 12 }),
    trailingCommas: Arbitrary.schema(Schema.Boolean)
  })

type Parts = ReturnType<typeof json> extends Arbitrary.Arbitrary<infer A> ? A : never

/** A config of these parts, with this entry. */
const config = ({ after, before, present, servers }: Omit<Parts, "gaps" | "trailingCommas">, gas: unknown) => {
  const others = Object.entries(servers ?? {}).filter(([name]) => name !== "gas")
  const middle = Math.floor(others.length / 2)
  // One that is there stays where it is; another comes last, and with it the servers, if there are none.
  const own: ReadonlyArray<[string, unknown]> = gas === undefined ? [] : [["gas", gas]]
  const all = present === undefined
    ? [...others, ...own]
    : [...others.slice(0, middle), ...own, ...others.slice(middle)]
  const isThere = servers !== undefined || present !== undefined
  const around = (part: typeof before) =>
    Object.entries(part).filter(([key]) => key !== "mcpServers" && !(part === after && key in before))
  const held: ReadonlyArray<[string, unknown]> = [["mcpServers", Object.fromEntries(all)]]
  return Object.fromEntries([
    ...around(before),
    ...(isThere ? held : []),
    ...around(after),
    ...(isThere || gas === undefined ? [] : held)
  ])
}

/** Whether all of one text is in another, in order, but for white space. */
const isWithin = (part: string, whole: string): boolean => {
  const left = [...part.replaceAll(/\s/gu, "")]
  let next = 0
  for (const character of whole) if (next < left.length && character === left[next]) next++
  return next === left.length
}

const wanted = (container: string) => ({ container, name: "gas", entry, variables: "env" as const })

const jsonIsKept = (dialect: JsonEntry.Dialect) => (parts: Parts): void => {
  const { present } = parts
  const before = laidOut(config(parts, present), {
    gaps: parts.gaps,
    trailingCommas: dialect === "jsonc" && parts.trailingCommas
  })
  const edited = Result.getOrThrow(JsonEntry.edit(before, dialect, wanted("mcpServers")))
  const again = Result.getOrThrow(JsonEntry.edit(edited.after, dialect, wanted("mcpServers")))
  const tree = parseTree(edited.after, [], { allowTrailingComma: true })
  assert.isDefined(tree)
  const after: unknown = getNodeValue(tree)
  assert.strictEqual(JSON.stringify(after), JSON.stringify(config(parts, entry)), before)
  // That it can be read is enough: what Node 24.21 makes of it depends on what it has read before. After `{"N":0,"\\":0}`
  // it takes the second key of `{"N":0,"\u0000":0}` for a backslash.
  if (dialect === "json") JSON.parse(edited.after)
  assert.strictEqual(again._tag, "Unchanged", before)
  if (present === undefined) assert.isTrue(isWithin(before, edited.after), before)
}

const name = Schema.String.check(Schema.isPattern(/^[\w ."'#[\]é-]{0,8}$/u))
const scalar = Schema.Union([Schema.String, Schema.Int, Schema.Boolean])
const tables = Schema.Record(
  name,
  Schema.Union([
    scalar,
    Schema.Array(Schema.String),
    Schema.Record(name, scalar),
    Schema.Array(Schema.Record(name, scalar))
  ])
)

const toml = Arbitrary.all({
  rest: Arbitrary.schema(tables),
  servers: Arbitrary.schema(Schema.Record(name, Schema.Record(name, scalar))),
  present: Arbitrary.schema(Schema.UndefinedOr(Schema.Record(name, scalar))),
  isCommented: Arbitrary.schema(Schema.Boolean)
})

const tomlIsKept = (
  { isCommented, present, rest, servers }: typeof toml extends Arbitrary.Arbitrary<infer A> ? A : never
): void => {
  const others = Object.fromEntries(Object.entries(servers).filter(([key]) => key !== "gas"))
  const above = Object.fromEntries(Object.entries(rest).filter(([key]) => key !== "mcp_servers"))
  const document = (gas: object | undefined) => ({
    ...above,
    mcp_servers: gas === undefined ? others : { gas, ...others }
  })
  const text = stringify(document(present))
  const before = isCommented ? text.replaceAll(/^\[.*\]$/gmu, "# [mcp_servers.gas]\n$& # \"'") : text
  const edited = Result.getOrThrow(TomlEntry.edit(before, wanted("mcp_servers")))
  assert.deepStrictEqual(parse(edited.after), parse(stringify(document(entry))), before)
  for (const comment of before.match(/^# .*$/gmu) ?? []) assert.include(edited.after, comment)
  assert.strictEqual(Result.getOrThrow(TomlEntry.edit(edited.after, wanted("mcp_servers")))._tag, "Unchanged", before)
}

/** Something that a text does not say as it should. */
class NotKept extends Data.TaggedError("NotKept")<{ readonly cause: unknown }> {}

const kept = <A>(check: (value: A) => void) => (value: A): Effect.Effect<boolean, NotKept> =>
  Effect.try({
    try: () => {
      check(value)
      return true
    },
    catch: (cause) => new NotKept({ cause })
  })

const holds = <A>(what: string, arbitrary: Arbitrary.Arbitrary<A>, check: (value: A) => void) =>
  Effect.gen(function*() {
    const seed = inject("seed")
    const runs = 500
    const result = yield* Arbitrary.checkEffect(arbitrary, kept(check), { runs, seed })
    if (result._tag !== "Passed") return assert.fail(`${Arbitrary.formatCheckFailure(result)}\n\nseed: ${seed}`)
    yield* Console.log(`${what}: ${runs} configs, from seed ${seed}`)
  })

describe("Random configs are kept, but for the entry", () => {
  it.live("JSON", () => holds("JSON", json(plainGaps), jsonIsKept("json")), 60_000)
  it.live("JSON with comments", () => holds("JSON with comments", json(gaps.length), jsonIsKept("jsonc")), 60_000)
  it.live("TOML", () => holds("TOML", toml, tomlIsKept), 60_000)
})
