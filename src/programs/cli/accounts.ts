/**
 * `mcp-gas accounts`: who is signed in here, and which account is meant by who names none.
 */
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { clientLabel } from "../../services/importing/Importable.ts"
import { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { DefaultAccount } from "../../services/sign-in/DefaultAccount.ts"
import * as Accounts from "../accounts.ts"
import { json, loginFor } from "./options.ts"
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

const stateWords: Readonly<Record<Accounts.Accounts["accounts"][number]["state"], string>> = {
  signed_in: "signed in",
  signing_in: "a sign-in is under way",
  expired: "has expired, and cannot be renewed",
  needs_sign_in: "needs a new sign-in",
  signed_out: "signed out",
  never: "never signed in"
}

/** Why an account needs a person again. */
const reasonWords: Readonly<Record<string, string>> = {
  revoked: "the provider no longer accepts the old one",
  expired: "the old one has expired",
  reauth_policy: "its organisation asks for one",
  sealed: "the key that the old one was sealed with is gone"
}

const words = (each: Accounts.Accounts["accounts"][number]): string => {
  const { email, grantedScopes, isDefault, issuedTo, key, missingScopes, name, reason, refreshedAt, state } = each
  const who = [email, name].filter((text) => text !== undefined).join(", ")
  return [
    `${marks[state]} ${styled("bold", key)}${isDefault ? " (default)" : ""}  ${stateWords[state]}${
      reason === undefined ? "" : `: ${reasonWords[reason] ?? reason}`
    }`,
    ...(who === "" ? [] : [`    ${who}`]),
    ...(refreshedAt === undefined ? [] : [`    renewed ${refreshedAt}`]),
    ...(grantedScopes === undefined ? [] : [`    granted ${scopeWords(grantedScopes)}`]),
    ...(missingScopes === undefined || missingScopes.length === 0 ? [] : [`    missing ${scopeWords(missingScopes)}`]),
    ...(issuedTo === undefined ? [] : [`    issued to ${clientLabel(issuedTo)}`])
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
    for (const { key, state } of listed.accounts) {
      if (Option.contains(chosen, key) && state === "never") {
        yield* Console.error(`Nobody has signed in as "${key}" yet: ${yield* loginFor(key)}`)
      }
    }
    yield* Console.log(wantsJson ? JSON.stringify(listed, null, 2) : listed.accounts.map(words).join("\n"))
  })
).pipe(Command.withDescription("List the accounts of this machine, and choose the default one"))
