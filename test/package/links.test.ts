/**
 * Links of the documentation lead somewhere: a relative one to a file of the repository and, with `#`, to a heading in it.
 *
 * The README is shown in three places. Forges resolve its relative links themselves, the npm page against `repository` in
 * `package.json`; so files that are not in the package may be linked, and pictures too.
 */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))

const pages = [".", "docs", "docs/api"].flatMap((folder) =>
  readdirSync(join(root, folder)).filter((name) => name.endsWith(".md")).map((name) => join(folder, name))
)

/** Without blocks and spans of code: what looks like a link in there is none. */
const prose = (page: string) =>
  readFileSync(join(root, page), "utf8").replaceAll(/^```.*?^```/gms, "").replaceAll(/`[^`\n]*`/g, "")

const targets = (page: string): ReadonlyArray<string> =>
  [...prose(page).matchAll(/\]\(<?([^)\s>]+)>?\)/g)].flatMap(([, target]) => target === undefined ? [] : [target])

/** The anchors that forges make of headings; of those that come to the same, the later ones have a number. */
const anchors = (page: string) => {
  const taken = new Map<string, number>()
  return readFileSync(page, "utf8").split("\n").flatMap((line) => {
    const heading = /^#+ (.*)$/.exec(line)?.[1]
    if (heading === undefined) return []
    const anchor = heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(/\s/g, "-")
    const before = taken.get(anchor) ?? 0
    taken.set(anchor, before + 1)
    return [before === 0 ? anchor : `${anchor}-${before}`]
  })
}

describe("the links", () => {
  it("are looked for where there are some", () => assert.isAbove(targets("README.md").length, 10))

  for (const page of pages) {
    it(`of ${page} lead somewhere`, () => {
      for (const target of targets(page).filter((each) => !/^[a-z]+:/.test(each))) {
        const [path = "", anchor] = target.split("#")
        const file = path === "" ? join(root, page) : resolve(root, dirname(page), path)
        assert.isTrue(existsSync(file), `${target} is not there`)
        assert.notMatch(relative(root, file), /^(\.\.|node_modules|dist)/, `${target} is not in the repository`)
        if (anchor !== undefined) assert.include(anchors(file), anchor, `${target} has no such heading`)
      }
    })

    it(`of ${page} elsewhere are encrypted`, () => {
      for (const target of targets(page).filter((each) => /^[a-z]+:/.test(each))) {
        assert.match(target, /^(https|mailto):/)
      }
    })
  }
})
