/**
 * What the README shows for each host is what `setup` would write.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import { UserDirectories } from "effect/persistence"
import { fileURLToPath } from "node:url"
import * as HostConfigsFileSystem from "../../src/layers/hosts/HostConfigsFileSystem.ts"
import { hostIds, hosts } from "../../src/services/hosts/Host.ts"
import { HostConfigs } from "../../src/services/hosts/HostConfigs.ts"

const layer = HostConfigsFileSystem.layer({ platform: "linux" }).pipe(
  Layer.provide(UserDirectories.layer),
  Layer.provideMerge(NodeServices.layer)
)

const server = {
  command: "npx",
  args: ["-y", "mcp-gas"],
  variables: { MCP_GAS_CLIENT_FILE: "/path/to/client_secret.json" }
}

/** The README's section about a host: up to the next heading. */
const section = (readme: string, title: string) =>
  readme.split(/^#{2,4} /m).find((each) => each.startsWith(`${title}\n`)) ?? ""

/** Without white space, which a formatter may set in another way. */
const squeezed = (text: string) => text.replaceAll(/\s+/g, "")

describe("The README", () => {
  for (const id of hostIds) {
    it.effect(`shows for ${hosts[id].title} what setup would write`, () =>
      Effect.gen(function*() {
        const readme = yield* FileSystem.FileSystem.use((fs) =>
          fs.readFileString(fileURLToPath(new URL("../../README.md", import.meta.url)))
        )
        const { snippet } = yield* HostConfigs
        const told = section(readme, hosts[id].title)
        assert.include(told, `mcp-gas setup ${id} --write`)
        assert.include(squeezed(told), squeezed(snippet(id, server)))
      }).pipe(Effect.provide(layer)))
  }
})
