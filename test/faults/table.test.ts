/**
 * What `docs/faults.md` tells the person who embeds the engine is what the tests beside this one assert.
 */
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { fileURLToPath } from "node:url"
import { table } from "../support/wireWords.ts"

const path = fileURLToPath(new URL("../../docs/faults.md", import.meta.url))

/** The cells of the only table in the page, without the line under its head. */
const written = Effect.map(
  FileSystem.FileSystem.use((fs) => fs.readFileString(path)),
  (text) =>
    text.split("\n").filter((line) => line.startsWith("|") && !/^\|[\s:|-]+$/.test(line)).map((line) =>
      line.split("|").slice(1, -1).map((cell) => cell.trim())
    )
)

describe("docs/faults.md", () => {
  it.effect("has the table that is tested", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* written, table)
    }).pipe(Effect.provide(NodeFileSystem.layer)))
})
