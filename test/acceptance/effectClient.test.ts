/**
 * Effect's own client, which shares no code with the SDK that serves, in every protocol version it has.
 */
import { assert } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { McpClient, McpProtocol } from "effect/ai"
import { ChildProcess } from "effect/process"
import { effectClient } from "./clients.ts"
import { authUrl, consent, environment, folder, output, server } from "./house.ts"
import { tried } from "./tried.ts"

type Protocol = Parameters<typeof McpClient.layerStdio>[0]["protocol"]

/** A client connected to a server of its own. */
const layer = (protocol: Protocol, env: Readonly<Record<string, string>>) =>
  McpClient.layerStdio({
    name: "effect",
    version: "4",
    protocol,
    command: ChildProcess.make(server.command, server.args, { env })
  })

const signsIn = Effect.fnUntraced(function*(protocol: Protocol) {
  const env = yield* environment
  yield* Effect.gen(function*() {
    const client = yield* McpClient.McpClient
    assert.strictEqual(client.protocolVersion, protocol.protocolVersion)
    assert.strictEqual(client.serverInfo?.name, "mcp-gas")
    const tool = (yield* client.listTools()).find(({ name }) => name === "gas_auth")
    if (tool === undefined) return assert.fail("gas_auth is not listed")
    const call = (args: Readonly<Record<string, unknown>>) =>
      Effect.flatMap(client.callTool({ tool, arguments: args }), ({ structuredContent }) => output(structuredContent))

    const begun = yield* call({ waitForCompletion: false })
    assert.strictEqual(begun.status, "auth_started")
    yield* consent(yield* authUrl(begun))
    assert.strictEqual((yield* call({ mode: "status", waitSeconds: 20 })).status, "authenticated")
  }).pipe(Effect.provide(layer(protocol, env)))
})

tried(effectClient, {
  // @ts-expect-error The client's types name the newest two versions; it speaks the older ones as well.
  "2024-11-05": signsIn(McpProtocol.v2024_11_05),
  // @ts-expect-error As above.
  "2025-03-26": signsIn(McpProtocol.v2025_03_26),
  // @ts-expect-error As above.
  "2025-06-18": signsIn(McpProtocol.v2025_06_18),
  "2025-11-25": signsIn(McpProtocol.v2025_11_25),

  "2026-07-28": Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const home = `${yield* folder}/home`
    const env = { ...(yield* environment), MCP_GAS_HOME: home }
    const refused = yield* Effect.flip(
      Effect.provide(McpClient.McpClient, layer(McpProtocol.v2026_07_28, env))
    )
    assert.strictEqual(refused.reason._tag === "ProtocolError" ? refused.reason.code : refused.reason._tag, -32_601)
    assert.isFalse(yield* fs.exists(home))
  })
})
