/**
 * Where the OAuth client comes from, and getting it from there.
 */
import { Effect, type FileSystem, Option, type Path, type Redacted, Result } from "effect"
import {
  ClientMisconfigured,
  ConfigProblem,
  type OAuthClient,
  type ProviderChoice
} from "../../services/config/Config.ts"
import * as ConfigEnvClientFile from "./ConfigEnvClientFile.ts"

/** What the environment says about the client. */
export type ClientSource =
  | { readonly _tag: "Value"; readonly client: OAuthClient }
  | { readonly _tag: "File"; readonly path: string }
  /** Nothing: it may lie in the data directory. */
  | { readonly _tag: "Unset" }

/** Chooses the source. A client given twice is refused, because either could be the one that is meant. */
export const source = (variables: {
  readonly file: Option.Option<string>
  readonly id: Option.Option<string>
  readonly secret: Option.Option<Redacted.Redacted<string>>
}): Result.Result<ClientSource, ConfigProblem> => {
  const { file, id, secret } = variables
  if (Option.isSome(file)) {
    return Option.isNone(id) && Option.isNone(secret)
      ? Result.succeed({ _tag: "File", path: file.value })
      : Result.fail(
        new ConfigProblem({
          where: "MCP_GAS_CLIENT_FILE",
          problem: "The OAuth client is given twice, by a file and by value, but only one of them is allowed.",
          remedy: "Unset either MCP_GAS_CLIENT_FILE, or MCP_GAS_CLIENT_ID and MCP_GAS_CLIENT_SECRET."
        })
      )
  }
  if (Option.isSome(id)) {
    return Result.succeed({ _tag: "Value", client: { clientId: id.value, clientSecret: secret } })
  }
  return Option.isNone(secret) ? Result.succeed({ _tag: "Unset" }) : Result.fail(
    new ConfigProblem({
      where: "MCP_GAS_CLIENT_SECRET",
      problem: "A client secret is given without the client ID it belongs to.",
      remedy: "Set MCP_GAS_CLIENT_ID as well, or unset MCP_GAS_CLIENT_SECRET."
    })
  )
}

/** The name the client file has in the data directory. */
export const clientFileName = "client.json"

/** Nobody has said which client to use; `inHome` names the place where its file was looked for, if it is known. */
const unset = (inHome: string | undefined, provider: ProviderChoice): ClientMisconfigured => {
  const create = provider._tag === "Google"
    ? "Create an OAuth client of type \"Desktop app\" at https://console.cloud.google.com/apis/credentials, " +
      "download its JSON"
    : `Register a native OAuth client at ${provider.issuer}, set MCP_GAS_CLIENT_ID (and MCP_GAS_CLIENT_SECRET if it ` +
      "has one), or write a client JSON of the \"installed\" kind"
  return new ClientMisconfigured({
    problems: [
      new ConfigProblem({
        where: "MCP_GAS_CLIENT_FILE",
        problem: "No OAuth client is configured.",
        remedy: `${create}, and import it (mcp-gas import FILE), set MCP_GAS_CLIENT_FILE to its path, or save it as ${
          inHome ?? `${clientFileName} in the data directory`
        }.`
      })
    ]
  })
}

/** Gets the client from its source. Reads a file anew each time. */
export const resolve = (
  platform: { readonly fs: FileSystem.FileSystem; readonly path: Path.Path },
  options: {
    readonly source: ClientSource
    /** The data directory, if it is known. */
    readonly home: Option.Option<string>
    readonly provider: ProviderChoice
  }
): Effect.Effect<OAuthClient, ClientMisconfigured> => {
  const read = (where: string, file: string) =>
    ConfigEnvClientFile.read(platform.fs, where, file).pipe(
      Effect.mapError((problem) => new ClientMisconfigured({ problems: [problem] }))
    )
  switch (options.source._tag) {
    case "Value":
      return Effect.succeed(options.source.client)
    case "File": {
      const { path } = options.source
      return Effect.flatMap(
        read("MCP_GAS_CLIENT_FILE", path),
        Option.match({
          onSome: Effect.succeed,
          onNone: () =>
            new ClientMisconfigured({ problems: [ConfigEnvClientFile.missing("MCP_GAS_CLIENT_FILE", path)] })
        })
      )
    }
    case "Unset": {
      if (Option.isNone(options.home)) return Effect.fail(unset(undefined, options.provider))
      const file = platform.path.join(options.home.value, clientFileName)
      return Effect.flatMap(
        read(file, file),
        Option.match({ onSome: Effect.succeed, onNone: () => unset(file, options.provider) })
      )
    }
  }
}
