/**
 * The sign-in engine composed: what a server embeds that does not want to choose each layer itself.
 *
 * `Google` and `layer` keep sign-ins in files that all processes of this user share, `GoogleMemory` and `layerMemory` keep
 * nothing. `engine` is what they have in common, over a provider, a browser and stores of one's own.
 *
 * Every call of one of them makes a sign-in of its own: two in one program, for two providers, share nothing but what both are
 * given. A layer that is made once is one sign-in, however often it is provided.
 */
import { Duration, Effect, type FileSystem, Layer, type Path } from "effect"
import { Digest, SecureRandom } from "effect/crypto"
import { FetchHttpClient } from "effect/http"
import type { ChildProcessSpawner } from "effect/process"
import * as AuthorizationServerDiscovered from "../../layers/provider/AuthorizationServerDiscovered.ts"
import * as AuthorizationServerGoogle from "../../layers/provider/AuthorizationServerGoogle.ts"
import * as OAuthFetch from "../../layers/provider/OAuthFetch.ts"
import * as AuthEventsPubSub from "../../layers/sign-in/AuthEventsPubSub.ts"
import * as AuthFlowsFibers from "../../layers/sign-in/AuthFlowsFibers.ts"
import * as BrowserChosen from "../../layers/sign-in/BrowserChosen.ts"
import * as CallbackServerLoopback from "../../layers/sign-in/CallbackServerLoopback.ts"
import * as KeyedLockMemory from "../../layers/sign-in/KeyedLockMemory.ts"
import * as SessionsSynchronized from "../../layers/sign-in/SessionsSynchronized.ts"
import {
  type BrowserChoice,
  type ClientMisconfigured,
  defaultSignInTimeout,
  type OAuthClient
} from "../../services/config/Config.ts"
import type { MachineCounters } from "../../services/observability/MachineCounters.ts"
import type { AuthorizationServer } from "../../services/provider/AuthorizationServer.ts"
import type { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import type { AuthFlows } from "../../services/sign-in/AuthFlows.ts"
import type { Browser } from "../../services/sign-in/Browser.ts"
import type { CallbackServer } from "../../services/sign-in/CallbackServer.ts"
import type { DefaultAccount } from "../../services/sign-in/DefaultAccount.ts"
import type { Sessions } from "../../services/sign-in/Sessions.ts"
import type { DataDirectory } from "../../services/storage/DataDirectory.ts"
import type { FlowStore } from "../../services/storage/FlowStore.ts"
import type { Leases } from "../../services/storage/Leases.ts"
import type { SessionStore, StoreUnavailable } from "../../services/storage/SessionStore.ts"
import type { Vault } from "../../services/storage/Vault.ts"
import { apart } from "./apart.ts"
import * as SignInCounted from "./SignInCounted.ts"
import * as SignInKept from "./SignInKept.ts"

/** What a sign-in is like, whoever the provider is. */
export interface EngineOptions {
  /** What a sign-in asks for (RFC 6749 section 3.3), and a session must have. */
  readonly scopes: ReadonlyArray<string>
  /** How long a person has; five minutes unless said. */
  readonly timeout?: Duration.Input
  /** Run before a flow opens: see `AuthFlowsFibers.Options`. */
  readonly prepare?: Effect.Effect<void, StoreUnavailable>
}

/** A sign-in of which the provider is left to say. */
export interface Options extends Omit<EngineOptions, "prepare"> {
  /** The server's name, such as `acme-mcp`. It names the data directory, so that no other server is to have it. */
  readonly name: string
  /** What people know the server by; said on the pages that their browser ends on. `name` unless said. */
  readonly title?: string
  /** A fixed loopback port for the callback (RFC 8252 section 7.3), for providers and tunnels that need one; any free one unless said. */
  readonly callbackPort?: number
  /**
   * The OAuth client (RFC 6749 section 2), of the kind for native apps. As an effect it is asked for whenever it is needed, so
   * that it can be put in place, or mended, while the server runs.
   */
  readonly client: OAuthClient | Effect.Effect<OAuthClient, ClientMisconfigured>
  /** How the person's browser is reached; the system's browser unless said. */
  readonly browser?: BrowserChoice
  /** Who hears what happens, in place of `AuthEventsPubSub.layer`: one that logs as well, say. It closes after all else. */
  readonly events?: Layer.Layer<AuthEvents>
  /**
   * Absolute path of the data directory, unless nothing is kept; if not said, the one of this `name` among the data of the
   * user's programs. It is made when it is first needed.
   */
  readonly directory?: string
}

/** A provider by its issuer: see `AuthorizationServerDiscovered.Options`. */
export type ProviderOptions = Omit<AuthorizationServerDiscovered.Options, "client">

/** The services that a composed sign-in provides. */
export type SignIn =
  | AuthFlows
  | Sessions
  | AuthorizationServer
  | Browser
  | AuthEvents
  | MachineCounters
  | SessionStore
  | FlowStore
  | Leases
  | DefaultAccount
  | Vault

/** What it needs of the platform where it keeps files; `NodeServices` of `@effect/platform-node` has all of it. */
export type Platform = FileSystem.FileSystem | Path.Path | ChildProcessSpawner.ChildProcessSpawner

/**
 * Provides flows and sessions. Needs the provider, a browser, where its responses arrive, where things are kept and who hears of
 * them, all of which one may have layers of one's own for. Closing its Scope ends every pending flow of this process, waits for an
 * exchange and for refreshes under way, and frees every port.
 */
export const engine = (
  { prepare, scopes, timeout = defaultSignInTimeout }: EngineOptions
): Layer.Layer<
  AuthFlows | Sessions,
  never,
  | AuthorizationServer
  | Browser
  | CallbackServer
  | SessionStore
  | FlowStore
  | Leases
  | AuthEvents
  | SecureRandom.SecureRandom
> =>
  apart(
    AuthFlowsFibers.layer({
      scopes,
      timeout: Duration.fromInputUnsafe(timeout),
      ...(prepare === undefined ? {} : { prepare })
    }).pipe(
      Layer.provideMerge(SessionsSynchronized.layer),
      Layer.provide(KeyedLockMemory.layer)
    )
  )

type Provider = Layer.Layer<AuthorizationServer, never, Digest.Digest | OAuthFetch.OAuthFetch>

const clientOf = ({ client }: Options) => Effect.isEffect(client) ? client : Effect.succeed(client)

const google = (options: Options): Provider => AuthorizationServerGoogle.layer({ client: clientOf(options) })

const discovered = (options: Options & ProviderOptions): Provider =>
  AuthorizationServerDiscovered.layer({ ...options, client: clientOf(options) })

const engineOf = (options: Options, prepare: Effect.Effect<void, StoreUnavailable> = Effect.void) =>
  engine({ ...options, prepare }).pipe(
    Layer.provide(CallbackServerLoopback.layer({
      serverName: options.title ?? options.name,
      ...(options.callbackPort === undefined ? {} : { port: options.callbackPort })
    }))
  )

/** Events of one's own are whoever's they are: other layers of the program may hear them too. */
const eventsOf = ({ events }: Options) => events ?? apart(AuthEventsPubSub.layer)

/** The provider and the browser. */
const layerBeside = (options: Options, provider: Provider) =>
  provider.pipe(
    Layer.provide(OAuthFetch.layer),
    Layer.provide([FetchHttpClient.layer, Digest.layerWebCrypto]),
    Layer.merge(BrowserChosen.layer(options.browser ?? { _tag: "System" })),
    Layer.merge(SecureRandom.layerWebCrypto)
  )

const layerAt = (
  options: Options,
  provider: Provider
): Layer.Layer<SignIn | DataDirectory, StoreUnavailable, Platform> =>
  Layer.unwrap(Effect.map(
    Effect.context<DataDirectory | Vault>(),
    (kept) => engineOf(options, Effect.provideContext(SignInKept.filesReady, kept))
  )).pipe(
    Layer.provideMerge(SignInCounted.layer),
    Layer.provideMerge([SignInKept.layerFiles(options.name, options.directory), layerBeside(options, provider)]),
    apart,
    Layer.provideMerge(eventsOf(options))
  )

const layerMemoryAt = (
  options: Options,
  provider: Provider
): Layer.Layer<SignIn, never, ChildProcessSpawner.ChildProcessSpawner> =>
  engineOf(options).pipe(
    Layer.provideMerge(SignInCounted.layerMemory),
    Layer.provideMerge([SignInKept.layerMemory, layerBeside(options, provider)]),
    apart,
    Layer.provideMerge(eventsOf(options))
  )

/**
 * A sign-in at any provider that tells its metadata (OpenID Connect Discovery 1.0 or RFC 8414), shared by all processes of this
 * user. Building it reads nothing and asks nobody; it fails only where no `directory` is named and the user's is not known.
 * What its Scope closes is said of `engine`; the files are closed after that.
 */
export const layer = (
  options: Options & ProviderOptions
): Layer.Layer<SignIn | DataDirectory, StoreUnavailable, Platform> => layerAt(options, discovered(options))

/** The same at Google, whose metadata is built in, and which is asked for a refresh token at each sign-in. */
export const Google = (options: Options): Layer.Layer<SignIn | DataDirectory, StoreUnavailable, Platform> =>
  layerAt(options, google(options))

/**
 * As `layer`, but nothing is kept: a sign-in ends with this layer, and no other process knows of it.
 *
 * @example
 * ```ts
 * import { NodeServices } from "@effect/platform-node"
 * import { Console, Effect, Layer, Option } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { AuthFlows, defaultAccountKey, SignIn } from "mcp-gas"
 * import { LocalGoogle, LocalGoogleOidc, Person, PersonHttp } from "mcp-gas/testing"
 *
 * const program = Effect.gen(function*() {
 *   const { start } = yield* AuthFlows
 *   const { consent, visit } = yield* Person
 *   const started = yield* start(defaultAccountKey, { openBrowser: false })
 *   if (started._tag === "AlreadyAuthenticated") return
 *   yield* visit(yield* consent(started.flow.authorizationUrl, { _tag: "Allow" }))
 *   const { account } = yield* started.flow.outcome
 *   yield* Console.log(account.name) // → Ada Lovelace
 * })
 *
 * const AtLocalGoogle = Layer.unwrap(
 *   Effect.map(LocalGoogle, ({ clientId, clientSecret, issuer }) =>
 *     SignIn.layerMemory({
 *       name: "acme-mcp",
 *       issuer,
 *       client: { clientId, clientSecret: Option.some(clientSecret) },
 *       scopes: ["openid", "profile"],
 *       browser: { _tag: "None" }
 *     }))
 * ).pipe(Layer.provide([LocalGoogleOidc.layer(), NodeServices.layer]))
 *
 * const ThePerson = Layer.provide(PersonHttp.layer, FetchHttpClient.layer)
 *
 * await Effect.runPromise(Effect.provide(program, Layer.merge(AtLocalGoogle, ThePerson)))
 * ```
 */
export const layerMemory = (
  options: Options & ProviderOptions
): Layer.Layer<SignIn, never, ChildProcessSpawner.ChildProcessSpawner> => layerMemoryAt(options, discovered(options))

/** The same at Google, as `Google` is asked. */
export const GoogleMemory = (
  options: Options
): Layer.Layer<SignIn, never, ChildProcessSpawner.ChildProcessSpawner> => layerMemoryAt(options, google(options))
