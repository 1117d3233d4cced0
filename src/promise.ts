/**
 * The sign-in for servers that are not written with Effect: `createSignIn` and what it speaks of. Needs nothing else, but
 * `@modelcontextprotocol/sdk` for its tool. Importing it starts nothing.
 */
export type { CallContext, SdkTool } from "./layers/tools/SdkToolShape.ts"
export { createSignIn } from "./programs/embedding/createSignIn.ts"
export * from "./programs/embedding/PromiseSignIn.ts"
