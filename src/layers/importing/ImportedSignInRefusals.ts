/**
 * Why another program's sign-in does not become one of ours, in words.
 */
import type { ImportableSignIn, ImportSource } from "../../services/importing/Importable.ts"
import { ImportRefused } from "../../services/importing/ImportRefused.ts"
import type { ImportFailure } from "../../services/importing/Imports.ts"
import type { RefreshRejected } from "../../services/provider/AuthorizationServer.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import type { Account } from "../../services/sign-in/Session.ts"

const programs = { clasp: "clasp login", gcloud: "gcloud auth application-default login" } as const

const again = (from: ImportSource) => `Run ${programs[from]} and import its file again, or sign in with mcp-gas login.`

/** The provider does not take the refresh token any more. */
export const rejected = ({ reason }: RefreshRejected, { from }: ImportableSignIn) =>
  new ImportRefused({
    problem: `The provider does not accept the sign-in in the file any more: ${
      reason === "reauth_policy"
        ? "the organisation of the account asks for a fresh one"
        : "it was revoked, or has expired"
    }.`,
    remedy: again(from)
  })

/** Somebody has the slot. */
export const occupied = (key: AccountKey, account: Account) =>
  new ImportRefused({
    problem: `Somebody is signed in as "${key}" already${account.email === undefined ? "" : ` (${account.email})`}.`,
    remedy: "Import under another name with --account, or in place of that sign-in with --replace."
  })

/** It is here already, as this account. */
export const known = (key: AccountKey, account: Account, isFileVoid: boolean) =>
  new ImportRefused({
    problem: `The sign-in in the file has been imported already, as "${key}"${
      account.email === undefined ? "" : ` (${account.email})`
    }${isFileVoid ? "; the provider has replaced its refresh token since, which makes the one in the file void" : ""}.`,
    remedy: `Nothing needs to be done: use it as "${key}".`
  })

/** Another import of it does not come to its end. */
export const underWay = (seconds: number) =>
  new ImportRefused({
    problem:
      `Another import of the same sign-in has been under way for ${seconds} seconds, and nothing was sent meanwhile.`,
    remedy: "Continue or end the process that imports it, then import the file again if it is still wanted."
  })

/** The slot is named after an email address, and the sign-in is somebody else's. */
export const mismatched = (key: AccountKey, { email }: Account) =>
  new ImportRefused({
    problem: email === undefined
      ? `The provider does not say whose the sign-in in the file is, so it cannot be confirmed as ${key}'s.`
      : `The sign-in in the file is ${email}'s, and "${key}" is for ${key} alone.`,
    remedy: email === undefined
      ? "Import it under a name that is no email address, with --account."
      : `Import it with --account ${email}, or under any name that is no email address.`
  })

/** A sign-out came in between. */
export const signedOut = (key: AccountKey) =>
  new ImportRefused({
    problem: `"${key}" was signed out while the sign-in was being imported, so nothing was stored.`,
    remedy: "Import it again if it is still wanted."
  })

/** What came of the refresh token cannot be kept, and the one in the file is worth nothing any more, or may not be. */
export const lost = (error: ImportFailure, { from }: ImportableSignIn, isCertain: boolean) =>
  new ImportRefused({
    problem: `${error.message} The provider ${
      isCertain ? "had replaced" : "may have replaced"
    } the refresh token by then, which makes the one in the file void.`,
    remedy: again(from)
  })
