/**
 * The OAuth client JSON that Google's console offers for download.
 */
import { ByteSize, Effect, type FileSystem, Option, type PlatformError, Predicate, Schema } from "effect"
import { ConfigProblem, type OAuthClient } from "../../services/config/Config.ts"
import { quote } from "./ConfigEnvSettings.ts"

/** The part of the file that is used. Other members are Google's defaults, which are built in. */
const ClientFile = Schema.Struct({
  installed: Schema.Struct({
    client_id: Schema.NonEmptyString,
    client_secret: Schema.optionalKey(Schema.RedactedFromValue(Schema.NonEmptyString, { label: "client secret" }))
  })
})

const AnyJson = Schema.fromJsonString(Schema.Unknown)

/** A client file has less than one; what is larger was chosen by mistake, and need not be read to know that. */
export const largest = ByteSize.kibibytes(64)

const downloadAgain = "Download the JSON of an OAuth client of type \"Desktop app\" again and put it there."

/** There is no such file. */
export const missing = (where: string, file: string): ConfigProblem =>
  new ConfigProblem({
    where,
    problem: `There is no file at ${quote(file)}.`,
    remedy: "Save the JSON of the OAuth client there, or correct the path."
  })

const unreadable = (where: string, file: string, error: PlatformError.PlatformError): ConfigProblem =>
  error.reason._tag === "PermissionDenied"
    ? new ConfigProblem({
      where,
      problem: `${quote(file)} may not be read by this user.`,
      remedy: "Make the file readable for the user this server runs as."
    })
    : new ConfigProblem({
      where,
      problem: `${quote(file)} could not be read (${error.reason._tag}).`,
      remedy: "Check the path, and that it can be read on this machine."
    })

/** The client in the text of such a file. Nothing of the text is repeated in a problem. */
export const decode = Effect.fnUntraced(function*(
  where: string,
  file: string,
  text: string
): Effect.fn.Return<OAuthClient, ConfigProblem> {
  const refuse = (problem: string, remedy: string) => new ConfigProblem({ where, problem, remedy })
  // Decoding errors quote what they have found, so none of them is kept.
  const json = yield* Schema.decodeEffect(AnyJson)(text).pipe(
    Effect.mapError(() => refuse(`${quote(file)} is not JSON.`, downloadAgain))
  )
  if (Predicate.hasProperty(json, "web") && !Predicate.hasProperty(json, "installed")) {
    return yield* Effect.fail(
      refuse(
        `${quote(file)} holds a client of type "Web application", which cannot sign in from this machine.`,
        "Create a client of type \"Desktop app\" at https://console.cloud.google.com/apis/credentials and use its JSON."
      )
    )
  }
  const { installed } = yield* Schema.decodeUnknownEffect(ClientFile)(json).pipe(
    Effect.mapError(() =>
      refuse(`${quote(file)} holds no OAuth client: an "installed" object with a "client_id" is needed.`, downloadAgain)
    )
  )
  return { clientId: installed.client_id, clientSecret: Option.fromUndefinedOr(installed.client_secret) }
})

/**
 * Reads the file; none if there is no such file. Nothing of its content is repeated in a problem. The file is never
 * written.
 */
export const read = Effect.fn("ConfigEnvClientFile.read")(function*(
  fs: FileSystem.FileSystem,
  where: string,
  file: string
): Effect.fn.Return<Option.Option<OAuthClient>, ConfigProblem> {
  const refuse = (problem: string, remedy: string) => new ConfigProblem({ where, problem, remedy })
  const unlessMissing = <A>(effect: Effect.Effect<A, PlatformError.PlatformError>) =>
    effect.pipe(
      Effect.asSome,
      Effect.catchIf((error) => error.reason._tag === "NotFound", () => Effect.succeedNone),
      Effect.mapError((error) => unreadable(where, file, error))
    )

  // Looked at before it is opened: reading a pipe waits for whoever writes to it, perhaps for ever.
  const info = yield* unlessMissing(fs.stat(file))
  if (Option.isNone(info)) return Option.none()
  if (info.value.type !== "File") {
    const kind = info.value.type === "Directory" ? "a directory" : "not a regular file"
    return yield* Effect.fail(refuse(`${quote(file)} is ${kind}.`, "Give the path of the JSON file itself."))
  }
  if (ByteSize.isGreaterThan(info.value.size, largest)) {
    return yield* Effect.fail(
      refuse(`${quote(file)} is larger than 64 KiB, so it is no OAuth client.`, downloadAgain)
    )
  }
  const text = yield* unlessMissing(fs.readFileString(file))
  if (Option.isNone(text)) return Option.none()
  return Option.some(yield* decode(where, file, text.value))
})
