/**
 * `mcp-gas import`: takes over what another program's file holds, and leaves the file as it is.
 */
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { describe, importFile } from "../import.ts"
import { account, keyOf } from "./options.ts"
import { styled } from "./terminal.ts"

export const importing = Command.make(
  "import",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("client_secret.json, .clasprc.json, or application_default_credentials.json")
    ),
    account,
    user: Flag.String("user").pipe(
      Flag.withDescription("Which sign-in of the file, where it holds several"),
      Flag.optional
    ),
    replace: Flag.Boolean("replace").pipe(
      Flag.withDescription("Replace a client file, which is kept as a backup, or a sign-in"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function*({ account: named, file, replace, user }) {
    const imported = yield* importFile(file, {
      key: yield* keyOf(named),
      user: Option.getOrUndefined(user),
      replace
    })
    const [first = "", ...rest] = describe(imported)
    yield* Console.log([`${styled("green", "✓")} ${first}`, ...rest.map((line) => `  ${line}`)].join("\n"))
  })
).pipe(Command.withDescription("Import an OAuth client, or a sign-in of clasp or gcloud"))
