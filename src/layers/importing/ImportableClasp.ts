/**
 * What clasp keeps in `.clasprc.json`: since version 3 a map of sign-ins by name, before that a single one.
 */
import { Effect, Option, Predicate, Redacted, Schema } from "effect"
import type { ImportableSignIn } from "../../services/importing/Importable.ts"
import { ImportRefused } from "../../services/importing/ImportRefused.ts"
import { quote } from "../config/ConfigEnvSettings.ts"
import * as ImportableAuthorizedUser from "./ImportableAuthorizedUser.ts"

/** The name clasp gives a sign-in for which nobody has chosen one. */
const usual = "default"

/** How many names a message lists. */
const listed = 20

const named = (names: ReadonlyArray<string>): string =>
  names.slice(0, listed).map(quote).join(", ") + (names.length > listed ? `, and ${names.length - listed} more` : "")

const loginAgain = "Run clasp login again with clasp 3 or later, then import the file again."

/** The sign-in of that name, or else the usual one, or the only one there is. */
const choose = (
  file: string,
  names: ReadonlyArray<string>,
  user: string | undefined
): Effect.Effect<string, ImportRefused> => {
  const [only, ...others] = names
  if (only === undefined) {
    return new ImportRefused({ problem: `${quote(file)} holds no sign-in of clasp.`, remedy: loginAgain })
  }
  const wanted = user ?? (others.length === 0 ? only : usual)
  if (names.includes(wanted)) return Effect.succeed(wanted)
  return new ImportRefused({
    problem: user === undefined
      ? `${quote(file)} holds several sign-ins, and none of them is called "${usual}": ${named(names)}.`
      : `${quote(file)} holds no sign-in called ${quote(user)}, but ${named(names)}.`,
    remedy: "Say which one is meant with --user."
  })
}

/** The sign-ins by name, as clasp 3 keeps them. One that cannot be read does not keep the others from being imported. */
export const fromTokens = Effect.fnUntraced(function*(
  file: string,
  tokens: unknown,
  user: string | undefined
): Effect.fn.Return<ImportableSignIn, ImportRefused> {
  const entries = Object.entries(Predicate.isObject(tokens) ? tokens : {})
  const name = yield* choose(file, entries.map(([each]) => each), user)
  const found = ImportableAuthorizedUser.decode("clasp", entries.find(([each]) => each === name)?.[1])
  if (Option.isSome(found)) return found.value
  return yield* new ImportRefused({
    problem: `The sign-in ${quote(name)} in ${quote(file)} lacks its client or its refresh token.`,
    remedy: loginAgain
  })
})

/** What clasp kept until version 2: a token, and the client it was issued to. */
const Single = Schema.Struct({
  token: Schema.Struct({
    refresh_token: Schema.NonEmptyString,
    scope: Schema.optionalKey(Schema.String)
  }),
  oauth2ClientSettings: Schema.Struct({
    clientId: Schema.NonEmptyString,
    clientSecret: Schema.optionalKey(Schema.NullOr(Schema.String))
  })
})

/** A file of clasp that does not say which client its sign-in was issued to: nobody can renew that. */
export const withoutClient = (file: string): ImportRefused =>
  new ImportRefused({
    problem: `${quote(file)} was written by an early version of clasp and does not say which client it was issued to.`,
    remedy: loginAgain
  })

/** The single sign-in that clasp kept until version 2. */
export const fromSingle = (file: string, json: unknown): Effect.Effect<ImportableSignIn, ImportRefused> =>
  Option.match(Schema.decodeUnknownOption(Single)(json), {
    onNone: () =>
      Predicate.hasProperty(json, "oauth2ClientSettings")
        ? new ImportRefused({
          problem: `The sign-in in ${quote(file)} lacks its client or its refresh token.`,
          remedy: loginAgain
        })
        : withoutClient(file),
    onSome: ({ oauth2ClientSettings: { clientId, clientSecret }, token: { refresh_token, scope = "" } }) =>
      Effect.succeed({
        _tag: "SignIn",
        from: "clasp",
        client: { clientId, clientSecret: ImportableAuthorizedUser.secretOf(clientSecret) },
        refreshToken: Redacted.make(refresh_token, { label: "refresh token" }),
        scopes: scope.split(" ").filter((each) => each !== "")
      })
  })
