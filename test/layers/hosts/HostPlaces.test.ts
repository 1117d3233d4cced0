/**
 * Where each host keeps its config, on each platform.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type HostId, hostIds, type Platform, platformOf } from "../../../src/services/hosts/Host.ts"
import { homes, placeOf } from "../../support/hostPlaces.ts"

const everywhere = (below: string): Record<Platform, string> => ({
  darwin: `/Users/ada/${below}`,
  linux: `/home/ada/${below}`,
  win32: `C:\\Users\\ada\\${below.replaceAll("/", "\\")}`
})

const application = (below: string): Record<Platform, string> => ({
  darwin: `/Users/ada/Library/Application Support/${below}`,
  linux: `/home/ada/.config/${below}`,
  win32: `C:\\Users\\ada\\AppData\\Roaming\\${below.replaceAll("/", "\\")}`
})

const expected: Readonly<Record<HostId, Readonly<Record<Platform, string>>>> = {
  "claude-code": everywhere(".claude.json"),
  "claude-desktop": application("Claude/claude_desktop_config.json"),
  cursor: everywhere(".cursor/mcp.json"),
  vscode: application("Code/User/mcp.json"),
  codex: everywhere(".codex/config.toml"),
  gemini: everywhere(".gemini/settings.json"),
  opencode: everywhere(".config/opencode/opencode.json"),
  windsurf: everywhere(".codeium/windsurf/mcp_config.json"),
  zed: {
    darwin: "/Users/ada/.config/zed/settings.json",
    linux: "/home/ada/.config/zed/settings.json",
    win32: "C:\\Users\\ada\\AppData\\Roaming\\Zed\\settings.json"
  }
}

describe("The place of a config", () => {
  it.effect.each(hostIds)("%s, on every platform", (host) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* Effect.all({
          darwin: placeOf(host, "darwin"),
          linux: placeOf(host, "linux"),
          win32: placeOf(host, "win32")
        }),
        expected[host]
      )
    }))

  it.effect("follows the variables that the host itself follows, if they are absolute", () =>
    Effect.gen(function*() {
      const xdg = { HOME: "/home/ada", XDG_CONFIG_HOME: "/xdg" }
      assert.strictEqual(yield* placeOf("vscode", "linux", xdg), "/xdg/Code/User/mcp.json")
      assert.strictEqual(yield* placeOf("zed", "linux", xdg), "/xdg/zed/settings.json")
      assert.strictEqual(yield* placeOf("opencode", "darwin", xdg), "/xdg/opencode/opencode.json")
      assert.strictEqual(
        yield* placeOf("vscode", "darwin", xdg),
        "/home/ada/Library/Application Support/Code/User/mcp.json"
      )
      assert.strictEqual(yield* placeOf("zed", "darwin", xdg), "/home/ada/.config/zed/settings.json")
      assert.strictEqual(yield* placeOf("cursor", "linux", xdg), "/home/ada/.cursor/mcp.json")
      assert.strictEqual(
        yield* placeOf("zed", "linux", { HOME: "/home/ada", XDG_CONFIG_HOME: "xdg" }),
        "/home/ada/.config/zed/settings.json"
      )
      const roaming = { USERPROFILE: "C:\\Users\\ada", APPDATA: "D:\\Roaming" }
      assert.strictEqual(yield* placeOf("zed", "win32", roaming), "D:\\Roaming\\Zed\\settings.json")
      assert.strictEqual(yield* placeOf("codex", "linux", { CODEX_HOME: "/codex" }), "/codex/config.toml")
      assert.strictEqual(yield* placeOf("claude-code", "linux", { CLAUDE_CONFIG_DIR: "/cc" }), "/cc/.claude.json")
    }))

  it.effect("opencode: is the file with comments, if there is one", () =>
    Effect.gen(function*() {
      const commented = "/home/ada/.config/opencode/opencode.jsonc"
      assert.strictEqual(yield* placeOf("opencode", "linux", homes.linux, [commented]), commented)
    }))

  it("counts what is neither macOS nor Windows as Linux", () => {
    assert.deepStrictEqual(["darwin", "win32", "linux", "freebsd"].map(platformOf), [
      "darwin",
      "win32",
      "linux",
      "linux"
    ])
  })
})
