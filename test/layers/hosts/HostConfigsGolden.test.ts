/**
 * For each host: a config as people have it, and what becomes of it.
 */
import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { UserDirectories } from "effect/persistence"
import { inspect } from "node:util"
import * as HostConfigsFileSystem from "../../../src/layers/hosts/HostConfigsFileSystem.ts"
import { type HostId, hostIds } from "../../../src/services/hosts/Host.ts"
import { HostConfigs } from "../../../src/services/hosts/HostConfigs.ts"
import { afterOf, atHome, server, usersOwn } from "../../support/hostFiles.ts"

interface Golden {
  /** In the home directory. */
  readonly file: string
  readonly before: string
  readonly after: string
  /** What a file that was not there holds; also what is shown to be put in by hand. */
  readonly created: string
}

const withType = `{
  "mcpServers": {
    "gas": {
      "type": "stdio",
      "command": "npx",
      "args": [
        "-y",
        "mcp-gas"
      ],
      "env": {
        "MCP_GAS_CLIENT_FILE": "/home/ada/client.json"
      }
    }
  }
}
`

const withoutType = withType.replace("      \"type\": \"stdio\",\n", "")

const golden: Readonly<Record<HostId, Golden>> = {
  "claude-code": {
    file: ".claude.json",
    before: `{
  "numStartups": 12,
  "mcpServers": {
    "files": {
      "type": "stdio",
      "command": "npx",
      "args": ["-y", "files"]
    }
  },
  "projects": {}
}
`,
    after: `{
  "numStartups": 12,
  "mcpServers": {
    "files": {
      "type": "stdio",
      "command": "npx",
      "args": ["-y", "files"]
    },
    "gas": {
      "type": "stdio",
      "command": "npx",
      "args": [
        "-y",
        "mcp-gas"
      ],
      "env": {
        "MCP_GAS_CLIENT_FILE": "/home/ada/client.json"
      }
    }
  },
  "projects": {}
}
`,
    created: withType
  },
  "claude-desktop": {
    file: ".config/Claude/claude_desktop_config.json",
    before: `{
    "globalShortcut": "Ctrl+Space"
}`,
    after: `{
    "globalShortcut": "Ctrl+Space",
    "mcpServers": {
        "gas": {
            "type": "stdio",
            "command": "npx",
            "args": [
                "-y",
                "mcp-gas"
            ],
            "env": {
                "MCP_GAS_CLIENT_FILE": "/home/ada/client.json"
            }
        }
    }
}`,
    created: withType
  },
  cursor: {
    file: ".cursor/mcp.json",
    before: `{
  "mcpServers": {}
}
`,
    after: withType,
    created: withType
  },
  vscode: {
    file: ".config/Code/User/mcp.json",
    before: `{
\t"servers": {
\t\t"gas": { "command": "old", "args": [] }, // mine
\t\t"other": { "url": "https://example.com/mcp" },
\t},
\t"inputs": [],
}
`,
    after: `{
\t"servers": {
\t\t"gas": {
\t\t\t"type": "stdio",
\t\t\t"command": "npx",
\t\t\t"args": [
\t\t\t\t"-y",
\t\t\t\t"mcp-gas"
\t\t\t],
\t\t\t"env": {
\t\t\t\t"MCP_GAS_CLIENT_FILE": "/home/ada/client.json"
\t\t\t}
\t\t}, // mine
\t\t"other": { "url": "https://example.com/mcp" },
\t},
\t"inputs": [],
}
`,
    created: withType.replace("mcpServers", "servers")
  },
  codex: {
    file: ".codex/config.toml",
    before: `model = "o5" # the good one

[mcp_servers.files]
command = "npx"
`,
    after: `model = "o5" # the good one

[mcp_servers.files]
command = "npx"

[mcp_servers.gas]
command = "npx"
args = [ "-y", "mcp-gas" ]
startup_timeout_sec = 60
tool_timeout_sec = 330

[mcp_servers.gas.env]
MCP_GAS_CLIENT_FILE = "/home/ada/client.json"
`,
    created: `[mcp_servers.gas]
command = "npx"
args = [ "-y", "mcp-gas" ]
startup_timeout_sec = 60
tool_timeout_sec = 330

[mcp_servers.gas.env]
MCP_GAS_CLIENT_FILE = "/home/ada/client.json"
`
  },
  gemini: {
    file: ".gemini/settings.json",
    before: "{\"theme\":\"dark\"}\n",
    after: "{\"theme\":\"dark\",\"mcpServers\":{\"gas\":{\"command\":\"npx\",\"args\":[\"-y\",\"mcp-gas\"]," +
      "\"env\":{\"MCP_GAS_CLIENT_FILE\":\"/home/ada/client.json\"}}}}\n",
    created: withoutType
  },
  opencode: {
    file: ".config/opencode/opencode.json",
    before: `{
  "$schema": "https://opencode.ai/config.json",
  "mcp": {
    "files": { "type": "local", "command": ["files"] } // no arguments
    /* more to come */
  }
}
`,
    after: `{
  "$schema": "https://opencode.ai/config.json",
  "mcp": {
    "files": { "type": "local", "command": ["files"] }, // no arguments
    "gas": {
      "type": "local",
      "command": [
        "npx",
        "-y",
        "mcp-gas"
      ],
      "environment": {
        "MCP_GAS_CLIENT_FILE": "/home/ada/client.json"
      },
      "enabled": true
    }
    /* more to come */
  }
}
`,
    created: `{
  "mcp": {
    "gas": {
      "type": "local",
      "command": [
        "npx",
        "-y",
        "mcp-gas"
      ],
      "environment": {
        "MCP_GAS_CLIENT_FILE": "/home/ada/client.json"
      },
      "enabled": true
    }
  }
}
`
  },
  windsurf: {
    file: ".codeium/windsurf/mcp_config.json",
    before: "",
    after: withoutType,
    created: withoutType
  },
  zed: {
    file: ".config/zed/settings.json",
    before: `// Zed settings
{
  "theme": "One", // or Two
}
`,
    after: `// Zed settings
{
  "theme": "One", // or Two
  "context_servers": {
    "gas": {
      "command": "npx",
      "args": [
        "-y",
        "mcp-gas"
      ],
      "env": {
        "MCP_GAS_CLIENT_FILE": "/home/ada/client.json"
      }
    }
  },
}
`,
    created: withoutType.replace("mcpServers", "context_servers")
  }
}

const hosts = hostIds.map((host) => [host, golden[host]] as const)

describe("The config of a host", () => {
  it.effect.each(hosts)(
    "%s: gets the entry, and nothing else of it changes",
    ([host, { after, before, file }]) =>
      atHome((home, fs) =>
        Effect.gen(function*() {
          const configs = yield* HostConfigs
          const path = `${home}/${file}`
          yield* fs.makeDirectory(path.slice(0, path.lastIndexOf("/")), { recursive: true })
          yield* fs.writeFileString(path, before)
          const plan = yield* configs.plan(host, server, usersOwn)
          assert.strictEqual(plan.path, path)
          assert.isTrue(plan.exists)
          assert.strictEqual(afterOf(plan), after)
          assert.strictEqual(yield* fs.readFileString(path), before, "a plan changes nothing")
          yield* configs.write(plan, { replace: true })
          assert.strictEqual(yield* fs.readFileString(path), after)
          assert.strictEqual((yield* configs.plan(host, server, usersOwn)).change._tag, "Unchanged")
        })
      )
  )

  it.effect.each(hosts)(
    "%s: is made if there is none, and says what the snippet says",
    ([host, { created, file }]) =>
      atHome((home, fs) =>
        Effect.gen(function*() {
          const configs = yield* HostConfigs
          const plan = yield* configs.plan(host, server, usersOwn)
          assert.isFalse(plan.exists)
          assert.strictEqual(plan.change._tag, "Create")
          assert.strictEqual(`${plan.snippet}\n`, created)
          assert.strictEqual(configs.snippet(host, server), plan.snippet)
          assert.isFalse(yield* fs.exists(`${home}/${file}`), "a plan makes nothing")
          yield* configs.write(plan)
          assert.strictEqual(yield* fs.readFileString(`${home}/${file}`), created)
        })
      )
  )
})

describe("The hosts of Windows", () => {
  it.effect.each(hostIds)("%s: starts npx by way of cmd", (host) =>
    Effect.gen(function*() {
      const { snippet } = yield* HostConfigs
      assert.match(snippet(host, server), /"cmd",?\s[^]*"\/c",\s+"npx",\s+"-y",\s+"mcp-gas"/u)
    }).pipe(Effect.provide(
      HostConfigsFileSystem.layer({ platform: "win32" }).pipe(
        Layer.provide([NodeFileSystem.layer, NodePath.layer, UserDirectories.layerPlatform("win32")])
      )
    )))
})

describe("A plan", () => {
  it.effect("shows nothing of what else is in the file", () =>
    atHome((home, fs) =>
      Effect.gen(function*() {
        const configs = yield* HostConfigs
        yield* fs.makeDirectory(`${home}/.gemini`)
        yield* fs.writeFileString(
          `${home}/.gemini/settings.json`,
          "{\"mcpServers\":{\"a\":{\"env\":{\"KEY\":\"s3cr3t\"}}}}"
        )
        const plan = yield* configs.plan("gemini", server, usersOwn)
        assert.include(afterOf(plan), "s3cr3t")
        assert.notInclude(inspect(plan, { depth: null }) + JSON.stringify(plan), "s3cr3t")
      })
    ))
})
