/**
 * Which variables get into an entry, and which stay in it.
 */
import { assert, describe, it } from "@effect/vitest"
import serverJson from "../../../server.json" with { type: "json" }
import { hostVariables, over, settled } from "../../../src/services/hosts/HostVariables.ts"

const client = { MCP_GAS_CLIENT_FILE: "/home/ada/client.json" }
const byValue = { MCP_GAS_CLIENT_ID: "id", MCP_GAS_CLIENT_SECRET: "secret" }

const isSecret = (variable: object): boolean => "isSecret" in variable && variable.isSecret === true

describe("The variables of an entry", () => {
  it("are all that are the server's own, but for the secret", () => {
    const all = serverJson.packages.flatMap(({ environmentVariables }) => environmentVariables)
    assert.sameMembers(
      [...hostVariables],
      all.map(({ name }) => name).filter((name) => name.startsWith("MCP_GAS_") && name !== "MCP_GAS_CLIENT_SECRET")
    )
    assert.deepStrictEqual(all.filter(isSecret).map(({ name }) => name), ["MCP_GAS_CLIENT_SECRET"])
  })

  it("are never others, whatever else is handed in with them", () => {
    assert.deepStrictEqual(settled({ ...client, ...byValue }), { ...client, MCP_GAS_CLIENT_ID: "id" })
  })
})

describe("Variables over those of an entry", () => {
  it("win, and leave the others", () => {
    assert.deepStrictEqual(
      over({ NODE_OPTIONS: "x", MCP_GAS_HOME: "/old", MCP_GAS_BROWSER: "none" }, { MCP_GAS_HOME: "/new" }),
      { NODE_OPTIONS: "x", MCP_GAS_HOME: "/new", MCP_GAS_BROWSER: "none" }
    )
  })

  it("take another OAuth client away, since a server refuses two", () => {
    assert.deepStrictEqual(over(byValue, client), client)
    assert.deepStrictEqual(over({ ...client, A: "a" }, { MCP_GAS_CLIENT_ID: "id" }), {
      A: "a",
      MCP_GAS_CLIENT_ID: "id"
    })
    assert.deepStrictEqual(over(byValue, { MCP_GAS_CLIENT_ID: "another" }), { MCP_GAS_CLIENT_ID: "another" })
  })

  it("leave the secret of the same client, and every client where they name none", () => {
    assert.deepStrictEqual(over(byValue, { MCP_GAS_CLIENT_ID: "id" }), byValue)
    assert.deepStrictEqual(over(byValue, {}), byValue)
    assert.deepStrictEqual(over(client, { MCP_GAS_LOG_LEVEL: "Debug" }), { ...client, MCP_GAS_LOG_LEVEL: "Debug" })
  })
})
