/**
 * The options of `createSignIn`, looked at before anything is built from them: whoever gives them may have no compiler that does.
 */
import { Array as Arr, Effect, Schema, SchemaIssue } from "effect"
import { isAbsolute } from "node:path"
import { isSecureUrl } from "../../services/config/LoopbackHost.ts"
import type { Explained } from "../../services/Explained.ts"
import type { CreateSignInOptions } from "./PromiseSignIn.ts"

/** The options cannot be used: all that is wrong with them, and nothing of what they hold, since that may be a secret. */
export class InvalidOptions extends Schema.TaggedError<InvalidOptions>()("InvalidOptions", {
  /** One per problem: the option, and what is allowed. */
  problems: Schema.NonEmptyArray(Schema.String)
}) implements Explained {
  readonly code = "invalid_options"
  override get message(): string {
    return `The sign-in cannot be made with these options: ${this.problems.join("; ")}.`
  }
  get remedy(): string {
    return "Correct what createSignIn is given."
  }
}

const text = (pattern: RegExp, expected: string) => Schema.String.check(Schema.isPattern(pattern, { expected }))

const isIssuer = (issuer: string): boolean => {
  const url = URL.parse(issuer)
  return url !== null && isSecureUrl(url)
}

const Options = Schema.Struct({
  // It becomes a part of a path.
  name: text(/^(?! )[^\p{Cc}/\\:*?"<>|]{1,100}(?<![. ])$/u, "a name that a directory can have, such as acme-mcp"),
  title: Schema.optional(Schema.NonEmptyString),
  issuer: Schema.String.check(
    Schema.makeFilter(isIssuer, { expected: "an https: URL, or an http: URL of a loopback host" })
  ),
  clientId: Schema.NonEmptyString,
  clientSecret: Schema.optional(Schema.NonEmptyString),
  // RFC 6749 section 3.3: several in one text would never be found to be granted.
  scopes: Schema.Array(text(/^[\x21\x23-\x5B\x5D-\x7E]+$/, "one scope, without spaces")),
  authorizationParameters: Schema.optional(Schema.Record(Schema.String, Schema.String)),
  storage: Schema.optional(Schema.Literals(["files", "memory"])),
  directory: Schema.optional(Schema.String.check(Schema.makeFilter(isAbsolute, { expected: "an absolute path" }))),
  browser: Schema.optional(
    Schema.Union([Schema.Literals(["system", "none"]), Schema.Struct({ command: Schema.NonEmptyString })])
  ),
  callbackPort: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 1024, maximum: 65_535 }))),
  timeoutSeconds: Schema.optional(
    Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 3600, exclusiveMinimum: true }))
  ),
  logLevel: Schema.optional(Schema.Literals(["debug", "info", "warn", "error", "none"]))
})

const decode = Schema.decodeUnknownEffect(Options, { errors: "all", onExcessProperty: "error" })

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const nameOf = (path: ReadonlyArray<unknown> = []): string => path.length === 0 ? "options" : path.map(String).join(".")

const wordsOf = (message: string): string =>
  message.replace("Expected no excess property", "no such option").replace("Missing key", "missing").replace(
    /^Expected/,
    "expected"
  )

const problemsOf = (issue: SchemaIssue.Issue): Arr.NonEmptyReadonlyArray<string> => {
  const problems = format(issue).issues.map(({ message, path }) => `${nameOf(path)}: ${wordsOf(message)}`)
  return Arr.isReadonlyArrayNonEmpty(problems) ? problems : ["options: not as they have to be"]
}

/** The same options, if they can be used. */
export const checked = (options: CreateSignInOptions): Effect.Effect<CreateSignInOptions, InvalidOptions> =>
  decode(options).pipe(
    Effect.as(options),
    Effect.mapError(({ issue }) => new InvalidOptions({ problems: problemsOf(issue) }))
  )
