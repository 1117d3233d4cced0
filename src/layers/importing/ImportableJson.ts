/**
 * Telling what a file holds: by what is in it, whatever its name is.
 */
import { Effect, Predicate, Schema } from "effect"
import type { Importable } from "../../services/importing/Importable.ts"
import { ImportRefused } from "../../services/importing/ImportRefused.ts"
import * as ConfigEnvClientFile from "../config/ConfigEnvClientFile.ts"
import { quote } from "../config/ConfigEnvSettings.ts"
import * as ImportableAuthorizedUser from "./ImportableAuthorizedUser.ts"
import * as ImportableClasp from "./ImportableClasp.ts"

const AnyJson = Schema.fromJsonString(Schema.Unknown)

const known = "Give a client file (client_secret….json), a .clasprc.json or an application_default_credentials.json."

/** Only clasp gives sign-ins names. */
const nameless = (file: string) =>
  new ImportRefused({
    problem: `${quote(file)} holds nothing with a name, so there is nothing to choose from.`,
    remedy: "Leave --user out."
  })

const client = Effect.fnUntraced(function*(
  file: string,
  text: string
): Effect.fn.Return<Importable, ImportRefused> {
  // Where it is to lie nothing larger is read.
  if (text.length > Number(ConfigEnvClientFile.largest)) {
    return yield* new ImportRefused({
      problem: `${quote(file)} is larger than 64 KiB, so it is no OAuth client.`,
      remedy: known
    })
  }
  const found = yield* ConfigEnvClientFile.decode(file, file, text).pipe(
    Effect.mapError(({ problem, remedy }) => new ImportRefused({ problem, remedy }))
  )
  return { _tag: "Client", client: found }
})

/** What can be imported of a file with this text. `user`: which of several sign-ins is meant. */
export const decode = Effect.fnUntraced(function*(
  file: string,
  text: string,
  user: string | undefined
): Effect.fn.Return<Importable, ImportRefused> {
  // Decoding errors quote what they have found, so none of them is kept.
  const json = yield* Schema.decodeEffect(AnyJson)(text).pipe(
    Effect.mapError(() =>
      new ImportRefused({
        problem: `${quote(file)} is not JSON.`,
        remedy: `${known} If another program was just writing it, import it again.`
      })
    )
  )
  if (Predicate.hasProperty(json, "tokens")) return yield* ImportableClasp.fromTokens(file, json.tokens, user)
  if (user !== undefined) return yield* nameless(file)
  if (Predicate.hasProperty(json, "installed") || Predicate.hasProperty(json, "web")) return yield* client(file, text)
  if (Predicate.hasProperty(json, "token")) return yield* ImportableClasp.fromSingle(file, json)
  if (Predicate.hasProperty(json, "type")) {
    return yield* ImportableAuthorizedUser.fromCredentials(file, json.type, json)
  }
  if (Predicate.hasProperty(json, "refresh_token")) return yield* ImportableClasp.withoutClient(file)
  return yield* new ImportRefused({ problem: `${quote(file)} holds nothing that can be imported.`, remedy: known })
})
