/**
 * What is said of the package in more than one file is said the same: the version, the name, the words, the addresses.
 */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import * as lock from "../../package-lock.json" with { type: "json" }
import * as packageJson from "../../package.json" with { type: "json" }
import { manifestOf } from "../../packaging/manifest.ts"
import * as serverJson from "../../server.json" with { type: "json" }
import { identity, serverTitle, version } from "../../src/programs/identity.ts"

const declared = packageJson.default
const registered = serverJson.default
const manifest = manifestOf([])
const forge = "https://github.com/mcp-gas/mcp-gas"

describe("the version", () => {
  const said: ReadonlyArray<readonly [where: string, version: string | undefined]> = [
    ["src/programs/identity.ts", version],
    ["the server's greeting", identity.version],
    ["package-lock.json", lock.default.version],
    ["package-lock.json, of the package itself", lock.default.packages[""].version],
    ["server.json", registered.version],
    ["server.json, of the npm package", registered.packages[0]?.version],
    ["the manifest of the bundle", manifest.version]
  ]
  for (const [where, there] of said) {
    it(`is package.json's in ${where}`, () => assert.strictEqual(there, declared.version))
  }

  it("has its changes in CHANGELOG.md, first of all versions", () => {
    const changes = readFileSync(new URL("../../CHANGELOG.md", import.meta.url), "utf8")
    assert.strictEqual(/^## \[(\d[^\]]*)\]/m.exec(changes)?.[1], declared.version)
  })
})

describe("the names", () => {
  it("are the registry's for the package, and the package's for the registry", () => {
    assert.strictEqual(registered.name, declared.mcpName)
    assert.deepStrictEqual(registered.packages.map(({ identifier }) => identifier), [declared.name])
    assert.strictEqual(manifest.name, declared.name)
    assert.strictEqual(identity.name, declared.name)
    assert.strictEqual(registered.title, serverTitle)
    assert.strictEqual(manifest.display_name, serverTitle)
  })

  it("have one description", () => {
    assert.strictEqual(registered.description, declared.description)
    assert.strictEqual(manifest.description, declared.description)
  })
})

describe("the addresses", () => {
  it("are of one repository, whose owner the registry's name is in", () => {
    assert.strictEqual(declared.repository.url, `git+${forge}.git`)
    assert.strictEqual(declared.bugs, `${forge}/issues`)
    assert.strictEqual(declared.homepage, `${forge}#readme`)
    assert.strictEqual(registered.repository.url, forge)
    assert.strictEqual(registered.websiteUrl, declared.homepage)
    assert.strictEqual(manifest.repository.url, `${forge}.git`)
    assert.strictEqual(manifest.support, declared.bugs)
    assert.strictEqual(`io.github.${new URL(forge).pathname.slice(1)}`, registered.name)
  })
})
