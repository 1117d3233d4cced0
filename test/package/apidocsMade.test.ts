/**
 * What the API pages make of a source: a signature without its body, a service with its members, an error with what it tells.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Docstring from "../../packaging/apidocs/Docstring.ts"
import * as Entry from "../../packaging/apidocs/Entry.ts"
import * as Exported from "../../packaging/apidocs/Exported.ts"
import { gaps } from "../../packaging/apidocs/Gaps.ts"
import * as Markdown from "../../packaging/apidocs/Markdown.ts"
import * as SourceFile from "../../packaging/apidocs/SourceFile.ts"

const entries = (text: string) =>
  Exported.declaredIn(SourceFile.parse("src/Some.ts", text)).map((each) => Entry.of(each))

/** The only entry of a source. */
const entry = (text: string) => {
  const [only, ...others] = entries(text)
  assert.lengthOf(others, 0)
  if (only === undefined) throw new Error("nothing is exported")
  return only
}

describe("an entry", () => {
  it("of a function has what it takes and gives", () => {
    const { docstring, kind, signature } = entry(`
/** Whether it is so — «really». */
export const isSo = <A>(
  one: A,
  other: A
): boolean => one === other
`)
    assert.strictEqual(kind, "function")
    assert.strictEqual(signature, "const isSo: <A>(\n  one: A,\n  other: A\n) => boolean")
    assert.strictEqual(docstring?.text, "Whether it is so — «really».")
  })

  it("of a function that is a generator inside has what it takes, and gives as an effect", () => {
    const { saysResult, signature } = entry(
      `export const go = Effect.fn("go")(function*<A>(key: A): Effect.fn.Return<A, Gone> { return key })`
    )
    assert.strictEqual(signature, "const go: <A>(key: A) => Effect.Effect<A, Gone>")
    assert.isTrue(saysResult)
  })

  it("of a function that gives a function has both, without what they do", () => {
    const { saysResult, signature } = entry("export const named = (name: string) => <A>(it: A): A => tell(name, it)")
    assert.strictEqual(signature, "const named: (name: string) => <A>(it: A) => A")
    assert.isTrue(saysResult)
  })

  it("of a layer says so, with options or without", () => {
    const kinds = entries(`
export const layer: Layer.Layer<Some> = Layer.succeed(Some, {})
export const layerAt = (place: string): Layer.Layer<Some> => Layer.succeed(Some, { place })
`).map(({ kind, signature }) => [kind, signature])
    assert.deepStrictEqual(kinds, [
      ["layer", "const layer: Layer.Layer<Some>"],
      ["layer", "const layerAt: (place: string) => Layer.Layer<Some>"]
    ])
  })

  it("of a service has its members with their docstrings", () => {
    const { kind, members } = entry(`
export class Some extends Context.Service<Some, {
  /** Reads it. */
  readonly read: (
    key: string
  ) => Effect.Effect<string>
  readonly path: string
}>()("some") {}
`)
    assert.strictEqual(kind, "service")
    assert.deepStrictEqual(members.map(({ docstring, name, type }) => [name, type, docstring?.text]), [
      ["read", "(\n  key: string\n) => Effect.Effect<string>", "Reads it."],
      ["path", "string", undefined]
    ])
  })

  it("of an error has its code, its fields, and each text it may tell", () => {
    const { members, told } = entry(`
export class Gone extends Schema.TaggedError<Gone>()("Gone", {
  /** What is gone. */
  what: Schema.String
}) implements Explained {
  readonly code = "gone"
  override get message(): string {
    switch (this.what) {
      case "all":
        return "All is gone."
      default:
        return \`\${this.what} is \` + "gone."
    }
  }
  get remedy(): string {
    return this.what === "all" ? "Begin anew." : "Look for it."
  }
}
`)
    assert.deepStrictEqual(told, {
      tag: "Gone",
      code: "gone",
      message: ["All is gone.", "‹what› is gone."],
      remedy: ["Begin anew.", "Look for it."]
    })
    assert.deepStrictEqual(members.map(({ name, type }) => [name, type]), [["what", "Schema.String"]])
  })

  it("of a schema is one with the type of its name", () => {
    const { kind, signature } = entry(`
/** A name. */
export const Name = Schema.String.pipe(Schema.brand("Name"))
export type Name = typeof Name.Type
`)
    assert.strictEqual(kind, "schema")
    assert.strictEqual(
      signature,
      `const Name = Schema.String.pipe(Schema.brand("Name"))\ntype Name = typeof Name.Type`
    )
  })
})

describe("a docstring", () => {
  it("is apart from its examples", () => {
    const docstring = Docstring.parse(
      "*\n * It goes. And on.\n *\n * @example\n * ```ts\n * go()\n * // → gone\n * ```\n "
    )
    assert.deepStrictEqual(docstring, {
      text: "It goes. And on.",
      examples: ["go()\n// → gone\n"],
      isInternal: false
    })
    assert.strictEqual(docstring && Docstring.firstSentence(docstring), "It goes.")
  })

  it("may be for this package's own files alone", () => {
    assert.isTrue(Docstring.parse("*\n * It goes.\n *\n * @internal\n ")?.isInternal)
  })

  it("in front of the imports is that of the file, in front of the first declaration is its own", () => {
    const ofFile = SourceFile.parse("some.ts", `/** All of it. */\nimport { a } from "b"\nexport const c = a`)
    assert.strictEqual(ofFile.about?.text, "All of it.")
    const ofDeclaration = SourceFile.parse("some.ts", "/** One of it. */\nexport const c = 1")
    assert.isUndefined(ofDeclaration.about)
  })
})

/** The gaps of a page that has this source. */
const gapsOf = (text: string) => {
  const file = SourceFile.parse("src/Some.ts", text)
  const section = {
    file,
    namespace: undefined,
    title: "Some",
    entries: Exported.declaredIn(file).map((each) => Entry.of(each))
  }
  const exported = { door: { specifier: "some", file: "src/Some.ts" }, about: undefined, sections: [], alsoOf: [] }
  return gaps([{ exported, area: undefined, sections: [section], elsewhere: [] }])
}

describe("what is not said of an export", () => {
  it("is found: a docstring, members' too", () => {
    assert.deepStrictEqual(gapsOf("export interface Some {\n  readonly a: string\n}"), [
      "src/Some.ts: Some",
      "src/Some.ts: Some.a"
    ])
  })

  it("is found: what a function returns", () => {
    assert.deepStrictEqual(
      gapsOf(`
/** Short. */
export const short = (a: string) => made(a)
/** Long. */
export const long = (a: string) => { return made(a) }
/** Gives another. */
export const curried = (a: string) => (b: string) => made(a, b)
/** A generator. */
export const go = Effect.fn("go")(function*(a: string) { return a })
/** Declared. */
export function declared(a: string) { return a }
/** Says it. */
export const says = (a: string): string => a
`),
      ["short", "long", "curried", "go", "declared"].map((name) => `src/Some.ts: what ${name} returns`)
    )
  })
})

describe("the anchors of a page", () => {
  it("are told apart where two headings come to the same", () => {
    const anchors = Markdown.anchors("### Fresh\n```ts\n# no heading\n```\n### fresh\n### Fresh.now\n")
    assert.deepStrictEqual([...anchors], [["Fresh", "fresh"], ["fresh", "fresh-1"], ["Fresh.now", "freshnow"]])
  })
})
