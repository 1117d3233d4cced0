/**
 * The tool `gas_auth`: sign in, see how it stands, finish by hand, cancel, sign out.
 */
import { DateTime, Effect, Option, Redacted } from "effect"
import { Config } from "../../services/config/Config.ts"
import * as Scopes from "../../services/provider/Scopes.ts"
import { type AccountKey, defaultAccountKey } from "../../services/sign-in/AccountKey.ts"
import { type AuthFlow, AuthFlows, type FlowShown } from "../../services/sign-in/AuthFlows.ts"
import type { Account, Session } from "../../services/sign-in/Session.ts"
import { Sessions, SignInRequired } from "../../services/sign-in/Sessions.ts"
import { Vault } from "../../services/storage/Vault.ts"
import { InvalidArguments, make } from "../../services/tools/Tool.ts"
import { defaultWaitSeconds, Input, Output } from "./gasAuthSchema.ts"

const accountOf = (key: AccountKey, { email, name }: Account): Pick<Output, "account"> => ({
  account: { key, ...(email === undefined ? {} : { email }), ...(name === undefined ? {} : { name }) }
})

const nameOf = (key: AccountKey, account: Account) => account.email ?? account.name ?? key

/** What is told of an account that is signed in. */
const signedIn = Effect.fnUntraced(function*(
  status: "authenticated" | "already_authenticated",
  session: Session,
  before = ""
) {
  const { settings } = yield* Config
  const missingScopes = Scopes.missing(settings.scopes, session.grantedScopes)
  const told: Output = {
    status,
    authenticated: true,
    message: `${before}Signed in as ${nameOf(session.key, session.account)}.${
      missingScopes.length === 0
        ? ""
        : ` These permissions are missing: ${missingScopes.join(", ")}; start to grant them.`
    }`,
    ...accountOf(session.key, session.account),
    grantedScopes: session.grantedScopes,
    missingScopes,
    tokenExpiresAt: DateTime.formatIso(session.tokens.expiresAt)
  }
  return told
})

const browserWords = (shown: FlowShown): string => {
  switch (shown) {
    case "not_asked":
      return "Ask"
    case "asked":
      return "The browser was asked to open the sign-in. If it does not show, ask"
    case "opened":
      return "The browser was opened on the sign-in. If it does not show, ask"
    case "failed":
      return "No browser could be opened. Ask"
    case "braked":
      return "No second browser tab was opened within ten seconds of the one before. Ask"
  }
}

/** What is told of a flow that waits for its person. */
const pending = Effect.fnUntraced(function*(status: "auth_started" | "auth_pending", flow: AuthFlow) {
  const left = DateTime.toEpochMillis(flow.expiresAt) - DateTime.toEpochMillis(yield* DateTime.now)
  const told: Output = {
    status,
    authenticated: false,
    message:
      `${browserWords(yield* flow.shown)} the person to open authUrl within ${Math.max(0, Math.ceil(left / 1000))} ` +
      `seconds, and call gas_auth with mode "status" and waitSeconds ${defaultWaitSeconds} to hear how it ends. If their ` +
      "browser ends on a page that cannot load, call mode \"complete\" with that page's address as redirectUrl.",
    account: { key: flow.key },
    authUrl: flow.authorizationUrl,
    redirectUri: flow.redirectUri,
    flowId: flow.id,
    expiresAt: DateTime.formatIso(flow.expiresAt)
  }
  return told
})

const start = Effect.fnUntraced(function*(key: AccountKey, input: Input) {
  const flows = yield* AuthFlows
  const { settings } = yield* Config
  const openBrowser = (input.openBrowser ?? true) && settings.browser._tag !== "None"
  const started = yield* flows.start(key, { openBrowser })
  if (started._tag === "AlreadyAuthenticated") return yield* signedIn("already_authenticated", started.session)
  if (input.waitForCompletion === false) {
    return yield* pending(started._tag === "Began" ? "auth_started" : "auth_pending", started.flow)
  }
  const waited = yield* Effect.timeoutOption(started.flow.outcome, `${input.waitSeconds ?? defaultWaitSeconds} seconds`)
  if (Option.isSome(waited)) return yield* signedIn("authenticated", waited.value)
  // Where its process has died meanwhile, another one goes on with another address.
  const now = yield* flows.pending(key)
  return yield* pending("auth_pending", Option.getOrElse(now, () => started.flow))
})

/** Whether nothing can be done with a session any more: its token has expired, and there is none to renew it with. */
const isOver = ({ tokens }: Session) =>
  Effect.map(
    DateTime.now,
    (now) => tokens.refreshToken === undefined && DateTime.isGreaterThanOrEqualTo(now, tokens.expiresAt)
  )

const keeperWords = {
  keychain: "by the operating system's keychain",
  file: "in a file that only this user can read",
  memory: "in the memory of this server"
}

/** How an account stands, without network or browser. `before` is told first. */
const standing = Effect.fnUntraced(function*(key: AccountKey, before = "") {
  const flows = yield* AuthFlows
  const sessions = yield* Sessions
  const flow = yield* flows.pending(key)
  if (Option.isSome(flow)) return yield* pending("auth_pending", flow.value)
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
    message: `${before}${required.message} ${required.remedy}`,
    ...(state._tag === "NeedsSignIn" ? accountOf(key, state.ended.account) : { account: { key } })
  }
  return told
})

const status = Effect.fnUntraced(function*(key: AccountKey, input: Input) {
  const flows = yield* AuthFlows
  const flow = yield* flows.pending(key)
  if (Option.isNone(flow) || input.waitSeconds === undefined) return yield* standing(key)
  // However the flow ends, the caller asked how things stand.
  yield* Effect.timeoutOption(Effect.exit(flow.value.outcome), `${input.waitSeconds} seconds`)
  return yield* standing(key)
})

const complete = Effect.fnUntraced(function*(key: AccountKey, input: Input) {
  if (input.redirectUrl === undefined) {
    return yield* new InvalidArguments({ tool: "gas_auth", problems: ["redirectUrl: needed with mode \"complete\""] })
  }
  const flows = yield* AuthFlows
  const sessions = yield* Sessions
  const session = yield* flows.complete(key, Redacted.value(input.redirectUrl)).pipe(
    // The listener may have been faster than the person's pasting.
    Effect.catchTag(
      "NotThisSignIn",
      (error) =>
        Effect.flatMap(
          sessions.slot(key),
          ({ state }) =>
            error.reason === "no_pending_flow" && state._tag === "SignedIn" ? Effect.succeed(state.session) : error
        )
    )
  )
  return yield* signedIn("authenticated", session)
})

const cancel = Effect.fnUntraced(function*(key: AccountKey) {
  const flows = yield* AuthFlows
  const cancelled = yield* flows.cancel(key)
  if (cancelled._tag !== "Cancelled") {
    return yield* standing(
      key,
      cancelled._tag === "Finished" ? "The sign-in had been finished already. " : "No sign-in was under way. "
    )
  }
  const sessions = yield* Sessions
  const { state } = yield* sessions.slot(key)
  const before = state._tag === "SignedIn" ? ` ${nameOf(key, state.session.account)} stays signed in.` : ""
  const told: Output = {
    status: "cancelled",
    authenticated: state._tag === "SignedIn",
    message: `The sign-in was cancelled.${before}`,
    flowId: cancelled.flowId,
    ...(state._tag === "SignedIn" ? accountOf(key, state.session.account) : { account: { key } })
  }
  return told
})

const logout = Effect.fnUntraced(function*(key: AccountKey) {
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

export const gasAuth = make({
  name: "gas_auth",
  title: "Google sign-in",
  description: "Sign in to Google for Apps Script, see how the sign-in stands, finish it by hand, cancel it, or sign " +
    "out. mode \"start\" opens the person's browser and waits up to waitSeconds; if the answer is auth_pending, show " +
    "the person authUrl and call mode \"status\" with waitSeconds to hear how it ends. Every other tool needs this first.",
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: Input,
  output: Output,
  whenFailed: { authenticated: false },
  handler: (input) => {
    const key = input.account ?? defaultAccountKey
    switch (input.mode ?? "start") {
      case "start":
        return start(key, input)
      case "status":
        return status(key, input)
      case "complete":
        return complete(key, input)
      case "cancel":
        return cancel(key)
      case "logout":
        return logout(key)
    }
  }
})
