/**
 * A Google to sign in to on this machine, a person who consents, and a server as its host sees it: for tests of one's
 * own. Needs `oidc-provider`, and `@modelcontextprotocol/sdk` for the server.
 */
export * as LocalGoogleOidc from "./layers/LocalGoogleOidc.ts"
export * as PersonHttp from "./layers/PersonHttp.ts"
export * as ServerProcessMcpStdio from "./layers/ServerProcessMcpStdio.ts"
export * from "./services/LocalGoogle.ts"
export * from "./services/Person.ts"
export * from "./services/ServerProcess.ts"
