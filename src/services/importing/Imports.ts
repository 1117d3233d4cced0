/**
 * Taking over what other programs' files hold: an OAuth client, or a sign-in that a person made there.
 */
import { Context, type Effect } from "effect"
import type { ClientMisconfigured } from "../config/Config.ts"
import type { ProviderUnreachable } from "../provider/AuthorizationServer.ts"
import type { AccountKey } from "../sign-in/AccountKey.ts"
import type { Session } from "../sign-in/Session.ts"
import type { StoreUnavailable } from "../storage/SessionStore.ts"
import type { ImportRefused } from "./ImportRefused.ts"

export interface ImportOptions {
  /** The slot a sign-in is to have. */
  readonly key: AccountKey
  /** Which of several sign-ins in a file is meant, by the name it has there. */
  readonly user?: string | undefined
  /** Whether what is there already may make way: a client file, which is kept as a backup, or a session. */
  readonly replace?: boolean | undefined
}

/** A client file that is in the data directory now. */
export interface ImportedClient {
  readonly _tag: "Client"
  readonly clientId: string
  /** Where it lies. */
  readonly path: string
  /** Where the file lies that was there before; none if there was none, or if it was the same. */
  readonly backup: string | undefined
  /** Whether sign-ins use it from now on; the environment may name another client, which comes first. */
  readonly isInUse: boolean
}

/** A sign-in that works here now. */
export interface ImportedSignIn {
  readonly _tag: "SignIn"
  /** As it was stored: whose it is, in which slot, and what was granted. */
  readonly session: Session
  /** The scopes that a sign-in here would ask for and that this one has not. */
  readonly missingScopes: ReadonlyArray<string>
  /** The client it was issued to: the program it belongs to (`clasp`, `gcloud`), or else its identifier. */
  readonly issuedTo: string
  /**
   * Whether the provider has replaced the refresh token: the copy in the file is void then, and the program that it
   * belongs to has to sign in again.
   */
  readonly isFileVoid: boolean
}

export type Imported = ImportedClient | ImportedSignIn

/** Why nothing was imported. Whatever it is, nothing was stored. */
export type ImportFailure =
  | ImportRefused
  | ClientMisconfigured
  | ProviderUnreachable
  | StoreUnavailable

export class Imports extends Context.Service<Imports, {
  /**
   * Imports what is in a file, which is read and never written, and told by what it holds and not by its name.
   *
   * A client file is copied to where the configuration looks for one. A sign-in is shown to the provider first, by one
   * refresh as the client it was issued to, and by asking whose it is; then it is stored, that client included, which
   * renews and revokes it from then on, whatever client is configured. The person consented at a time nobody knows, so it
   * counts as signed in from now. A sign-out that comes meanwhile wins, and what the refresh brought is revoked.
   *
   * Of several imports of one sign-in at once, in whichever process, each waits for the one before. Where that has it replaced
   * the refresh token, the others are told under which name it is, and send nothing: a token that comes twice would end it.
   */
  readonly importFile: (file: string, options: ImportOptions) => Effect.Effect<Imported, ImportFailure>
}>()("mcp-gas/services/importing/Imports") {}
