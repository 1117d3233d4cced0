/**
 * `mcp-gas accounts`: who is signed in here, and which account is meant by who names none.
 */
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { DefaultAccount } from "../../services/sign-in/DefaultAccount.ts"
import * as Accounts from "../accounts.ts"
import { json } from "./options.ts"
import { styled } from "./terminal.ts"

const marks = {
  signed_in: styled("green", "✓"),
  signing_in: styled("cyan", "…"),
  expired: styled("yellow", "!"),
  needs_sign_in: styled("yellow", "!"),
  signed_out: styled("dim", "-"),
  never: styled("dim", "-")
}

/** As Google's documentation names them. */
const scopeWords = (scopes: ReadonlyArray<string>) =>
  scopes.map((scope) => scope.replace("https://www.googleapis.com/auth/", "")).join(", ")

const words = (each: Accounts.Accounts["accounts"][number]): string => {
  const { email, grantedScopes, isDefault, issuedTo, key, missingScopes, name, reason, refreshedAt, state } = each
  const who = [email, name].filter((text) => text !== undefined).join(", ")
  return [
    `${marks[state]} ${styled("bold", key)}${isDefault ? " (default)" : ""}  ${state.replaceAll("_", " ")}${
      reason === undefined ? "" : `: ${reason}`
    }`,
    ...(who === "" ? [] : [`    ${who}`]),
    ...(refreshedAt === undefined ? [] : [`    renewed ${refreshedAt}`]),
    ...(grantedScopes === undefined ? [] : [`    granted ${scopeWords(grantedScopes)}`]),
    ...(missingScopes === undefined || missingScopes.length === 0 ? [] : [`    missing ${scopeWords(missingScopes)}`]),
    ...(issuedTo === undefined ? [] : [`    issued to ${issuedTo}`])
  ].join("\n")
}

export const accounts = Command.make(
  "accounts",
  {
    json,
    default: Flag.String("default").pipe(
      Flag.withDescription("Make this the account that is meant where none is named, in every window"),
      Flag.withSchema(AccountKey),
      Flag.optional
    )
  },
  Effect.fnUntraced(function*({ default: chosen, json: wantsJson }) {
    if (Option.isSome(chosen)) yield* (yield* DefaultAccount).choose(chosen.value)
    const listed = yield* Accounts.list
    yield* Console.log(wantsJson ? JSON.stringify(listed, null, 2) : listed.accounts.map(words).join("\n"))
  })
).pipe(Command.withDescription("List the accounts of this machine, and choose the default one"))
