/**
 * What pages name as evidence is there: each test by its file and words of its title, each file of the sources by its name.
 *
 * A page names a test as `test/….ts`: "words of its title", and more titles after commas. A title that is put together from
 * parts is named by one of its parts.
 */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { posix } from "node:path"

const root = new URL("../../", import.meta.url)
const read = (file: string) => readFileSync(new URL(file, root), "utf8")

const pages = ["docs/architecture.md", "docs/races.md", "docs/threat-model.md", "docs/scaling.md"]

interface Evidence {
  readonly file: string
  readonly titles: ReadonlyArray<string>
}

const evidenceIn = (text: string): ReadonlyArray<Evidence> =>
  [...text.matchAll(/`(test\/[\w./-]+\.ts)`: ("[^"]+"(?:, "[^"]+")*)/g)].map(([, file = "", titles = ""]) => ({
    file,
    titles: [...titles.matchAll(/"([^"]+)"/g)].map(([, title = ""]) => title)
  }))

/** The texts of a source, without its comments. */
const literals = (source: string): ReadonlyArray<string> =>
  [...source.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, "").matchAll(/"([^"\n]+)"|`([^`\n]+)`/g)].map(
    ([, plain, template]) => plain ?? template ?? ""
  )

const isTitled = (source: string, title: string) => literals(source).some((text) => text.includes(title))

/** Files that are named in code spans, with or without their folders. */
const filesIn = (text: string): ReadonlyArray<string> => [
  ...new Set([...text.matchAll(/`((?:[\w.-]+\/)*[A-Za-z][\w.-]*\.ts)`/g)].map(([, file = ""]) => file))
]

const known = new Set(
  ["src", "test"].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
      .filter((name) => name.endsWith(".ts") && !name.includes("node_modules"))
  )
)
const isKnown = (file: string) => [...known].some((path) => path === file || path.endsWith(`/${file}`))

describe("the evidence", () => {
  it("is found where it is named", () => {
    assert.deepStrictEqual(evidenceIn("see `test/a/b.test.ts`: \"one\", \"two ‖ three\"; `test/c.ts`: \"four\"."), [
      { file: "test/a/b.test.ts", titles: ["one", "two ‖ three"] },
      { file: "test/c.ts", titles: ["four"] }
    ])
    assert.deepStrictEqual(filesIn("`Sessions.ts`, `src/a/B.ts`, `a.b`, C.ts"), ["Sessions.ts", "src/a/B.ts"])
    assert.isAbove(pages.flatMap((page) => evidenceIn(read(page))).length, 60)
  })

  it("is no evidence if it is only in a comment, or is another title", () => {
    const source = "// it(\"a title\")\n * \"another title\"\nit(`${what} is the title`)"
    assert.deepStrictEqual(["a title", "another title", "is the title"].map((title) => isTitled(source, title)), [
      false,
      false,
      true
    ])
  })

  for (const page of pages) {
    it(`of ${page} is there: tests`, () => {
      for (const { file, titles } of evidenceIn(read(page))) {
        assert.isTrue(existsSync(new URL(file, root)), file)
        const source = read(file)
        for (const title of titles) assert.isTrue(isTitled(source, title), `${posix.basename(file)}: "${title}"`)
      }
    })

    it(`of ${page} is there: files`, () => {
      for (const file of filesIn(read(page))) assert.isTrue(isKnown(file), file)
    })
  }
})
