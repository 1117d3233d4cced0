/**
 * What the environment says of OpenTelemetry, as far as it is not left to Effect's exporters to read: the variables of the
 * OpenTelemetry specification, with a warning where it would have an error.
 */
import { Config, Effect, Option, Result } from "effect"

/** The kinds of telemetry, as the variables name them. */
export const signals = ["TRACES", "METRICS", "LOGS"] as const

export type Signal = typeof signals[number]

export type Protocol = "http/json" | "http/protobuf"

/** A variable that says something, and its name. */
interface Said {
  readonly name: string
  readonly text: string
}

/** The first of these variables that says something. */
const said = Effect.fnUntraced(function*(...names: ReadonlyArray<string>) {
  for (const name of names) {
    const text = Option.getOrElse(yield* Effect.option(Config.String(name)), () => "").trim()
    if (text !== "") return Option.some<Said>({ name, text })
  }
  return Option.none<Said>()
})

/** Why nothing can be sent there, if nothing can. */
const problemOf = (text: string): string | undefined => {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return "is no http: or https: URL"
  return url.username === "" && url.password === ""
    ? undefined
    : "has a user or password in it, which belong into OTEL_EXPORTER_OTLP_HEADERS"
}

/** Where a signal is to be sent, as it is written. */
const endpointOf = (signal: Signal) => said(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, "OTEL_EXPORTER_OTLP_ENDPOINT")

/** Where any signal is to be sent; with none, nothing is. */
export const endpoint = Effect.map(
  Effect.forEach(signals, endpointOf),
  Option.firstSomeOf
)

/**
 * How a signal is sent: none if there is nowhere to send it; a failure says what is wrong with which variable, and does not
 * repeat its value, which may hold a secret.
 */
export const protocolOf = Effect.fnUntraced(function*(
  signal: Signal
): Effect.fn.Return<Result.Result<Option.Option<Protocol>, string>> {
  const to = yield* endpointOf(signal)
  if (Option.isNone(to)) return Result.succeed(Option.none())
  const problem = problemOf(to.value.text)
  if (problem !== undefined) return Result.fail(`${to.value.name} ${problem}`)
  const protocol = yield* said(`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`, "OTEL_EXPORTER_OTLP_PROTOCOL")
  const { name, text } = Option.getOrElse(protocol, () => ({ name: "", text: "http/protobuf" }))
  return text === "http/json" || text === "http/protobuf"
    ? Result.succeed(Option.some(text))
    : Result.fail(`${name} is neither http/protobuf nor http/json`)
})

/** Whether the environment gives the service a name. */
export const hasServiceName: Effect.Effect<boolean> = Effect.gen(function*() {
  const attributes = yield* said("OTEL_RESOURCE_ATTRIBUTES")
  return Option.isSome(yield* said("OTEL_SERVICE_NAME")) ||
    Option.exists(attributes, ({ text }) => /(^|,)\s*service\.name\s*=/.test(text))
})

/**
 * What the exporters have to find instead: an endpoint is enough for them to export, as the specification has it, and closing
 * waits for this many milliseconds.
 */
export const settled = Effect.fnUntraced(function*(signal: Signal, lastWordsMillis: number) {
  const exporter = Option.match(yield* said(`OTEL_${signal}_EXPORTER`), {
    onNone: () => "otlp",
    onSome: ({ text }) => text
  })
  return {
    [`OTEL_${signal}_EXPORTER`]: exporter,
    [`OTEL_EXPORTER_OTLP_${signal}_TIMEOUT`]: String(lastWordsMillis)
  }
})

/** The name of the variable that an exporter could not use, from what it says of it. */
export const namedIn = (message: string): string => /\bOTEL_[A-Z_]+/.exec(message)?.[0] ?? "a variable OTEL_…"
