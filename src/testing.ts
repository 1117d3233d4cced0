/**
 * A Google to sign in to on this machine, a person who consents, a server as its host sees it, and the explorer of
 * interleavings: for tests of one's own. Needs `oidc-provider`, and `@modelcontextprotocol/sdk` for the server; the explorer
 * alone, `mcp-gas/exploring`, needs `effect` and nothing else.
 */
export * from "./exploring.ts"
export * as LocalGoogleOidc from "./layers/local-google/LocalGoogleOidc.ts"
export * as PersonHttp from "./layers/local-google/PersonHttp.ts"
export * as ServerProcessMcpStdio from "./layers/tools/ServerProcessMcpStdio.ts"
export * from "./services/local-google/LocalGoogle.ts"
export * from "./services/local-google/Person.ts"
export * from "./services/tools/ServerProcess.ts"
