/**
 * What is logged, and where: one line an event, on stderr, since stdout is the protocol's or the answer's.
 */
import { Config, Effect, Layer, Logger, type LogLevel, Option, References, Result } from "effect"
import * as ConfigEnvSettings from "../layers/config/ConfigEnvSettings.ts"

/** What cannot be read as a level is reported by whoever decodes the environment, with every other problem of it. */
const layerLevel = (unset: LogLevel.LogLevel) =>
  Layer.unwrap(
    Effect.map(Effect.option(Config.String("MCP_GAS_LOG_LEVEL")), (text) =>
      Layer.succeed(
        References.MinimumLogLevel,
        Option.getOrElse(
          Option.flatMap(text, (level) => Result.getSuccess(ConfigEnvSettings.logLevel(level.trim()))),
          () => unset
        )
      ))
  )

/** Logs from the level that `MCP_GAS_LOG_LEVEL` names, or else from this one on. */
export const layer = (unset: LogLevel.LogLevel): Layer.Layer<never> =>
  Layer.merge(layerLevel(unset), Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)]))
