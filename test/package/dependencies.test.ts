/**
 * Every package that is depended on has its line in docs/dependencies.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import * as packageJson from "../../package.json" with { type: "json" }
import * as acceptance from "../acceptance/package.json" with { type: "json" }

const { dependencies, devDependencies, optionalDependencies, peerDependencies } = packageJson.default

const page = readFileSync(new URL("../../docs/dependencies.md", import.meta.url), "utf8")

/** Told of with the one that they belong to. */
const plugins = /^@dprint\//

describe("docs/dependencies.md", () => {
  const all = [dependencies, devDependencies, optionalDependencies, peerDependencies, acceptance.default.dependencies]
  for (const name of new Set(all.flatMap((some) => Object.keys(some)))) {
    it(`has a line for ${name}`, () => {
      assert.isTrue(plugins.test(name) || page.includes(`\`${name}\``))
    })
  }
})
