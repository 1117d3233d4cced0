/**
 * The examples of the docstrings are programs: each one is type-checked with everything else, and runs, and prints what it
 * says that it prints.
 */
import { assert, describe, it } from "@effect/vitest"
import { format } from "node:util"
import { vi } from "vitest"
import * as Examples from "../../packaging/apidocs/Examples.ts"
import * as Page from "../../packaging/apidocs/Page.ts"

const root = new URL("../../", import.meta.url)
const examples = Examples.files(Page.pages())

/** What a program prints while it is imported, line by line. */
const printed = async (path: string): Promise<ReadonlyArray<string>> => {
  const lines: Array<string> = []
  const log = vi.spyOn(console, "log").mockImplementation((...args: ReadonlyArray<unknown>) => {
    lines.push(...format(...args).split("\n"))
  })
  try {
    await import(new URL(path, root).href)
  } finally {
    log.mockRestore()
  }
  return lines
}

describe("the examples of the docstrings", () => {
  it("are there", () => assert.isAbove(examples.length, 15))

  for (const { path, text } of examples) {
    it(`print what they say: ${path.slice(Examples.folder.length + 1)}`, async () => {
      assert.deepStrictEqual(await printed(path), Examples.expected(text))
    })
  }
})
