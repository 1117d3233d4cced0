/**
 * What another program's file may hold that is of use here.
 */
import type { Redacted } from "effect"
import type { OAuthClient } from "../config/Config.ts"

/** A client of one's own, as Google's console offers it for download. */
export interface ImportableClient {
  readonly _tag: "Client"
  readonly client: OAuthClient
}

/** The programs whose sign-ins can be taken over. */
export type ImportSource = "clasp" | "gcloud"

/** A sign-in that a person made with another program. */
export interface ImportableSignIn {
  readonly _tag: "SignIn"
  /** The program whose kind of file it is in. */
  readonly from: ImportSource
  /** The client it was issued to, the only one that can renew it. */
  readonly client: OAuthClient
  readonly refreshToken: Redacted.Redacted<string>
  /** What was granted, as far as the file says; what the provider says counts. */
  readonly scopes: ReadonlyArray<string>
}

export type Importable = ImportableClient | ImportableSignIn

/** The clients that these programs bring along, by the name of the program. Theirs, and never used for a sign-in here. */
const knownClients: Readonly<Record<string, ImportSource>> = {
  "1072944905499-vm2v2i5dvn0a0d2o4ca36i1vge8cvbn0.apps.googleusercontent.com": "clasp",
  "764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com": "gcloud"
}

/** A client as a person knows it: by the program it belongs to, or else by its identifier. */
export const clientLabel = (clientId: string): string =>
  Object.hasOwn(knownClients, clientId) ? knownClients[clientId] ?? clientId : clientId
