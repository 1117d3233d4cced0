/**
 * The sign-in engine for embedding: the contracts, and the layers that fulfil them. Importing this starts nothing.
 *
 * Contracts are exported by name, layers as namespaces: `AuthFlowsFibers.layer(…)` over a provider, a callback server, a
 * browser, sessions and a store. What else each of them needs is in its type.
 */
export * from "./services/config/Config.ts"
export * from "./services/Explained.ts"
export * as AuthorizationResponse from "./services/provider/AuthorizationResponse.ts"
export * from "./services/provider/AuthorizationServer.ts"
export * as Scopes from "./services/provider/Scopes.ts"
export * from "./services/sign-in/AccountKey.ts"
export * from "./services/sign-in/AuthEvents.ts"
export * from "./services/sign-in/AuthFlows.ts"
export * from "./services/sign-in/Browser.ts"
export * from "./services/sign-in/CallbackServer.ts"
export * from "./services/sign-in/KeyedLock.ts"
export * from "./services/sign-in/Session.ts"
export * from "./services/sign-in/Sessions.ts"
export * from "./services/storage/DataDirectory.ts"
export * from "./services/storage/SessionStore.ts"

export * as ConfigEnv from "./layers/config/ConfigEnv.ts"
export * as AuthorizationServerDiscovered from "./layers/provider/AuthorizationServerDiscovered.ts"
export * as AuthorizationServerGoogle from "./layers/provider/AuthorizationServerGoogle.ts"
export * as OAuthFetch from "./layers/provider/OAuthFetch.ts"
export * as AuthEventsLog from "./layers/sign-in/AuthEventsLog.ts"
export * as AuthEventsPubSub from "./layers/sign-in/AuthEventsPubSub.ts"
export * as AuthFlowsFibers from "./layers/sign-in/AuthFlowsFibers.ts"
export * as BrowserCommand from "./layers/sign-in/BrowserCommand.ts"
export * as BrowserNone from "./layers/sign-in/BrowserNone.ts"
export * as BrowserSystem from "./layers/sign-in/BrowserSystem.ts"
export * as CallbackServerLoopback from "./layers/sign-in/CallbackServerLoopback.ts"
export * as KeyedLockMemory from "./layers/sign-in/KeyedLockMemory.ts"
export * as SessionsSynchronized from "./layers/sign-in/SessionsSynchronized.ts"
export * as DataDirectoryFileSystem from "./layers/storage/DataDirectoryFileSystem.ts"
export * as SessionStoreMemory from "./layers/storage/SessionStoreMemory.ts"
