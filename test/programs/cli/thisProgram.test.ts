/**
 * How a host is to start this program: by its paths where they last, and by npx elsewhere.
 */
import { assert, describe, it } from "@effect/vitest"
import { thisProgram } from "../../../src/programs/cli/thisProgram.ts"

const npx = { command: "npx", args: ["-y", "mcp-gas"] }
const node = "/usr/bin/node"

const fetched = [
  "/home/ada/.npm/_npx/0123abcd/node_modules/.bin/mcp-gas",
  "C:\\Users\\ada\\AppData\\Local\\npm-cache\\_npx\\0123abcd\\node_modules\\mcp-gas\\dist\\bin\\mcp-gas.js",
  "/home/ada/.local/share/pnpm/store/v3/tmp/dlx-4711/node_modules/mcp-gas/dist/bin/mcp-gas.js",
  "/home/ada/.cache/pnpm/dlx/0123abcd/4711/node_modules/mcp-gas/dist/bin/mcp-gas.js",
  "/tmp/xfs-0123abcd/dlx-4711/node_modules/mcp-gas/dist/bin/mcp-gas.js",
  "/tmp/bunx-1000-mcp-gas@latest/node_modules/.bin/mcp-gas"
]

const lasting = [
  "/usr/local/lib/node_modules/mcp-gas/dist/bin/mcp-gas.js",
  "/home/ada/my_npx/mcp-gas/dist/bin/mcp-gas.js",
  "/home/ada/dlx/mcp-gas/dist/bin/mcp-gas.js",
  "/usr/local/bin/mcp-gas"
]

describe("This program", () => {
  it.each(fetched)("is started by npx where it will not stay: %s", (script) => {
    assert.deepStrictEqual(thisProgram({ node, script, isForOthers: false }), npx)
  })

  it.each(lasting)("is started by its paths where it is at home: %s", (script) => {
    assert.deepStrictEqual(thisProgram({ node, script, isForOthers: false }), { command: node, args: [script] })
  })

  it.each(lasting)("is started by npx on other machines: %s", (script) => {
    assert.deepStrictEqual(thisProgram({ node, script, isForOthers: true }), npx)
  })
})
