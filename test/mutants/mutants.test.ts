import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import { occurrences } from "./mutant.ts"
import { mutants } from "./mutants.ts"
import { root } from "./scratch.ts"
import { spares } from "./spares.ts"
import * as Table from "./table.ts"

const read = (file: string) => readFileSync(`${root}/${file}`, "utf8")

const docs = read("docs/mutants.md")

describe("The mutants", () => {
  for (const { file, find, safety } of [...mutants, ...spares]) {
    it(`what is taken out is there once: ${safety}`, () => assert.strictEqual(occurrences(read(file), find), 1, file))
  }

  it("each has a description of its own, and changes something", () => {
    assert.strictEqual(new Set(mutants.map(({ safety }) => safety)).size, mutants.length)
    for (const { find, replace } of mutants) assert.notStrictEqual(find, replace)
  })

  it("every test file that must notice exists", () => {
    for (const { file } of mutants.flatMap(({ killers }) => killers)) assert.isTrue(existsSync(`${root}/${file}`), file)
  })

  it("docs/mutants.md has a row for each of them and no other, in their order", () => {
    const rows = docs.split("\n").filter((line) => line.startsWith("| ")).map(Table.unpadded).slice(2)
    assert.deepStrictEqual(rows.map((row) => row.slice(0, 3)), mutants.map(Table.rowStart))
  })

  it("docs/mutants.md lists what nobody misses as it is listed here", () => {
    assert.strictEqual(Table.withSpares(docs), docs)
  })
})
