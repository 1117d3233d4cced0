/**
 * What is logged, and where: one line an event, on stderr, since stdout is the protocol's or the answer's.
 */
import { Config, Console, Effect, Layer, Logger, type LogLevel, Option, References, Result } from "effect"
import * as ConfigEnvSettings from "../layers/config/ConfigEnvSettings.ts"

/** What cannot be read as a level is reported by whoever decodes the environment, with every other problem of it. */
const wanted = Effect.map(
  Effect.option(Config.String("MCP_GAS_LOG_LEVEL")),
  Option.flatMap((text) => Result.getSuccess(ConfigEnvSettings.logLevel(text.trim())))
)

const layerFrom = (level: LogLevel.LogLevel) =>
  Layer.merge(
    Layer.succeed(References.MinimumLogLevel, level),
    Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)])
  )

/** For whoever collects logs: from the level that `MCP_GAS_LOG_LEVEL` names, or else from `Info` on. */
export const layer: Layer.Layer<never> = Layer.unwrap(
  Effect.map(wanted, (level) => layerFrom(Option.getOrElse(level, () => "Info" as const)))
)

const plainly = Logger.make<unknown, void>(({ fiber, message }) => {
  const console = fiber.getRef(Console.Console)
  console.error(`! ${Array.isArray(message) ? message.map(String).join(" ") : String(message)}`)
})

/** For a person: warnings alone, in their own words; all else, as logs are, if a level was asked for. */
export const layerForPeople: Layer.Layer<never> = Layer.unwrap(
  Effect.map(
    wanted,
    Option.match({
      onNone: () => Layer.merge(Layer.succeed(References.MinimumLogLevel, "Warn" as const), Logger.layer([plainly])),
      onSome: layerFrom
    })
  )
)
