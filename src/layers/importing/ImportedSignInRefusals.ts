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
