/**
 * What a host is told of the MCPB bundle: the package's facts, the registry entry's words, the tools' own descriptions.
 */
import * as packageJson from "../package.json" with { type: "json" }
import * as serverJson from "../server.json" with { type: "json" }

const { author, bugs, description, engines, homepage, keywords, license, name, repository, version } =
  packageJson.default

/** The directory of the command inside of the bundle. */
export const serverDirectory = "server"

/** The command inside of the bundle. */
export const entryPoint = `${serverDirectory}/mcp-gas.js`

/** The variable that a person is asked for before the server is started, and may leave blank. */
export const askedFor = "MCP_GAS_CLIENT_FILE"

/** A tool as the bundle lists it. */
export interface ListedTool {
  readonly name: string
  readonly description: string
}

/** What is said of a variable in the registry entry. */
const wordsOf = (variable: string): string => {
  const words = serverJson.default.packages.flatMap(({ environmentVariables }) => environmentVariables)
    .find((each) => each.name === variable)?.description
  if (words === undefined) throw new Error(`server.json says nothing of ${variable}`)
  return words
}

/** The manifest of a bundle whose server has these tools: the object that `manifest.json` holds. */
export const manifestOf = (tools: ReadonlyArray<ListedTool>) => ({
  manifest_version: "0.3",
  name,
  display_name: serverJson.default.title,
  version,
  description,
  author: { name: author },
  repository: { type: repository.type, url: repository.url.replace(/^git\+/, "") },
  homepage,
  documentation: homepage,
  support: bugs,
  license,
  keywords,
  server: {
    type: "node",
    entry_point: entryPoint,
    mcp_config: {
      command: "node",
      args: [`\${__dirname}/${entryPoint}`],
      env: { [askedFor]: "${user_config.client_file}" }
    }
  },
  tools,
  compatibility: { platforms: ["darwin", "linux", "win32"], runtimes: { node: engines.node } },
  user_config: {
    client_file: {
      type: "file",
      title: "OAuth client file",
      description: wordsOf(askedFor),
      required: false,
      // Hosts replace the variable above only if it has a value. Without one, its name would be taken for a file's.
      default: ""
    }
  }
})
