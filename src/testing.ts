/**
 * For tests of one's own: the sign-in in memory, with a provider and a person that a test steers (`SignInTesting`); a Google to
 * sign in to on this machine, and a person who consents there over HTTP; a server as its host sees it; and the explorer of
 * interleavings. Needs `effect`; `LocalGoogleOidc` needs `oidc-provider` and `ServerProcessMcpStdio` needs
 * `@modelcontextprotocol/sdk`, which are loaded when they are built.
 */
export * from "./exploring.ts"
export * as LocalGoogleOidc from "./layers/local-google/LocalGoogleOidc.ts"
export * as PersonHttp from "./layers/local-google/PersonHttp.ts"
export * as AuthorizationServerScripted from "./layers/testing/AuthorizationServerScripted.ts"
export * as BrowserPerson from "./layers/testing/BrowserPerson.ts"
export * as LoopbackListenerMemory from "./layers/testing/LoopbackListenerMemory.ts"
export * as PersonScripted from "./layers/testing/PersonScripted.ts"
export * as SecureRandomCounted from "./layers/testing/SecureRandomCounted.ts"
export * as ServerProcessMcpStdio from "./layers/tools/ServerProcessMcpStdio.ts"
export * as SignInTesting from "./programs/embedding/SignInTesting.ts"
export * from "./services/local-google/LocalGoogle.ts"
export * from "./services/local-google/Person.ts"
export * from "./services/testing/LoopbackVisitor.ts"
export * from "./services/testing/ScriptedPerson.ts"
export * from "./services/testing/ScriptedProvider.ts"
export * from "./services/tools/ServerProcess.ts"
