/**
 * The sign-in engine for embedding: the contracts, and the layers that fulfil them. Importing this starts nothing.
 *
 * Contracts are exported by name, layers as namespaces: `AuthFlowsFibers.layer(…)` over a provider, a callback server, a
 * browser, sessions and a store. What else each of them needs is in its type.
 */
export * from "./services/AccountKey.ts"
export * from "./services/AuthEvents.ts"
export * from "./services/AuthFlows.ts"
export * as AuthorizationResponse from "./services/AuthorizationResponse.ts"
export * from "./services/AuthorizationServer.ts"
export * from "./services/Browser.ts"
export * from "./services/CallbackServer.ts"
export * from "./services/Config.ts"
export * from "./services/DataDirectory.ts"
export * from "./services/Explained.ts"
export * from "./services/KeyedLock.ts"
export * as Scopes from "./services/Scopes.ts"
export * from "./services/Session.ts"
export * from "./services/Sessions.ts"
export * from "./services/SessionStore.ts"

export * as AuthEventsLog from "./layers/AuthEventsLog.ts"
export * as AuthEventsPubSub from "./layers/AuthEventsPubSub.ts"
export * as AuthFlowsFibers from "./layers/AuthFlowsFibers.ts"
export * as AuthorizationServerDiscovered from "./layers/AuthorizationServerDiscovered.ts"
export * as AuthorizationServerGoogle from "./layers/AuthorizationServerGoogle.ts"
export * as BrowserCommand from "./layers/BrowserCommand.ts"
export * as BrowserNone from "./layers/BrowserNone.ts"
export * as BrowserSystem from "./layers/BrowserSystem.ts"
export * as CallbackServerLoopback from "./layers/CallbackServerLoopback.ts"
export * as ConfigEnv from "./layers/ConfigEnv.ts"
export * as DataDirectoryFileSystem from "./layers/DataDirectoryFileSystem.ts"
export * as KeyedLockMemory from "./layers/KeyedLockMemory.ts"
export * as OAuthFetch from "./layers/OAuthFetch.ts"
export * as SessionsSynchronized from "./layers/SessionsSynchronized.ts"
export * as SessionStoreMemory from "./layers/SessionStoreMemory.ts"
