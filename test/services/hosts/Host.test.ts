/**
 * How a host is told to start the server.
 */
import { assert, describe, it } from "@effect/vitest"
import { hostIds, hosts, type HostServer, startable } from "../../../src/services/hosts/Host.ts"

const npx: HostServer = { command: "npx", args: ["-y", "mcp-gas"], variables: {} }

describe("The command in an entry", () => {
  it("is run by cmd on Windows if it is a script, and as it is elsewhere", () => {
    assert.deepStrictEqual(startable(npx, "win32"), { ...npx, command: "cmd", args: ["/c", "npx", "-y", "mcp-gas"] })
    assert.strictEqual(startable(npx, "darwin"), npx)
    assert.strictEqual(startable(npx, "linux"), npx)
  })

  it("is started as it is on Windows if it is a program", () => {
    for (const command of ["node", "C:\\Program Files\\nodejs\\node.exe", "C:\\NODE.EXE", "cmd"]) {
      const program = { ...npx, command }
      assert.strictEqual(startable(program, "win32"), program)
    }
    assert.strictEqual(startable({ ...npx, command: "C:\\npm\\mcp-gas.cmd" }, "win32").command, "cmd")
  })
})

describe("The variables in an entry", () => {
  it.each(hostIds)("%s: those that are set, and no word of them if there are none", (host) => {
    const { entry, variables } = hosts[host]
    const set = { MCP_GAS_CLIENT_FILE: "/home/ada/client.json", MCP_GAS_LOG_LEVEL: "Debug" }
    assert.notProperty(entry(npx), variables)
    assert.deepStrictEqual(entry({ ...npx, variables: set })[variables], set)
  })
})
