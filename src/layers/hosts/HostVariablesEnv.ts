/**
 * The variables for a host's config, as this process has them in its environment: a host that a person starts from their
 * desktop has none of what their shell sets.
 */
import { Array, ConfigProvider, Effect, FileSystem, Option, Path, Record, Result } from "effect"
import { ClientMisconfigured, type ConfigProblem } from "../../services/config/Config.ts"
import { type HostVariables, hostVariables } from "../../services/hosts/HostVariables.ts"
import * as ConfigEnv from "../config/ConfigEnv.ts"
import { clientFileName } from "../config/ConfigEnvClient.ts"
import * as ConfigEnvClientFile from "../config/ConfigEnvClientFile.ts"

export interface FromEnvironment {
  readonly variables: HostVariables
  /** Whether a server with these variables has an OAuth client. */
  readonly hasClient: boolean
  /** Whether `MCP_GAS_CLIENT_SECRET` is set, which is in no entry. */
  readonly hasSecret: boolean
}

/** What is set, by name and trimmed. */
const texts = (names: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(names, (name) =>
      Effect.map(
        Effect.orElseSucceed(ConfigEnv.textOf(name), () => Option.none<string>()),
        Option.match({ onNone: () => [], onSome: (text) => [[name, text] as const] })
      )),
    (found): Readonly<Partial<Record<string, string>>> => Object.fromEntries(found.flat())
  )

const misconfigured = (problem: ConfigProblem) => new ClientMisconfigured({ problems: [problem] })

/** The client is that of the named file, whatever the environment says: an empty text hides it, and counts as unset. */
const instead = (clientFile: string) =>
  ConfigProvider.fromEnvRecord({
    MCP_GAS_CLIENT_FILE: clientFile,
    MCP_GAS_CLIENT_ID: "",
    MCP_GAS_CLIENT_SECRET: ""
  }, { preserveEmptyStrings: true })

const fromEnvironment = Effect.fnUntraced(function*(whereFile: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const decoded = yield* ConfigEnv.variables
  const all = Result.all(decoded)
  if (Result.isFailure(all)) {
    const [, ...others] = Array.getFailures(Record.values(decoded))
    return yield* new ClientMisconfigured({ problems: [all.failure, ...others] })
  }
  const { home, source } = all.success
  const set = yield* texts(hostVariables)
  const { MCP_GAS_BROWSER: browser } = set
  const secret = yield* texts(["MCP_GAS_CLIENT_SECRET"])
  const read = (where: string, file: string) =>
    Effect.mapError(ConfigEnvClientFile.read(fs, where, file), misconfigured)
  const inHome = path.join(home, clientFileName)
  const client = source._tag === "Value"
    ? Option.some(source.client)
    : yield* source._tag === "File" ? read(whereFile, source.path) : read(inHome, inHome)
  if (source._tag === "File" && Option.isNone(client)) {
    return yield* misconfigured(ConfigEnvClientFile.missing(whereFile, source.path))
  }
  const found: FromEnvironment = {
    variables: {
      ...set,
      ...(source._tag === "File" ? { MCP_GAS_CLIENT_FILE: source.path } : {}),
      ...(set["MCP_GAS_HOME"] === undefined ? {} : { MCP_GAS_HOME: home }),
      // A name without a separator is looked for on the PATH.
      ...(browser !== undefined && /[/\\]/u.test(browser) ? { MCP_GAS_BROWSER: path.resolve(browser) } : {})
    },
    hasClient: Option.isSome(client),
    hasSecret: Record.has(secret, "MCP_GAS_CLIENT_SECRET")
  }
  return found
})

/**
 * Reads them from the current `ConfigProvider`, paths made absolute; with `clientFile`, that is the OAuth client, and what
 * the environment says of another counts as unset.
 *
 * Fails where a server with this environment would, with every problem of it, since a text that cannot be used may be a
 * secret in the wrong place; and where the client's file is missing or holds none. Nothing is written.
 */
export const read = Effect.fn("HostVariablesEnv.read")((clientFile: Option.Option<string>) =>
  Option.match(Option.filter(clientFile, (file) => file.trim() !== ""), {
    onNone: () => fromEnvironment("MCP_GAS_CLIENT_FILE"),
    onSome: (file) =>
      Effect.flatMap(ConfigProvider.ConfigProvider, (environment) =>
        Effect.provideService(
          fromEnvironment("--client-file"),
          ConfigProvider.ConfigProvider,
          ConfigProvider.orElse(instead(file), environment)
        ))
  })
)
