/**
 * Words that findings share.
 */
import { DateTime } from "effect"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import type { Account } from "../../services/sign-in/Session.ts"

/** An account by the name of its slot and, where it is known, who that is. */
export const named = (key: AccountKey, account?: Account): string => {
  const who = account?.email ?? account?.name
  return who === undefined || who === key ? `"${key}"` : `"${key}" (${who})`
}

/** What a person runs to sign an account in. It is named, since which one is meant otherwise can be chosen. */
export const login = (key: AccountKey): string => `mcp-gas login --account ${key}`

/**
 * What a person runs for a new consent although the session there is would do. Without being forced, whoever is signed in is
 * told so.
 */
export const newLogin = (key: AccountKey): string => `mcp-gas login --force --account ${key}`

/** How a person signs in again where there is no session any more. */
export const signInAgain = (key: AccountKey): string => `Sign in again: ${login(key)}.`

/** A moment to the second. */
export const moment = (at: DateTime.Utc): string => DateTime.formatIso(at).replace(/\.\d+Z$/u, "Z")

/** So many of a thing. */
export const counted = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`

/** Several things in one sentence. */
export const listed = (things: ReadonlyArray<string>): string =>
  things.length < 2 ? things.join("") : `${things.slice(0, -1).join(", ")} and ${things.at(-1)}`
