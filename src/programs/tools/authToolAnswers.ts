/**
 * What is told of an account, its sign-in and its session: the same to a model and, by the command line, to a person.
 */
import { DateTime, Effect, Option } from "effect"
import * as Scopes from "../../services/provider/Scopes.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { type AuthFlow, AuthFlows, type FlowShown } from "../../services/sign-in/AuthFlows.ts"
import type { Account, Session } from "../../services/sign-in/Session.ts"
import { Sessions, SignInRequired } from "../../services/sign-in/Sessions.ts"
import { Vault } from "../../services/storage/Vault.ts"
import { isOver } from "../sessionOver.ts"
import { defaultWaitSeconds, type Output } from "./authToolSchema.ts"

/** Who answers. */
export interface Speaker {
  /** The name of the sign-in tool, which answers tell to call; none where a program asks, and no model. */
  readonly tool: string | undefined
  /** Puts the names that this program has for its settings into what is said of them. */
  readonly inOwnWords: (text: string) => string
}

/** An account as an answer names it. */
export const accountOf = (key: AccountKey, { email, name }: Account): Pick<Output, "account"> => ({
  account: { key, ...(email === undefined ? {} : { email }), ...(name === undefined ? {} : { name }) }
})

/** What a person calls an account. */
export const nameOf = (key: AccountKey, account: Account): string => account.email ?? account.name ?? key

/** What is told of an account that is signed in. `before` is told first. */
export const signedIn = Effect.fnUntraced(function*(
  status: "authenticated" | "already_authenticated",
  session: Session,
  before = ""
) {
  const { scopes } = yield* AuthFlows
  const missingScopes = Scopes.missing(scopes, session.grantedScopes)
  const told: Output = {
    status,
    authenticated: true,
    message: `${before}Signed in as ${nameOf(session.key, session.account)}.${
      missingScopes.length === 0
        ? ""
        : ` These permissions are missing: ${missingScopes.join(", ")}; sign in again to grant them.`
    }`,
    ...accountOf(session.key, session.account),
    grantedScopes: session.grantedScopes,
    missingScopes,
    tokenExpiresAt: DateTime.formatIso(session.tokens.expiresAt)
  }
  return told
})

/** What has been done to have the person see the page, and what is left to do. */
const shownWords = (shown: FlowShown): string => {
  switch (shown) {
    case "not_asked":
      return "Ask the person to open authUrl"
    case "asked":
      return "The person was asked to open the sign-in. If they see nothing, ask them to open authUrl"
    case "opened":
      return "The browser was opened on the sign-in. If it does not show, ask the person to open authUrl"
    case "accepted":
      return "The person has agreed to open the sign-in, and has to finish it in their browser (if the page is not there, call " +
        "with openBrowser false for its address)"
    case "failed":
      return "No browser could be opened. Ask the person to open authUrl"
    case "braked":
      return "No second browser tab was opened within ten seconds of the one before. Ask the person to open authUrl"
  }
}

/** How a browser on another machine gets its answer back to this one; said where no browser is known to have opened here. */
const headlessWords = (tool: string | undefined, shown: FlowShown, redirectUri: string): string => {
  const byHand = tool === undefined ? undefined : "call mode \"complete\" with that page's address as redirectUrl"
  if (shown === "accepted" || shown === "opened") {
    return byHand === undefined ? "" : ` If their browser ends on a page that cannot load, ${byHand}.`
  }
  const { port } = new URL(redirectUri)
  const tunnel = `have them run ssh -L ${port}:127.0.0.1:${port} to this machine first`
  return ` If their browser is on another machine, its last page cannot load: ${
    byHand === undefined ? tunnel : `${byHand}, or ${tunnel}`
  }; a fixed callback port is the same each time.`
}

/** How a caller of tools hears how a sign-in ends. */
const thenWords = (tool: string | undefined): string =>
  tool === undefined
    ? ""
    : `, and call ${tool} with mode "status" and waitSeconds ${defaultWaitSeconds} to hear how it ends`

/** What is told of a flow that waits for its person. Its address is kept back where the client has opened it, unless asked for. */
export const pending = Effect.fnUntraced(function*(
  { inOwnWords, tool }: Speaker,
  status: "auth_started" | "auth_pending",
  flow: AuthFlow,
  wantsUrl = false
) {
  const left = DateTime.toEpochMillis(flow.expiresAt) - DateTime.toEpochMillis(yield* DateTime.now)
  const shown = yield* flow.shown
  const told: Output = {
    status,
    authenticated: false,
    message: inOwnWords(
      `${shownWords(shown)} within ${Math.max(0, Math.ceil(left / 1000))} seconds${thenWords(tool)}.${
        headlessWords(tool, shown, flow.redirectUri)
      }`
    ),
    account: { key: flow.key },
    ...(shown === "accepted" && !wantsUrl ? {} : { authUrl: flow.authorizationUrl }),
    redirectUri: flow.redirectUri,
    flowId: flow.id,
    expiresAt: DateTime.formatIso(flow.expiresAt)
  }
  return told
})

const keeperWords = {
  keychain: "by the operating system's keychain",
  file: "in a file that only this user can read",
  memory: "in the memory of this server"
}

/** What is to be done where a person has to sign in. */
const signInBy = (tool: string | undefined, { key, reason, remedy }: SignInRequired): string =>
  tool === undefined
    ? remedy
    : `${reason === "never" ? "Sign in" : "Sign in again"}: call ${tool} with mode "start" and account "${key}".`

/** How an account stands, without network or browser. `before` is told first. */
export const standing = Effect.fnUntraced(function*(speaker: Speaker, key: AccountKey, before = "") {
  const flows = yield* AuthFlows
  const sessions = yield* Sessions
  const flow = yield* flows.pending(key)
  if (Option.isSome(flow)) return yield* pending(speaker, "auth_pending", flow.value)
  const slot = yield* sessions.slot(key)
  const { state } = slot
  if (state._tag === "SignedIn" && !(yield* isOver(state.session))) {
    const told = yield* signedIn("authenticated", state.session, before)
    const { keeper } = yield* Vault
    const vaultKey = yield* keeper
    return {
      ...told,
      message: `${told.message} The tokens are sealed; their key is kept ${keeperWords[vaultKey]}.`,
      vaultKey
    } satisfies Output
  }
  const required = SignInRequired.of(slot)
  const told: Output = {
    status: "not_authenticated",
    authenticated: false,
    message: `${before}${required.message} ${signInBy(speaker.tool, required)}`,
    ...(state._tag === "NeedsSignIn" ? accountOf(key, state.ended.account) : { account: { key } })
  }
  return told
})

/** Signs an account out, and tells what became of it. */
export const loggedOut = Effect.fnUntraced(function*(key: AccountKey) {
  const flows = yield* AuthFlows
  const { flow, revoked, was } = yield* flows.logout(key)
  const who = Option.match(was, {
    onNone: () =>
      `"${key}" is signed out${
        flow._tag === "NothingPending" ? "; nobody was signed in" : ", and its sign-in has ended"
      }.`,
    onSome: (account) => `${nameOf(key, account)} is signed out.`
  })
  const provider = Option.match(revoked, {
    onNone: () => "",
    onSome: (done) =>
      done
        ? " The access was revoked at the provider too."
        : " The access could not be revoked at the provider; remove it in the account's security settings."
  })
  const told: Output = {
    status: "logged_out",
    authenticated: false,
    message: `${who}${provider}`,
    ...Option.match(was, { onNone: () => ({ account: { key } }), onSome: (account) => accountOf(key, account) })
  }
  return told
})
