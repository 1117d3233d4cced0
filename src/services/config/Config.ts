/**
 * The environment, decoded once, with every problem of it reported at once.
 */
import { Context, Duration, type Effect, type LogLevel, type Option, type Redacted, Schema } from "effect"
import type { Explained } from "../Explained.ts"

/** One thing that is wrong with the configuration, and what to do about it. */
export class ConfigProblem extends Schema.Class<ConfigProblem>("mcp-gas/ConfigProblem")({
  /** The variable or file that is meant. */
  where: Schema.String,
  /** One sentence: what is wrong there. Never repeats a secret. */
  problem: Schema.String,
  /** One sentence: what to put there instead. */
  remedy: Schema.String
}) {}

/** The configuration cannot be used: all problems found, not only the first. Nothing was started. */
export class ClientMisconfigured extends Schema.TaggedError<ClientMisconfigured>()("ClientMisconfigured", {
  /** All that were found, at least one. */
  problems: Schema.NonEmptyArray(ConfigProblem)
}) implements Explained {
  readonly code = "client_misconfigured"
  override get message(): string {
    return this.problems.map((each) => `${each.where}: ${each.problem}`).join(" ")
  }
  get remedy(): string {
    return this.problems.map((each) => each.remedy).join(" ")
  }
}

/** An OAuth client of the provider (RFC 6749 section 2), of the kind that Google calls "Desktop app". */
export interface OAuthClient {
  /** The identifier the provider gave it (`client_id`, RFC 6749 section 2.2). */
  readonly clientId: string
  /** Google's desktop clients have one although it cannot be kept confidential; other providers may issue none. */
  readonly clientSecret: Option.Option<Redacted.Redacted<string>>
}

/** The scopes a sign-in asks for unless told otherwise: who the person is, their scripts, and finding these in Drive. */
export const defaultScopes: ReadonlyArray<string> = [
  "openid",
  "email",
  "profile",
  "https://www.googleapis.com/auth/script.projects",
  "https://www.googleapis.com/auth/script.deployments",
  "https://www.googleapis.com/auth/drive.metadata.readonly"
]

/** How long a person has for a sign-in unless told otherwise. */
export const defaultSignInTimeout: Duration.Duration = Duration.minutes(5)

/** How the person's browser is reached. */
export type BrowserChoice =
  | { readonly _tag: "System" }
  | { readonly _tag: "None" }
  /** A program run with the URL as its only argument, without a shell. */
  | { readonly _tag: "Command"; readonly command: string }

/** Where tokens come from. */
export type ProviderChoice =
  | { readonly _tag: "Google" }
  /** Discovered at `<issuer>/.well-known/…` on first need. `https:`, or `http:` on a loopback host. */
  | { readonly _tag: "Issuer"; readonly issuer: string }

/** Everything that the environment says, decoded, with defaults in place of what it does not say. */
export interface Settings {
  /** Absolute path of the data directory. Not created, nor looked at, until something is to be kept there. */
  readonly home: string
  /** Whom to sign in to; Google unless said. */
  readonly provider: ProviderChoice
  /** The scopes a sign-in asks for, without repetition. */
  readonly scopes: ReadonlyArray<string>
  /** How the person's browser is opened; the system's unless said. */
  readonly browser: BrowserChoice
  /** The loopback port of the callback listener; none: any free one. */
  readonly callbackPort: Option.Option<number>
  /** How long a person has for a sign-in. */
  readonly signInTimeout: Duration.Duration
  /** How much is logged; `Info` unless said. */
  readonly logLevel: LogLevel.LogLevel
  /** One origin in place of the Google API hosts. */
  readonly googleApi: Option.Option<string>
}

/**
 * The environment as a service. Building it fails with `ClientMisconfigured` if a variable cannot be used, so that
 * whoever has it has settings that can.
 */
export class Config extends Context.Service<Config, {
  /** The decoded environment. */
  readonly settings: Settings
  /**
   * The OAuth client, by value or from its file. The file is read whenever this is asked for, so that a person can put
   * it in place, or mend it, without restarting the server.
   */
  readonly client: Effect.Effect<OAuthClient, ClientMisconfigured>
}>()("mcp-gas/services/config/Config") {}
