/**
 * The tool `gas_auth`: sign in, see how it stands, finish by hand, cancel, sign out.
 */
import { DateTime, Effect, Option, Redacted, Schema } from "effect"
import { Config } from "../../services/config/Config.ts"
import * as Scopes from "../../services/provider/Scopes.ts"
import { AccountKey, defaultAccountKey } from "../../services/sign-in/AccountKey.ts"
import { type AuthFlow, AuthFlows, type Cancelled } from "../../services/sign-in/AuthFlows.ts"
import type { Account, Session } from "../../services/sign-in/Session.ts"
import { Sessions, SignInRequired } from "../../services/sign-in/Sessions.ts"
import { InvalidArguments, make } from "../../services/tools/Tool.ts"

/** Below the 60 seconds after which many hosts give a call up. */
const defaultWaitSeconds = 40

const Input = Schema.Struct({
  mode: Schema.optionalKey(
    Schema.Literals(["start", "status", "complete", "cancel", "logout"]).annotate({
      default: "start",
      description: "start: sign in, or join a sign-in under way. status: tell how it stands, never opens a browser. " +
        "complete: finish with redirectUrl. cancel: end a sign-in under way. logout: sign out and revoke."
    })
  ),
  account: Schema.optionalKey(AccountKey.annotate({
    default: defaultAccountKey,
    description: "Which account slot: any name without spaces, or an email address that must be the one that consents."
  })),
  openBrowser: Schema.optionalKey(Schema.Boolean.annotate({
    default: true,
    description: "With start: whether to open the person's browser. The address is in the result either way."
  })),
  waitForCompletion: Schema.optionalKey(Schema.Boolean.annotate({
    default: true,
    description: "With start: whether to wait for the person. The sign-in goes on in any case."
  })),
  waitSeconds: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 300 })).annotate({
      default: defaultWaitSeconds,
      description: "How long to wait for the person, 0 to 300 seconds; then the answer is auth_pending."
    })
  ),
  redirectUrl: Schema.optionalKey(
    Schema.RedactedFromValue(Schema.String, { label: "redirect URL" }).annotate({
      description: "With complete: the whole address of the page the browser ended on after consenting."
    })
  )
})

const Output = Schema.Struct({
  status: Schema.Literals([
    "authenticated",
    "already_authenticated",
    "auth_started",
    "auth_pending",
    "not_authenticated",
    "cancelled",
    "logged_out"
  ]),
  authenticated: Schema.Boolean,
  message: Schema.String.annotate({ description: "What happened and what to do next." }),
  account: Schema.optionalKey(Schema.Struct({
    key: AccountKey,
    email: Schema.optionalKey(Schema.String),
    name: Schema.optionalKey(Schema.String)
  })),
  authUrl: Schema.optionalKey(Schema.String.annotate({ description: "Where the person has to go. Show it to them." })),
  redirectUri: Schema.optionalKey(Schema.String),
  flowId: Schema.optionalKey(Schema.String),
  expiresAt: Schema.optionalKey(Schema.String.annotate({ description: "When the sign-in ends unfinished." })),
  grantedScopes: Schema.optionalKey(Schema.Array(Schema.String)),
  missingScopes: Schema.optionalKey(Schema.Array(Schema.String)),
  tokenExpiresAt: Schema.optionalKey(Schema.String)
})
type Input = typeof Input.Type
type Output = typeof Output.Type

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

/** What is told of a flow that waits for its person. */
const pending = Effect.fnUntraced(function*(status: "auth_started" | "auth_pending", flow: AuthFlow, opened: boolean) {
  const seconds = Math.max(
    0,
    Math.ceil((DateTime.toEpochMillis(flow.expiresAt) - DateTime.toEpochMillis(yield* DateTime.now)) / 1000)
  )
  const told: Output = {
    status,
    authenticated: false,
    message:
      `${opened ? "A browser was asked to open the sign-in. If none shows, ask" : "Ask"} the person to open authUrl ` +
      `within ${seconds} seconds, then call gas_auth with mode "status". If their browser ends on a page that cannot ` +
      "load, call mode \"complete\" with that page's address as redirectUrl.",
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
  const openBrowser = input.openBrowser ?? true
  const started = yield* flows.start(key, { openBrowser })
  if (started._tag === "AlreadyAuthenticated") return yield* signedIn("already_authenticated", started.session)
  const opened = openBrowser && settings.browser._tag !== "None"
  if (input.waitForCompletion === false) {
    return yield* pending(started._tag === "Began" ? "auth_started" : "auth_pending", started.flow, opened)
  }
  const waited = yield* Effect.timeoutOption(started.flow.outcome, `${input.waitSeconds ?? defaultWaitSeconds} seconds`)
  return Option.isSome(waited)
    ? yield* signedIn("authenticated", waited.value)
    : yield* pending("auth_pending", started.flow, opened)
})

/** How an account stands, without network or browser. `before` is told first. */
const standing = Effect.fnUntraced(function*(key: AccountKey, before = "") {
  const flows = yield* AuthFlows
  const sessions = yield* Sessions
  const flow = yield* flows.pending(key)
  if (Option.isSome(flow)) return yield* pending("auth_pending", flow.value, false)
  const { state } = yield* sessions.slot(key)
  if (state._tag === "SignedIn") return yield* signedIn("authenticated", state.session, before)
  const required = state._tag === "NeedsSignIn"
    ? new SignInRequired({ key, reason: state.ended.reason, account: state.ended.account })
    : new SignInRequired({ key, reason: state._tag === "SignedOut" ? "signed_out" : "never" })
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

const cancelWords = (cancelled: Cancelled): string => {
  switch (cancelled._tag) {
    case "NothingPending":
      return "No sign-in was under way. "
    case "Finished":
      return "The sign-in had been finished already. "
    case "Cancelled":
      return "The sign-in was cancelled. "
  }
}

const cancel = Effect.fnUntraced(function*(key: AccountKey) {
  const flows = yield* AuthFlows
  const cancelled = yield* flows.cancel(key)
  const now = yield* standing(key, cancelWords(cancelled))
  return cancelled._tag === "Cancelled" ? { ...now, status: "cancelled" as const } : now
})

const logout = Effect.fnUntraced(function*(key: AccountKey) {
  const flows = yield* AuthFlows
  const { revoked, was } = yield* flows.logout(key)
  const who = Option.match(was, {
    onNone: () => `"${key}" is signed out; nobody was signed in.`,
    onSome: (account) => `${nameOf(key, account)} is signed out.`
  })
  const provider = Option.match(revoked, {
    onNone: () => "",
    onSome: (done) =>
      done
        ? " The access was revoked at the provider too."
        : " The provider could not be reached to revoke the access; remove it in the account's security settings."
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
    "the person authUrl and call mode \"status\" until it changes. Every other tool needs this first.",
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
