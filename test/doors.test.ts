/**
 * The five doors of the library: what comes in by them is there, and coming in starts nothing.
 */
import { assert, describe, it } from "@effect/vitest"
import { Layer, Predicate } from "effect"
import process from "node:process"
import * as packageJson from "../package.json" with { type: "json" }
import { version } from "../src/programs/identity.ts"

describe("mcp-gas", () => {
  it("has the version it says it has", () => {
    assert.strictEqual(packageJson.default.version, version)
  })

  it("exports contracts by name and layers as namespaces", async () => {
    const before = process.getActiveResourcesInfo().filter((resource) => resource.startsWith("TCP"))
    const main = await import("../src/index.ts")
    const mcp = await import("../src/mcp.ts")
    const promise = await import("../src/promise.ts")
    const exploring = await import("../src/exploring.ts")
    const testing = await import("../src/testing.ts")
    assert.deepStrictEqual(process.getActiveResourcesInfo().filter((resource) => resource.startsWith("TCP")), before)
    for (
      const contract of [
        main.AuthFlows,
        main.Sessions,
        main.SessionStore,
        main.Browser,
        mcp.ToolServer,
        testing.LocalGoogle
      ]
    ) {
      assert.isTrue(Predicate.isFunction(contract))
    }
    for (const layer of [main.KeyedLockMemory.layer, main.SessionStoreMemory.layer, mcp.ToolServerMcpStdio.layer]) {
      assert.isTrue(Layer.isLayer(layer))
    }
    assert.isTrue(Layer.isLayer(testing.LocalGoogleOidc.layer()))
    assert.deepStrictEqual(Object.keys(promise).toSorted(), ["SignInError", "createSignIn"])
    for (const explore of [exploring.Exploration.atRandom, testing.Exploration.exhaustively]) {
      assert.isTrue(Predicate.isFunction(explore))
    }
  })

  it("has each door in its exports", () => {
    assert.deepStrictEqual(Object.keys(packageJson.default.exports), [
      ".",
      "./mcp",
      "./promise",
      "./exploring",
      "./testing",
      "./package.json"
    ])
  })
})
