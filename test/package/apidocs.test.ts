/**
 * The API pages are what the docstrings say, and everything that is exported has one.
 */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import * as Examples from "../../packaging/apidocs/Examples.ts"
import { gaps } from "../../packaging/apidocs/Gaps.ts"
import * as Page from "../../packaging/apidocs/Page.ts"

const root = new URL("../../", import.meta.url)
const pages = Page.pages()

/** With the line ends of the sources, whatever a checkout has made of them. */
const read = (path: string) => {
  const url = new URL(path, root)
  return existsSync(url) ? readFileSync(url, "utf8").replaceAll("\r\n", "\n") : "nothing"
}

const made = new Map([
  [Page.folder, Page.files(pages)],
  [Examples.folder, Examples.files(pages)]
])

describe("the API pages", () => {
  for (const [folder, files] of made) {
    it(`in ${folder} are as the sources have them; if not: npm run docs`, () => {
      for (const { path, text } of files) {
        assert.strictEqual(read(path), text, path)
      }
    })

    it(`in ${folder} are all there are`, () => {
      const names = readdirSync(new URL(folder, root))
      assert.sameMembers(names.map((name) => `${folder}/${name}`), files.map(({ path }) => path))
    })
  }

  it("leave nothing without a docstring that is exported", () => assert.deepStrictEqual(gaps(pages), []))
})
