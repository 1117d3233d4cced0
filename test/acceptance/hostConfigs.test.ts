/**
 * What a host is told, against a catalogue of hosts that others keep: where its config is, and what an entry looks like.
 */
import { assert, describe, it } from "@effect/vitest"
import { type ClientId, ClientIdSchema, MCPConfigRegistry, validateGeneratedConfig } from "@gleanwork/mcp-config-schema"
import { Effect } from "effect"
import { parse } from "smol-toml"
import * as TomlEntry from "../../src/layers/hosts/TomlEntry.ts"
import { type HostId, hostIds, hosts, type HostServer, type Platform } from "../../src/services/hosts/Host.ts"
import { homes, placeOf } from "../support/hostPlaces.ts"

const registry = new MCPConfigRegistry({ serverPackage: "mcp-gas" })

const env = { MCP_GAS_CLIENT_FILE: "/home/ada/client.json" }

const server: HostServer = {
  command: "npx",
  args: ["-y", "mcp-gas"],
  variables: env
}

/** Hosts that the catalogue does not have, and why they are here all the same. */
const unknown: Readonly<Partial<Record<HostId, string>>> = {
  zed: "an editor with servers under a name of its own, `context_servers`; its own documentation says how"
}

/** What an entry says beyond the catalogue's, and why. */
const more: Readonly<Partial<Record<HostId, object>>> = {
  // How long Codex waits for `npx` to download and for a person to consent.
  codex: { startup_timeout_sec: 60, tool_timeout_sec: 330 },
  // As in opencode's own examples. It is the default.
  opencode: { enabled: true }
}

const isKnown = (host: HostId): host is HostId & ClientId => ClientIdSchema.safeParse(host).success

const known = hostIds.filter(isKnown)

const platforms: ReadonlyArray<Platform> = ["darwin", "linux", "win32"]

/** A path of the catalogue, for the same user. */
const expanded = (path: string, platform: Platform): string =>
  platform === "win32"
    ? path
      .replace("%APPDATA%", "%USERPROFILE%\\AppData\\Roaming")
      .replace("%USERPROFILE%", homes.win32.USERPROFILE)
    : path.replace("$HOME", homes[platform].HOME)

describe("The catalogue of hosts", () => {
  it("has every host but those that are known to be missing", () => {
    assert.deepStrictEqual(hostIds.filter((host) => !isKnown(host)), Object.keys(unknown))
  })

  for (const host of known) {
    const config = registry.getConfig(host)
    const { container, entry, format, title, variables } = hosts[host]
    const written = { [container]: { gas: entry(server) } }

    it.effect.each(platforms)(`${title}: the same place on %s`, (platform) =>
      Effect.gen(function*() {
        const path = config?.configPath[platform] ?? assert.fail()
        assert.strictEqual(yield* placeOf(host, platform), expanded(path, platform))
      }))

    it(`${title}: the same format`, () => {
      assert.strictEqual(config?.configFormat, format === "toml" ? "toml" : "json")
    })

    it(`${title}: an entry of the same shape, with the same words`, () => {
      const theirs: object = registry.createBuilder(host).buildConfiguration({
        transport: "stdio",
        serverName: "gas",
        env
      })
      const [[key, entries] = assert.fail()] = Object.entries<object>({ ...theirs })
      assert.strictEqual(key, container)
      const [[name, words] = assert.fail()] = Object.entries<object>({ ...entries })
      assert.strictEqual(name, "gas")
      assert.deepStrictEqual<object>(entry(server), { ...words, ...more[host] })
    })

    it(`${title}: its schema takes the config`, () => {
      // As it is read: what is no JSON has been through its own format.
      const read = format === "toml"
        ? parse(TomlEntry.snippet({ container, name: "gas", entry: entry(server), variables }))
        : JSON.parse(JSON.stringify(written))
      assert.deepInclude(validateGeneratedConfig(read, host), { success: true })
    })
  }

  it("would not take another shape", () => {
    const wrong = { mcpServers: { gas: { command: ["npx"] } } }
    for (const host of known) assert.isFalse(validateGeneratedConfig(wrong, host).success, host)
  })
})
