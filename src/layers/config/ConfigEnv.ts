/**
 * The configuration from environment variables.
 *
 * A value that is empty or white space counts as unset, since hosts write such values for settings a person left blank; so does
 * the place-holder of a bundle (`${user_config.…}`) that a host has left as it is. White space around a value is dropped.
 * `MCP_GAS_HOME` and `MCP_GAS_CLIENT_FILE` may begin with `~/`, which no shell
 * expands in a host's settings file. A relative `MCP_GAS_CLIENT_FILE` starts from the working directory.
 */
import { Array, Config as Variable, Effect, FileSystem, Layer, Option, Path, Record, Redacted, Result } from "effect"
import { UserDirectories } from "effect/persistence"
import {
  type BrowserChoice,
  ClientMisconfigured,
  Config,
  ConfigProblem,
  defaultScopes,
  defaultSignInTimeout,
  type ProviderChoice
} from "../../services/config/Config.ts"
import * as Client from "./ConfigEnvClient.ts"
import * as Decode from "./ConfigEnvSettings.ts"

const faultOf = (where: string) => (fault: Decode.Fault) => new ConfigProblem({ where, ...fault })

const isGiven = (text: string): boolean => text !== "" && !/^\$\{user_config\.[^}]*\}$/u.test(text)

/**
 * The trimmed text of a variable; none if it counts as unset.
 *
 * @internal
 */
export const textOf = (name: string): Effect.Effect<Option.Option<string>, ConfigProblem> =>
  Variable.option(Variable.String(name)).pipe(
    Effect.map(Option.flatMap((text) => Option.liftPredicate(text.trim(), isGiven))),
    Effect.mapError(() =>
      faultOf(name)({ problem: "It could not be read.", remedy: `Check where ${name} comes from, or unset it.` })
    )
  )

const setting = <A>(name: string, unset: A, decode: (text: string) => Decode.Decoded<A>) =>
  Effect.flatMap(
    textOf(name),
    Option.match({
      onNone: () => Effect.succeed(unset),
      onSome: (text) => Effect.mapError(Effect.fromResult(decode(text)), faultOf(name))
    })
  )

/** `~` and `~/…` as the user's home directory; everything else unchanged. */
const expandTilde = Effect.fnUntraced(function*(name: string, text: string) {
  if (!/^~(?:$|[/\\])/u.test(text)) return text
  const path = yield* Path.Path
  const directories = yield* UserDirectories.UserDirectories
  const home = yield* directories.home.pipe(
    Effect.mapError(() =>
      faultOf(name)({
        problem: `It is ${Decode.quote(text)}, but the user's home directory is not known.`,
        remedy: `Set ${name} to an absolute path.`
      })
    )
  )
  return path.join(home, text.slice(1))
})

const home = Effect.gen(function*() {
  const refuse = faultOf("MCP_GAS_HOME")
  const remedy = "Set MCP_GAS_HOME to the absolute path of a directory."
  const path = yield* Path.Path
  const given = yield* textOf("MCP_GAS_HOME")
  if (Option.isNone(given)) {
    const directories = yield* UserDirectories.UserDirectories
    return yield* directories.data("mcp-gas").pipe(
      Effect.mapError(() => refuse({ problem: "It is unset, and the user's data directory is not known.", remedy }))
    )
  }
  const expanded = yield* expandTilde("MCP_GAS_HOME", given.value)
  return path.isAbsolute(expanded) ? path.resolve(expanded) : yield* Effect.fail(
    refuse({ problem: `It is ${Decode.quote(given.value)}, but an absolute path is needed.`, remedy })
  )
})

const clientFile = Effect.gen(function*() {
  const given = yield* textOf("MCP_GAS_CLIENT_FILE")
  if (Option.isNone(given)) return Option.none<string>()
  // Whoever pastes the file's content has pasted a secret, which must not come back in a message as a path.
  if (given.value.startsWith("{")) {
    return yield* Effect.fail(
      faultOf("MCP_GAS_CLIENT_FILE")({
        problem: "It holds JSON, but the path of a file is needed.",
        remedy: "Save that JSON in a file and set MCP_GAS_CLIENT_FILE to its path."
      })
    )
  }
  const path = yield* Path.Path
  return Option.some(path.resolve(yield* expandTilde("MCP_GAS_CLIENT_FILE", given.value)))
})

const clientSource = Effect.gen(function*() {
  const file = yield* clientFile
  const id = yield* textOf("MCP_GAS_CLIENT_ID")
  const secret = yield* textOf("MCP_GAS_CLIENT_SECRET")
  return yield* Effect.fromResult(Client.source({
    file,
    id,
    secret: Option.map(secret, (text) => Redacted.make(text, { label: "client secret" }))
  }))
})

/**
 * The provider unless told otherwise.
 *
 * @internal
 */
export const google: ProviderChoice = { _tag: "Google" }
const systemBrowser: BrowserChoice = { _tag: "System" }

/**
 * Every variable for itself, so that a problem of one does not hide those of the others. Looks at no file.
 *
 * @internal
 */
export const variables = Effect.all({
  home,
  provider: setting("MCP_GAS_ISSUER", google, Decode.provider),
  scopes: setting("MCP_GAS_SCOPES", defaultScopes, Decode.scopes),
  browser: setting("MCP_GAS_BROWSER", systemBrowser, Decode.browser),
  callbackPort: setting("MCP_GAS_CALLBACK_PORT", Option.none(), Decode.callbackPort),
  signInTimeout: setting("MCP_GAS_SIGN_IN_TIMEOUT", defaultSignInTimeout, Decode.signInTimeout),
  logLevel: setting("MCP_GAS_LOG_LEVEL", "Info", Decode.logLevel),
  googleApi: setting("MCP_GAS_GOOGLE_API", Option.none(), Decode.googleApi),
  source: clientSource
}, { mode: "result" })

/**
 * Provides `Config`; needs `FileSystem`, `Path` and `UserDirectories`, and reads the variables from the current
 * `ConfigProvider` while it is built; finalizes nothing.
 *
 * Touches no file while the environment is in order: the client is looked up whenever `Config.client` is asked for.
 * Otherwise it fails with every problem of the environment, and with those of the client as far as it can be looked up.
 */
export const layer: Layer.Layer<
  Config,
  ClientMisconfigured,
  FileSystem.FileSystem | Path.Path | UserDirectories.UserDirectories
> = Layer.effect(
  Config,
  Effect.gen(function*() {
    const platform = { fs: yield* FileSystem.FileSystem, path: yield* Path.Path }
    const decoded = yield* variables
    const all = Result.all(decoded)
    if (Result.isSuccess(all)) {
      const { source, ...settings } = all.success
      return Config.of({
        settings,
        client: Client.resolve(platform, {
          source,
          home: Option.some(settings.home),
          provider: settings.provider
        }).pipe(Effect.withSpan("Config.client"))
      })
    }
    const client = yield* Option.match(Result.getSuccess(decoded.source), {
      onNone: () => Effect.succeed([]),
      onSome: (source) =>
        Client.resolve(platform, {
          source,
          home: Result.getSuccess(decoded.home),
          provider: Result.getOrElse(decoded.provider, () => google)
        }).pipe(Effect.match({ onSuccess: () => [], onFailure: ({ problems }) => problems }))
    })
    const [, ...others] = Array.getFailures(Record.values(decoded))
    return yield* new ClientMisconfigured({ problems: [all.failure, ...others, ...client] })
  })
)
