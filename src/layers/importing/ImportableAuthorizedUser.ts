/**
 * Google's own form of a person's sign-in with the client it was issued to: the `authorized_user` of application default
 * credentials, and of each sign-in of clasp 3.
 */
import { Effect, Option, Redacted, Schema } from "effect"
import type { ImportableSignIn, ImportSource } from "../../services/importing/Importable.ts"
import { ImportRefused } from "../../services/importing/ImportRefused.ts"
import { quote } from "../config/ConfigEnvSettings.ts"

const AuthorizedUser = Schema.Struct({
  client_id: Schema.NonEmptyString,
  client_secret: Schema.optionalKey(Schema.NullOr(Schema.String)),
  refresh_token: Schema.NonEmptyString
})

/** The secret of a client; none where there is nothing in its place. */
export const secretOf = (text: string | null | undefined): Option.Option<Redacted.Redacted<string>> =>
  text === undefined || text === null || text === ""
    ? Option.none()
    : Option.some(Redacted.make(text, { label: "client secret" }))

/** None if the client or the refresh token is missing. */
export const decode = (from: ImportSource, json: unknown): Option.Option<ImportableSignIn> =>
  Option.map(
    Schema.decodeUnknownOption(AuthorizedUser)(json),
    ({ client_id: clientId, client_secret, refresh_token }) => ({
      _tag: "SignIn",
      from,
      client: { clientId, clientSecret: secretOf(client_secret) },
      refreshToken: Redacted.make(refresh_token, { label: "refresh token" }),
      scopes: []
    })
  )

/** What else may be in such a file, and is no person's sign-in. */
const others: ReadonlySet<unknown> = new Set([
  "external_account",
  "external_account_authorized_user",
  "gdch_service_account",
  "impersonated_service_account"
])

const loginInstead = "Run gcloud auth application-default login and import its file, or sign in with mcp-gas login."

/** The sign-in in application default credentials; refuses what is none, with its reason. */
export const fromCredentials = (
  file: string,
  type: unknown,
  json: unknown
): Effect.Effect<ImportableSignIn, ImportRefused> => {
  if (type === "authorized_user") {
    return Option.match(decode("gcloud", json), {
      onSome: Effect.succeed,
      onNone: () =>
        new ImportRefused({
          problem: `The sign-in in ${quote(file)} lacks its client or its refresh token.`,
          remedy: loginInstead
        })
    })
  }
  if (type === "service_account") {
    return new ImportRefused({
      problem: `${quote(file)} holds the key of a service account: that is no person, and can own no scripts.`,
      remedy: loginInstead
    })
  }
  return new ImportRefused({
    problem: `${quote(file)} holds credentials of ${
      others.has(type) ? `the kind "${String(type)}"` : "another kind"
    }, not the sign-in of a person.`,
    remedy: loginInstead
  })
}
