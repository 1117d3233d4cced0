/**
 * `ConfigSeen` from environment variables, read as `Config` reads them.
 */
import { Array, Effect, FileSystem, Layer, Option, Path, Record, Result } from "effect"
import type { UserDirectories } from "effect/persistence"
import { ConfigSeen } from "../../services/doctor/ConfigSeen.ts"
import * as ConfigEnv from "../config/ConfigEnv.ts"
import * as Client from "../config/ConfigEnvClient.ts"

/**
 * Provides `ConfigSeen`; needs `FileSystem`, `Path` and `UserDirectories`, and reads the variables from the current
 * `ConfigProvider` while it is built; finalizes nothing. Touches no file until the client is asked for.
 */
export const layer: Layer.Layer<
  ConfigSeen,
  never,
  FileSystem.FileSystem | Path.Path | UserDirectories.UserDirectories
> = Layer.effect(
  ConfigSeen,
  Effect.gen(function*() {
    const platform = { fs: yield* FileSystem.FileSystem, path: yield* Path.Path }
    const decoded = yield* ConfigEnv.variables
    const home = Result.getSuccess(decoded.home)
    const provider = Result.getSuccess(decoded.provider)
    return ConfigSeen.of({
      problems: Array.getFailures(Record.values(decoded)),
      home,
      provider,
      scopes: Result.getSuccess(decoded.scopes),
      browser: Result.getSuccess(decoded.browser),
      callbackPort: Result.getSuccess(decoded.callbackPort),
      client: Option.map(Result.getSuccess(decoded.source), (source) =>
        Client.resolve(platform, {
          source,
          home,
          provider: Option.getOrElse(provider, () => ConfigEnv.google)
        }))
    })
  })
)
