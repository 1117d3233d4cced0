/**
 * What each variable of the environment may say: from its text to its value, or to what is wrong with it.
 *
 * Pure functions. The texts handed in are trimmed and not empty. A `Fault` repeats what was given unless that could hold
 * a secret.
 */
import { Array, Duration, LogLevel, Option, Result, Schema } from "effect"
import type { BrowserChoice, ProviderChoice } from "../../services/config/Config.ts"
import { isSecureUrl } from "../../services/config/LoopbackHost.ts"

/** Why a text cannot be used: what was given and what is allowed, and what to do about it. */
export interface Fault {
  readonly problem: string
  readonly remedy: string
}

export type Decoded<A> = Result.Result<A, Fault>

const refuse = (problem: string, remedy: string): Result.Result<never, Fault> => Result.fail({ problem, remedy })

/** A text as an error message shows it: on one line, quoted and of bounded length. */
export const quote = (text: string): string => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)

/** Scopes as RFC 6749 section 3.3 writes them, separated by any white space; repetitions count once. */
export const scopes = (text: string): Decoded<ReadonlyArray<string>> => {
  const all = Array.dedupe(text.split(/\s+/u))
  const bad = all.filter((scope) => !/^[\x21\x23-\x5B\x5D-\x7E]+$/u.test(scope))
  return bad.length === 0 ? Result.succeed(all) : refuse(
    `It holds ${bad.map(quote).join(", ")}, but a scope is printable ASCII without quotation marks or backslashes.`,
    "Write the scopes in MCP_GAS_SCOPES separated by spaces and without quotation marks."
  )
}

/** `none`, in any case, or a program. Whether the program exists shows when it is first needed. */
export const browser = (text: string): Decoded<BrowserChoice> =>
  Result.succeed(text.toLowerCase() === "none" ? { _tag: "None" } : { _tag: "Command", command: text })

/** Ports above 1023 that no browser connects to (the "bad ports" of the Fetch standard). */
const portsBrowsersBlock: ReadonlySet<number> = new Set(
  [1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080]
)

/**
 * A port that a program without privileges may listen on and that a browser will go to. Port 80 would also be left out
 * of the Host header.
 */
export const callbackPort = (text: string): Decoded<Option.Option<number>> => {
  const remedy = "Set MCP_GAS_CALLBACK_PORT to another number, or leave it unset for any free port."
  const port = /^\d{1,5}$/u.test(text) ? Number(text) : 0
  if (port < 1024 || port > 65_535) {
    return refuse(`It is ${quote(text)}, but a callback port is a whole number from 1024 to 65535.`, remedy)
  }
  return portsBrowsersBlock.has(port)
    ? refuse(`It is ${port}, a port that browsers refuse to connect to.`, remedy)
    : Result.succeed(Option.some(port))
}

/** Longer than a person needs, and than a provider's page or a listener on an open port should last. */
const longestSignIn = Duration.hours(1)

export const signInTimeout = (text: string): Decoded<Duration.Duration> => {
  const duration = Schema.decodeOption(Schema.DurationFromString)(text)
  return Option.isSome(duration) && Duration.isGreaterThan(duration.value, Duration.zero) &&
      Duration.isLessThanOrEqualTo(duration.value, longestSignIn)
    ? Result.succeed(duration.value)
    : refuse(
      `It is ${quote(text)}, but a time for signing in is a positive number and a unit, at most 1 hour.`,
      "Write MCP_GAS_SIGN_IN_TIMEOUT like \"90 seconds\" or \"5 minutes\"."
    )
}

export const logLevel = (text: string): Decoded<LogLevel.LogLevel> =>
  Result.fromOption(
    Array.findFirst(LogLevel.values, (level) => level.toLowerCase() === text.toLowerCase()),
    () => ({
      problem: `It is ${quote(text)}, but a log level is one of ${LogLevel.values.join(", ")}.`,
      remedy: "Set MCP_GAS_LOG_LEVEL to one of these names."
    })
  )

/** A URL that bytes can safely be sent to and nothing can hide in. */
const secureUrl = (variable: string, text: string): Decoded<URL> => {
  const url = URL.parse(text)
  // A password or a query may be a secret, so a text that could hold one is not repeated.
  const given = /[@?#]/u.test(text) ? "not a URL that can be used" : quote(text)
  if (url === null || !isSecureUrl(url)) {
    return refuse(
      `It is ${given}, but an https: URL is needed, or an http: URL of a loopback host (127.0.0.1, localhost, [::1]).`,
      `Set ${variable} to a URL that begins with https://.`
    )
  }
  // The text, because a bare "?" or "#" leaves no trace in the parsed URL.
  return url.username === "" && url.password === "" && !/[@?#\s]/u.test(text) ? Result.succeed(url) : refuse(
    "It is a URL with a user name, a password, a query, a fragment or white space, but none of these is allowed.",
    `Remove everything but the scheme, host, port and path from ${variable}.`
  )
}

/**
 * The issuer exactly as given, since it is compared as a string (RFC 8414 section 3.3); only the slash of a URL without
 * a path goes.
 */
export const provider = (text: string): Decoded<ProviderChoice> =>
  Result.map(secureUrl("MCP_GAS_ISSUER", text), (url): ProviderChoice => ({
    _tag: "Issuer",
    issuer: url.pathname === "/" ? text.replace(/\/$/u, "") : text
  }))

/** An origin: scheme, host and port, without a slash at the end. */
export const googleApi = (text: string): Decoded<Option.Option<string>> =>
  Result.flatMap(
    secureUrl("MCP_GAS_GOOGLE_API", text),
    (url) =>
      url.pathname === "/" ? Result.succeed(Option.some(url.origin)) : refuse(
        `It is ${quote(text)}, but only an origin is allowed, without a path.`,
        `Set MCP_GAS_GOOGLE_API to ${quote(url.origin)}.`
      )
  )
