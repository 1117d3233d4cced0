/**
 * Commands that workflows and pages tell people and machines to run are there: npm scripts in package.json, files on disk.
 */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import * as packageJson from "../../package.json" with { type: "json" }

const root = new URL("../../", import.meta.url)
const read = (file: string) => readFileSync(new URL(file, root), "utf8")

const workflows = readdirSync(new URL(".github/workflows", root)).map((name) => `.github/workflows/${name}`)
const pages = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/releasing.md"]

const isScript = (name: string) => Object.hasOwn(packageJson.default.scripts, name)

const scripts = (text: string) => [
  ...[...text.matchAll(/\bnpm run (?:-s |--silent )?([a-z][\w:-]*)/g)].map(([, name]) => name ?? ""),
  ...[...text.matchAll(/\bnpm (test|start)\b/g)].map(([, name]) => name ?? "")
]

/** What `node` and `bash` are given to run. What a build makes is not here yet. */
const files = (text: string) =>
  [...text.matchAll(/\b(?:node|bash) ((?:\.\/)?[\w./-]+\.(?:ts|mjs|js|sh)|\.ci\/\w+)/g)]
    .map(([, file]) => file ?? "")
    .filter((file) => !file.startsWith("dist/"))

describe("the commands", () => {
  it("are found where they are", () => {
    assert.deepStrictEqual(scripts("run: npm run -s check && npm test"), ["check", "test"])
    assert.deepStrictEqual(files("bash .ci/run; node bundle.ts; node dist/bin/mcp-gas.js; bash a/b.sh"), [
      ".ci/run",
      "bundle.ts",
      "a/b.sh"
    ])
    assert.isAbove(workflows.flatMap((file) => files(read(file))).length, 0)
  })

  for (const file of [...workflows, ...pages, ".ci/run"]) {
    it(`of ${file} are there`, () => {
      const text = read(file)
      for (const name of scripts(text)) assert.isTrue(isScript(name), `npm run ${name}`)
      for (const path of files(text)) assert.isTrue(existsSync(new URL(path, root)), path)
    })
  }
})
