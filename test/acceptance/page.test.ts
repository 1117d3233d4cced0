/**
 * What `docs/clients.md` tells is what the tests beside this one show.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { readFileSync } from "node:fs"
import { table } from "./page.ts"

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")

const Versions = Schema.Record(Schema.String, Schema.String)
const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Struct({
  dependencies: Versions,
  devDependencies: Schema.optionalKey(Versions)
})))

/** What a package depends on, in the versions it asks for: exact ones. */
const versions = Effect.fnUntraced(function*(file: string) {
  const { dependencies, devDependencies } = yield* decode(read(file))
  return { ...dependencies, ...devDependencies }
})

/** The cells of the only table in the page, without the line under its head. */
const written = read("docs/clients.md").split("\n")
  .filter((line) => line.startsWith("|") && !/^\|[\s:|-]+$/.test(line))
  .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()))

describe("docs/clients.md", () => {
  it.effect("has the table that is tested, with the versions that are installed", () =>
    Effect.gen(function*() {
      const own = yield* versions("package.json")
      const others = yield* versions("test/acceptance/package.json")
      assert.deepStrictEqual(written, table({ ...own, ...others }))
    }))
})
