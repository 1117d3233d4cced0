/**
 * The sign-in engine composed for this machine: configured by the environment, Google or the issuer that stands in for
 * it, a loopback callback, sessions sealed in the data directory. Loading this file loads all of that; the server does so at its first call.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer, Option, Redacted } from "effect"
import { Aead, Digest, SecureRandom } from "effect/crypto"
import { FetchHttpClient } from "effect/http"
import { UserDirectories } from "effect/persistence"
import * as ConfigEnv from "../layers/config/ConfigEnv.ts"
import * as AuthorizationServerDiscovered from "../layers/provider/AuthorizationServerDiscovered.ts"
import * as AuthorizationServerGoogle from "../layers/provider/AuthorizationServerGoogle.ts"
import * as OAuthFetch from "../layers/provider/OAuthFetch.ts"
import * as AuthEventsLog from "../layers/sign-in/AuthEventsLog.ts"
import * as AuthEventsPubSub from "../layers/sign-in/AuthEventsPubSub.ts"
import * as AuthFlowsFibers from "../layers/sign-in/AuthFlowsFibers.ts"
import * as BrowserFromConfig from "../layers/sign-in/BrowserFromConfig.ts"
import * as CallbackServerLoopback from "../layers/sign-in/CallbackServerLoopback.ts"
import * as KeyedLockMemory from "../layers/sign-in/KeyedLockMemory.ts"
import * as SessionsSynchronized from "../layers/sign-in/SessionsSynchronized.ts"
import * as DataDirectoryFileSystem from "../layers/storage/DataDirectoryFileSystem.ts"
import * as DefaultAccountFile from "../layers/storage/DefaultAccountFile.ts"
import * as KeychainSystem from "../layers/storage/KeychainSystem.ts"
import * as LeasesSqlite from "../layers/storage/LeasesSqlite.ts"
import * as StoresFile from "../layers/storage/StoresFile.ts"
import * as VaultAead from "../layers/storage/VaultAead.ts"
import * as VaultKeysPreferred from "../layers/storage/VaultKeysPreferred.ts"
import { Config } from "../services/config/Config.ts"
import { DataDirectory } from "../services/storage/DataDirectory.ts"
import { Vault } from "../services/storage/Vault.ts"
import { serverTitle } from "./identity.ts"

const layerConfig = ConfigEnv.layer.pipe(
  Layer.provideMerge(UserDirectories.layer),
  Layer.provideMerge(NodeServices.layer)
)

const layerProvider = Layer.unwrap(Effect.map(Config, ({ client, settings }) =>
  settings.provider._tag === "Google"
    ? AuthorizationServerGoogle.layer({ client })
    : AuthorizationServerDiscovered.layer({
      issuer: settings.provider.issuer,
      client,
      // Whoever stands in for Google is asked as Google is, but not trusted to take a refresh token twice.
      authorizationParameters: AuthorizationServerGoogle.authorizationParameters
    }))).pipe(
    Layer.provide(OAuthFetch.layer.pipe(Layer.provide(FetchHttpClient.layer))),
    Layer.provide(Digest.layerWebCrypto)
  )

const layerCallbacks = Layer.unwrap(Effect.map(Config, ({ settings }) =>
  CallbackServerLoopback.layer({
    serverName: serverTitle,
    ...Option.match(settings.callbackPort, { onNone: () => ({}), onSome: (port) => ({ port }) })
  })))

const layerFlows = Layer.unwrap(Effect.gen(function*() {
  const { settings } = yield* Config
  const directory = yield* DataDirectory
  const vault = yield* Vault
  // Whatever keeps the key of the vault may want a word with the person: now, and not once they have consented.
  const prepare = Effect.andThen(directory.ready, vault.seal(Redacted.make(""), []))
  return AuthFlowsFibers.layer({ scopes: settings.scopes, timeout: settings.signInTimeout, prepare })
}))

const layerVault = VaultAead.layer.pipe(
  Layer.provide(VaultKeysPreferred.layer),
  Layer.provide([KeychainSystem.layer, Aead.layerWebCrypto])
)

const layerKept = Layer.mergeAll(StoresFile.layer, DefaultAccountFile.layer)

/** Everything the tools need. Building it reads the environment and nothing else; what it opens, its Scope closes. */
export const layer = layerFlows.pipe(
  Layer.provideMerge(SessionsSynchronized.layer),
  Layer.provideMerge(layerProvider),
  Layer.provideMerge([layerKept, LeasesSqlite.layer]),
  Layer.provide([layerCallbacks, BrowserFromConfig.layer, KeyedLockMemory.layer]),
  Layer.provideMerge(layerVault),
  Layer.provideMerge([DataDirectoryFileSystem.layer, SecureRandom.layerWebCrypto, Digest.layerWebCrypto]),
  Layer.provide(AuthEventsLog.layer),
  Layer.provideMerge(AuthEventsPubSub.layer),
  Layer.provideMerge(layerConfig)
)
