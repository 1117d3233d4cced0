/**
 * Imports what is in a file and tells the person what came of it.
 */
import { Effect, Path } from "effect"
import { type Imported, type ImportOptions, Imports } from "../services/importing/Imports.ts"

/** What came of an import, in sentences, the most important one first. */
export const describe = (imported: Imported): ReadonlyArray<string> => {
  if (imported._tag === "Client") {
    const { backup, clientId, isInUse, path } = imported
    return [
      `The OAuth client ${clientId} is in ${path} now, for the sign-ins of all accounts.`,
      ...(backup === undefined ? [] : [`The client file that was there is kept as ${backup}.`]),
      ...(isInUse
        ? []
        : [
          "The environment names a client of its own, which comes first: see MCP_GAS_CLIENT_FILE and MCP_GAS_CLIENT_ID."
        ])
    ]
  }
  const { isFileVoid, issuedTo, missingScopes, session: { account, key } } = imported
  return [
    `${
      account.email ?? account.sub ?? "Somebody"
    } is signed in as "${key}", with a sign-in that was issued to ${issuedTo}.`,
    ...(missingScopes.length === 0 ? [] : [
      `It lacks permissions that a sign-in of this program asks for: ${missingScopes.join(", ")}.`
    ]),
    ...(isFileVoid
      ? [
        "The provider has replaced the refresh token: the one in the file is void, and its program has to sign in again."
      ]
      : []),
    "Signing out here ends it at the provider, for the program it came from as well."
  ]
}

/** `Imports.importFile`; a relative path starts from the working directory. */
export const importFile = Effect.fnUntraced(function*(file: string, options: ImportOptions) {
  const path = yield* Path.Path
  return yield* Imports.use((imports) => imports.importFile(path.resolve(file), options))
})
