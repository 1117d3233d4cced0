/**
 * `PromiseSignIn` over the composed layers, in a runtime of its own.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import {
  Duration,
  Effect,
  Exit,
  Layer,
  Logger,
  ManagedRuntime,
  Option,
  Redacted,
  References,
  Schema,
  Scope
} from "effect"
import * as AuthorizationServerGoogle from "../../layers/provider/AuthorizationServerGoogle.ts"
import * as SdkTool from "../../layers/tools/SdkTool.ts"
import type { BrowserChoice } from "../../services/config/Config.ts"
import type { Explained } from "../../services/Explained.ts"
import { AccountKey, defaultAccountKey } from "../../services/sign-in/AccountKey.ts"
import { AuthFlows } from "../../services/sign-in/AuthFlows.ts"
import { Browser } from "../../services/sign-in/Browser.ts"
import { Sessions } from "../../services/sign-in/Sessions.ts"
import { authTool } from "../tools/authTool.ts"
import { loggedOut, pending, signedIn, type Speaker, standing } from "../tools/authToolAnswers.ts"
import { checked } from "./checkedOptions.ts"
import type { CallOptions, CreateSignInOptions, PromiseSignIn } from "./PromiseSignIn.ts"
import { closed, rejectionOf } from "./rejection.ts"
import * as SignIn from "./SignIn.ts"

const levels = { debug: "Debug", info: "Info", warn: "Warn", error: "Error", none: "None" } as const

const browserOf = (browser: NonNullable<CreateSignInOptions["browser"]>): BrowserChoice => {
  if (browser === "system") return { _tag: "System" }
  return browser === "none" ? { _tag: "None" } : { _tag: "Command", command: browser.command }
}

const layerOf = (options: CreateSignInOptions) => {
  const { browser, clientId, clientSecret, issuer, storage, timeoutSeconds, logLevel = "warn" } = options
  const said: SignIn.Options & SignIn.ProviderOptions = {
    ...options,
    client: {
      clientId,
      clientSecret: Option.map(
        Option.fromUndefinedOr(clientSecret),
        (secret) => Redacted.make(secret, { label: "client secret" })
      )
    },
    browser: browserOf(browser ?? "system"),
    ...(timeoutSeconds === undefined ? {} : { timeout: Duration.seconds(timeoutSeconds) })
  }
  const isGoogle = issuer === AuthorizationServerGoogle.issuer
  const layer = storage === "memory"
    ? (isGoogle ? SignIn.GoogleMemory(said) : SignIn.layerMemory(said))
    : (isGoogle ? SignIn.Google(said) : SignIn.layer(said))
  return layer.pipe(
    Layer.provide(NodeServices.layer),
    // stdout is the protocol's in a server over stdio.
    Layer.provideMerge(Layer.merge(
      Layer.succeed(References.MinimumLogLevel, levels[logLevel]),
      Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)])
    ))
  )
}

const invalidAccount: Explained = {
  code: "invalid_arguments",
  message: "The account is not a name of 1 to 254 characters without spaces.",
  remedy: "Use such a name, or an email address."
}

const speaker: Speaker = { tool: undefined, inOwnWords: (text) => text }

const keyOf = ({ account }: CallOptions) =>
  account === undefined
    ? Effect.succeed(defaultAccountKey)
    : Effect.mapError(Schema.decodeEffect(AccountKey)(account), () => invalidAccount)

const untilAborted = (signal: AbortSignal | undefined) => signal === undefined ? {} : { signal }

/**
 * Makes a sign-in. It throws nothing and starts nothing: what is wrong with the options, or with this machine, is told by what is
 * asked of it first. Whoever makes it closes it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { createSignIn } from "mcp-gas/promise"
 *
 * const signIn = createSignIn({
 *   name: "acme-mcp",
 *   issuer: "https://accounts.example.com",
 *   clientId: "my-client",
 *   scopes: ["openid", "email"],
 *   storage: "memory"
 * })
 *
 * const { authenticated } = await signIn.status()
 * assert.equal(authenticated, false)
 * await assert.rejects(signIn.accessToken(), { code: "sign_in_required" })
 * await signIn.close()
 * ```
 */
export const createSignIn = (options: CreateSignInOptions): PromiseSignIn => {
  const runtime = ManagedRuntime.make(Layer.unwrap(Effect.map(checked(options), layerOf)))
  /** What is told to clients when a flow is over leaves from here, after the services have closed. */
  const last = Scope.makeUnsafe()
  const isClosed = () => runtime.scope.state._tag === "Closed"

  const answer: SdkTool.Run<SignIn.SignIn> = (calling, signal) =>
    isClosed() || signal?.aborted === true
      ? Promise.resolve(Exit.interrupt())
      : runtime.runPromiseExit(calling, untilAborted(signal))

  const ask = async <A>(
    effect: Effect.Effect<A, Explained, SignIn.SignIn>,
    signal: AbortSignal | undefined
  ): Promise<A> => {
    signal?.throwIfAborted()
    if (isClosed()) throw closed()
    const exit = await runtime.runPromiseExit(effect, untilAborted(signal))
    if (Exit.isSuccess(exit)) return exit.value
    throw rejectionOf(exit.cause, signal)
  }

  const start = Effect.fnUntraced(function*(call: CallOptions, openBrowser: boolean) {
    const flows = yield* AuthFlows
    const key = yield* keyOf(call)
    const started = yield* flows.start(key, { openBrowser: openBrowser && (yield* Browser).opens })
    if (started._tag === "AlreadyAuthenticated") {
      const told = yield* signedIn("already_authenticated", started.session)
      return { told, outcome: Effect.succeed(told) }
    }
    const { flow } = started
    return {
      told: yield* pending(speaker, started._tag === "Began" ? "auth_started" : "auth_pending", flow, true),
      outcome: Effect.flatMap(flow.outcome, (session) => signedIn("authenticated", session))
    }
  })

  const close = () => runtime.dispose().then(() => Effect.runPromise(Scope.close(last, Exit.void)))

  return {
    start: async ({ openBrowser = true, ...call } = {}) => {
      const { outcome, told } = await ask(start(call, openBrowser), call.signal)
      return { ...told, finished: ({ signal } = {}) => ask(outcome, signal) }
    },
    status: (call = {}) => ask(Effect.flatMap(keyOf(call), (key) => standing(speaker, key)), call.signal),
    accessToken: (call = {}) =>
      ask(
        Effect.flatMap(keyOf(call), (key) => Sessions.use(({ accessToken }) => accessToken(key))).pipe(
          Effect.map(Redacted.value)
        ),
        call.signal
      ),
    invalidate: (token, call = {}) =>
      ask(
        Effect.flatMap(
          keyOf(call),
          (key) => Sessions.use(({ invalidate }) => invalidate(key, Redacted.make(token, { label: "access token" })))
        ),
        call.signal
      ),
    logout: (call = {}) => ask(Effect.flatMap(keyOf(call), loggedOut), call.signal),
    authTool: (name, tool = {}) => SdkTool.make(authTool(name, tool), answer, last),
    close,
    [Symbol.asyncDispose]: close
  }
}
