/**
 * The hosts that can be told of this server, as data: where each keeps its config, in which format, and what an entry for
 * a server looks like there.
 */
import { Option } from "effect"
import { type HostVariables, settled } from "./HostVariables.ts"

export const hostIds = [
  "claude-code",
  "claude-desktop",
  "cursor",
  "vscode",
  "codex",
  "gemini",
  "opencode",
  "windsurf",
  "zed"
] as const

export type HostId = typeof hostIds[number]

/** The systems that hosts make a difference between; what is neither macOS nor Windows counts as Linux. */
export type Platform = "darwin" | "win32" | "linux"

/** The platform that Node names like this. */
export const platformOf = (name: string): Platform => name === "darwin" || name === "win32" ? name : "linux"

/** The name of this server in every host. */
export const serverName = "gas"

/** How a host starts this server. There is no way to put a secret in here: the variables are those that hold none. */
export interface HostServer {
  readonly command: string
  readonly args: ReadonlyArray<string>
  /** What the entry sets; if that is nothing, the entry says nothing of variables. */
  readonly variables: HostVariables
}

/** The entry of a server in a config. */
export type HostEntry = Readonly<
  Record<string, string | number | boolean | ReadonlyArray<string> | Readonly<Record<string, string>>>
>

/** A file, by the directory it is in. */
export interface Place {
  /**
   * `home`: the user's home directory. `config`: `XDG_CONFIG_HOME`, else `.config` in the home directory, on every
   * platform. `settings`: where the platform's applications keep settings; on Linux the same as `config`.
   */
  readonly base: "home" | "config" | "settings"
  /** The directories below the base. */
  readonly below: ReadonlyArray<string>
  /** A variable with which the host is given another directory in place of the base and those below it. */
  readonly variable: Option.Option<string>
  /** The last of these that exists is meant; if none does, the first. */
  readonly files: readonly [string, ...ReadonlyArray<string>]
}

export interface Host {
  readonly id: HostId
  /** As its makers write it. */
  readonly title: string
  /** The file of the user, as opposed to one of a project. */
  readonly places: Readonly<Record<Platform, Place>>
  /** `json` where the host reads nothing else; `jsonc` where comments and trailing commas are to be reckoned with. */
  readonly format: "json" | "jsonc" | "toml"
  /** The object, or table, that has an entry for each server. */
  readonly container: string
  /** What an entry calls its variables. */
  readonly variables: "env" | "environment"
  readonly entry: (server: HostServer) => HostEntry
}

const place = (base: Place["base"], below: Place["below"], file: string, variable?: string): Place => ({
  base,
  below,
  variable: Option.fromUndefinedOr(variable),
  files: [file]
})

const everywhere = (one: Place): Host["places"] => ({ darwin: one, win32: one, linux: one })

/** The variables that every host has to set itself: some pass on few of the person's own, or none. */
const variablesOf = (name: Host["variables"], { variables }: HostServer): HostEntry => {
  const set = settled(variables)
  return Object.keys(set).length === 0 ? {} : { [name]: set }
}

const plainEntry: Host["entry"] = (server) => ({
  command: server.command,
  args: server.args,
  ...variablesOf("env", server)
})

const typedEntry: Host["entry"] = (server) => ({ type: "stdio", ...plainEntry(server) })

export const hosts: Readonly<Record<HostId, Host>> = {
  "claude-code": {
    id: "claude-code",
    title: "Claude Code",
    places: everywhere(place("home", [], ".claude.json", "CLAUDE_CONFIG_DIR")),
    format: "json",
    container: "mcpServers",
    variables: "env",
    entry: typedEntry
  },
  "claude-desktop": {
    id: "claude-desktop",
    title: "Claude Desktop",
    places: everywhere(place("settings", ["Claude"], "claude_desktop_config.json")),
    format: "json",
    container: "mcpServers",
    variables: "env",
    entry: typedEntry
  },
  cursor: {
    id: "cursor",
    title: "Cursor",
    places: everywhere(place("home", [".cursor"], "mcp.json")),
    format: "jsonc",
    container: "mcpServers",
    variables: "env",
    entry: typedEntry
  },
  vscode: {
    id: "vscode",
    title: "VS Code",
    places: everywhere(place("settings", ["Code", "User"], "mcp.json")),
    format: "jsonc",
    container: "servers",
    variables: "env",
    entry: typedEntry
  },
  codex: {
    id: "codex",
    title: "Codex",
    places: everywhere(place("home", [".codex"], "config.toml", "CODEX_HOME")),
    format: "toml",
    container: "mcp_servers",
    variables: "env",
    // A first `npx` downloads, which takes longer than Codex waits by itself; and `gas_auth` can be told to wait for a
    // person for 300 seconds, which is longer than some versions wait for a tool.
    entry: (server) => ({ ...plainEntry(server), startup_timeout_sec: 60, tool_timeout_sec: 330 })
  },
  gemini: {
    id: "gemini",
    title: "Gemini CLI",
    places: everywhere(place("home", [".gemini"], "settings.json")),
    format: "jsonc",
    container: "mcpServers",
    variables: "env",
    entry: plainEntry
  },
  opencode: {
    id: "opencode",
    title: "opencode",
    // It reads both, and what the second says counts.
    places: everywhere({ ...place("config", ["opencode"], ""), files: ["opencode.json", "opencode.jsonc"] }),
    format: "jsonc",
    container: "mcp",
    variables: "environment",
    entry: (server) => ({
      type: "local",
      command: [server.command, ...server.args],
      ...variablesOf("environment", server),
      enabled: true
    })
  },
  windsurf: {
    id: "windsurf",
    title: "Windsurf",
    places: everywhere(place("home", [".codeium", "windsurf"], "mcp_config.json")),
    format: "jsonc",
    container: "mcpServers",
    variables: "env",
    entry: plainEntry
  },
  zed: {
    id: "zed",
    title: "Zed",
    places: {
      darwin: place("home", [".config", "zed"], "settings.json"),
      win32: place("settings", ["Zed"], "settings.json"),
      linux: place("config", ["zed"], "settings.json")
    },
    format: "jsonc",
    container: "context_servers",
    variables: "env",
    entry: plainEntry
  }
}

/** A program of Windows that a host can start without a shell. */
const isExecutable = (command: string): boolean => /\.(?:exe|com)$/iu.test(command) || /^(?:cmd|node)$/iu.test(command)

/**
 * The same server, started such that every host can: on Windows `npx` is a script, and many hosts start programs without
 * a shell, so there it is run by `cmd`. Elsewhere, and for programs, nothing changes.
 */
export const startable = (server: HostServer, platform: Platform): HostServer =>
  platform === "win32" && !isExecutable(server.command)
    ? { ...server, command: "cmd", args: ["/c", server.command, ...server.args] }
    : server
