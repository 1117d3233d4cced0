/**
 * The composed sign-in for tests of what embeds it: the real engine, over a provider, a browser and a person that the test steers.
 */
import { Layer } from "effect"
import * as AuthEventsPubSub from "../../layers/sign-in/AuthEventsPubSub.ts"
import * as CallbackServerLoopback from "../../layers/sign-in/CallbackServerLoopback.ts"
import * as AuthorizationServerScripted from "../../layers/testing/AuthorizationServerScripted.ts"
import * as BrowserPerson from "../../layers/testing/BrowserPerson.ts"
import * as LoopbackListenerMemory from "../../layers/testing/LoopbackListenerMemory.ts"
import * as PersonScripted from "../../layers/testing/PersonScripted.ts"
import * as SecureRandomCounted from "../../layers/testing/SecureRandomCounted.ts"
import type { ScriptedPerson } from "../../services/testing/ScriptedPerson.ts"
import type { ScriptedProvider } from "../../services/testing/ScriptedProvider.ts"
import { apart } from "./apart.ts"
import * as SignIn from "./SignIn.ts"
import * as SignInCounted from "./SignInCounted.ts"
import * as SignInKept from "./SignInKept.ts"

/** What differs from a sign-in for `openid email` at a provider that everybody consents to at once. */
export interface Options
  extends Partial<Omit<SignIn.EngineOptions, "prepare">>, AuthorizationServerScripted.Options, BrowserPerson.Options
{
  /** The name on the pages that the person ends on; `Test` unless said. */
  readonly title?: string
  /** A fixed port for the callback; another one for each sign-in unless said. No port of the machine is used. */
  readonly callbackPort?: number
}

/**
 * Provides what `SignIn` does, and `ScriptedProvider` and `ScriptedPerson` to steer it with; needs nothing. All of it is in memory:
 * no socket, no file, no process, and no time but that of the `Clock` of the test, so that deadlines, refreshes and the ten
 * seconds between two tabs come when `TestClock` says so. Random bytes are counted: a test sees the same in every run. Each call
 * makes another one, which knows nothing of the others.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { AuthFlows, authorizedCall, defaultAccountKey, TokenRefused } from "mcp-gas"
 * import { ScriptedProvider, SignInTesting } from "mcp-gas/testing"
 *
 * // What is tested: a tool that calls a resource.
 * const greet = (api: ScriptedProvider["Service"]) =>
 *   authorizedCall(
 *     defaultAccountKey,
 *     (token) =>
 *       Effect.flatMap(api.introspect(token), (known) =>
 *         known._tag === "None" ? new TokenRefused() : Effect.succeed(`Hello, ${known.value.account.name}`))
 *   )
 *
 * const program = Effect.gen(function*() {
 *   const provider = yield* ScriptedProvider
 *   const problem = yield* Effect.flip(greet(provider))
 *   yield* Console.log(problem.message) // → Nobody has signed in as "default" yet.
 *
 *   const { start } = yield* AuthFlows
 *   const started = yield* start(defaultAccountKey, { openBrowser: true })
 *   if (started._tag !== "AlreadyAuthenticated") yield* started.flow.outcome
 *   yield* Console.log(yield* greet(provider)) // → Hello, Ada Lovelace
 * })
 *
 * await Effect.runPromise(Effect.provide(program, SignInTesting.layer()))
 * ```
 */
export const layer = (options: Options = {}): Layer.Layer<SignIn.SignIn | ScriptedProvider | ScriptedPerson> =>
  SignIn.engine({ scopes: ["openid", "email"], ...options }).pipe(
    Layer.provide(CallbackServerLoopback.layerOver({
      serverName: options.title ?? "Test",
      ...(options.callbackPort === undefined ? {} : { port: options.callbackPort })
    })),
    Layer.provideMerge(SignInCounted.layerMemory),
    Layer.provideMerge(BrowserPerson.layer(options)),
    Layer.provide(PersonScripted.layer),
    Layer.provideMerge(AuthorizationServerScripted.layer(options)),
    Layer.provide([LoopbackListenerMemory.layer, SecureRandomCounted.layer]),
    Layer.provideMerge([SignInKept.layerMemory, AuthEventsPubSub.layer]),
    apart
  )
