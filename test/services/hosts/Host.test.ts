/**
 * How a host is told to start the server.
 */
import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { hostIds, hosts, type HostServer, startable } from "../../../src/services/hosts/Host.ts"

const npx: HostServer = { command: "npx", args: ["-y", "mcp-gas"], clientFile: Option.none() }

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
  it.each(hostIds)("%s: none without a client file, and that one with it", (host) => {
    const { entry } = hosts[host]
    const path = "/home/ada/client.json"
    assert.notInclude(JSON.stringify(entry(npx)), "env")
    const { env, environment } = entry({ ...npx, clientFile: Option.some(path) })
    assert.deepStrictEqual(env ?? environment, { MCP_GAS_CLIENT_FILE: path })
  })
})
