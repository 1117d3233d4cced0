/**
 * Making another program's sign-in one of ours: shown to the provider, and stored if that says it is good.
 */
import { DateTime, Duration, Effect, Option, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { Hex } from "effect/encoding"
import { type ClientMisconfigured, Config } from "../../services/config/Config.ts"
import { clientLabel, type ImportableSignIn } from "../../services/importing/Importable.ts"
import type { ImportRefused } from "../../services/importing/ImportRefused.ts"
import type { ImportedSignIn, ImportFailure, ImportOptions } from "../../services/importing/Imports.ts"
import {
  AuthorizationServer,
  type ProviderUnreachable,
  type TokenGrant
} from "../../services/provider/AuthorizationServer.ts"
import * as Scopes from "../../services/provider/Scopes.ts"
import { type AccountKey } from "../../services/sign-in/AccountKey.ts"
import { AccountMismatch } from "../../services/sign-in/FlowFailure.ts"
import { type Account, ownClient, type Session, SessionDraft, Tokens } from "../../services/sign-in/Session.ts"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import { Leases } from "../../services/storage/Leases.ts"
import { SessionStore, type Slot, type StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { Vault } from "../../services/storage/Vault.ts"
import { patiently } from "../storage/StorePatience.ts"
import * as ImportedMark from "./ImportedMark.ts"
import * as Refusals from "./ImportedSignInRefusals.ts"

/** Nobody's session is written over unless that was asked for, and nothing after a sign-out. */
const mayWrite = (began: Slot, now: Slot, mayReplace: boolean): Effect.Effect<void, ImportRefused> => {
  if (now.lastSignOut > began.generation) return Refusals.signedOut(now.key)
  return now.state._tag === "SignedIn" && !mayReplace
    ? Refusals.occupied(now.key, now.state.session.account)
    : Effect.void
}

interface Marked {
  readonly found: ImportableSignIn
  readonly mark: string
}

/** Much longer than an import takes whose process runs: each of its two requests ends by itself. */
const patience = Duration.minutes(1)

/** Makes `take` over the services it needs. */
export const make = Effect.gen(function*() {
  const { settings: { scopes: wanted } } = yield* Config
  const directory = yield* DataDirectory
  const leases = yield* Leases
  const marks = yield* ImportedMark.make
  const provider = yield* AuthorizationServer
  const random = yield* SecureRandom.SecureRandom
  const store = yield* SessionStore
  const vault = yield* Vault

  /** Whatever is in the way of storing it shows before the provider is asked, which may replace the token. */
  const ready = Effect.andThen(directory.ready, vault.seal(Redacted.make(""), []))

  const keep = (began: Slot, draft: SessionDraft, mayReplace: boolean) => {
    const write = (at: Slot): Effect.Effect<Session, ImportRefused | StoreUnavailable> =>
      mayWrite(began, at, mayReplace).pipe(
        Effect.andThen(patiently(store.write(at.key, at.generation, { _tag: "SignedIn", draft }))),
        Effect.flatMap(({ state }) =>
          state._tag === "SignedIn"
            ? Effect.succeed(state.session)
            : Effect.die("a store answered a sign-in with a slot that is not signed in")
        ),
        Effect.catchTag("GenerationPassed", () => Effect.flatMap(patiently(store.read(at.key)), write))
      )
    return write(began)
  }

  /** A sign-out ends at the provider, too, what was issued while it happened; anything else leaves the grant alone. */
  const dropIfSignedOut = Effect.fnUntraced(function*(began: Slot, draft: SessionDraft) {
    const now = yield* store.read(began.key)
    if (now.lastSignOut <= began.generation || now.state._tag === "SignedIn") return
    yield* provider.revoke(draft.tokens.refreshToken ?? draft.tokens.accessToken, ownClient(draft))
  }, (dropping) => Effect.ignore(dropping))

  /**
   * Waits for whoever imports the same sign-in now. Without the lease it is not gone on with: where a token works once, that
   * would end the sign-in.
   */
  const alone = (mark: string) =>
    Effect.timeoutOrElse(leases.hold(`import ${mark}`), {
      duration: patience,
      orElse: () => Refusals.underWay(Duration.toSeconds(patience))
    })

  /** Refuses what is here already: in this slot, or in any of them if the provider has replaced what the file has. */
  const notHere = Effect.fnUntraced(function*({ found, mark }: Marked, key: AccountKey, mayReplace: boolean) {
    for (const { state } of yield* store.list) {
      if (state._tag !== "SignedIn" || !ImportedMark.has(mark, state.session.flowId)) continue
      const { account, key: taken, tokens } = state.session
      const isFileVoid = tokens.refreshToken === undefined ||
        Redacted.value(tokens.refreshToken) !== Redacted.value(found.refreshToken)
      if (isFileVoid || (taken === key && !mayReplace)) return yield* Refusals.known(taken, account, isFileVoid)
    }
  })

  const refreshed = (found: ImportableSignIn) =>
    provider.refresh(found.refreshToken, found.scopes, found.client).pipe(
      Effect.mapError((error) => {
        if (error._tag === "RefreshRejected") return Refusals.rejected(error, found)
        // Where even its addresses could not be had, nothing of the sign-in was sent.
        const isUnclear = error._tag === "ProviderUnreachable" && error.operation !== "discovery" && error.ambiguous &&
          provider.rotatesRefreshTokens
        return isUnclear ? Refusals.lost(error, found, false) : error
      })
    )

  const whose = Effect.fnUntraced(function*(
    key: AccountKey,
    grant: TokenGrant
  ): Effect.fn.Return<Account, ImportRefused | ProviderUnreachable | ClientMisconfigured> {
    const account = yield* provider.userinfo(grant)
    return Option.isSome(AccountMismatch.of(key, account)) ? yield* Refusals.mismatched(key, account) : account
  })

  const draftOf = Effect.fnUntraced(function*({ found, mark }: Marked, grant: TokenGrant, account: Account) {
    const now = yield* DateTime.now
    return new SessionDraft({
      account,
      tokens: new Tokens({
        accessToken: grant.accessToken,
        refreshToken: grant.refreshToken ?? found.refreshToken,
        issuedAt: now,
        expiresAt: grant.expiresAt,
        ownClient: Option.match(found.client.clientSecret, {
          onNone: () => ({}),
          onSome: (clientSecret) => ({ clientSecret })
        })
      }),
      grantedScopes: grant.grantedScopes,
      clientId: grant.clientId,
      issuer: provider.issuer,
      flowId: ImportedMark.flowIdOf(mark, Hex.encode(yield* random.randomBytes(8))),
      signedInAt: now
    })
  })

  /** From the token that is sent to the session that is stored. Nothing interrupts it, and every step ends by itself. */
  const verified = Effect.fnUntraced(
    function*(
      marked: Marked,
      began: Slot,
      mayReplace: boolean
    ): Effect.fn.Return<ImportedSignIn, ImportFailure> {
      const { found } = marked
      const grant = yield* refreshed(found)
      const isFileVoid = grant.refreshToken !== undefined &&
        Redacted.value(grant.refreshToken) !== Redacted.value(found.refreshToken)
      const stored = Effect.gen(function*() {
        const draft = yield* draftOf(marked, grant, yield* whose(began.key, grant))
        return yield* Effect.tapError(keep(began, draft, mayReplace), () => dropIfSignedOut(began, draft))
      })
      const session = yield* Effect.mapError(stored, (error) => isFileVoid ? Refusals.lost(error, found, true) : error)
      return {
        _tag: "SignIn",
        session,
        missingScopes: Scopes.missing(wanted, session.grantedScopes),
        issuedTo: clientLabel(session.clientId),
        isFileVoid
      }
    },
    Effect.uninterruptible
  )

  return Effect.fnUntraced(function*(
    found: ImportableSignIn,
    { key, replace = false }: ImportOptions
  ): Effect.fn.Return<ImportedSignIn, ImportFailure> {
    const began = yield* store.read(key)
    const marked = { found, mark: yield* marks.of(found.refreshToken) }
    const mayGoOn = Effect.gen(function*() {
      yield* notHere(marked, key, replace)
      yield* mayWrite(began, yield* store.read(key), replace)
    })
    yield* mayGoOn
    yield* ready
    return yield* Effect.scoped(
      alone(marked.mark).pipe(Effect.andThen(mayGoOn), Effect.andThen(verified(marked, began, replace)))
    )
  })
})
