/**
 * Tools and resources as data, the sign-in tool among them, and serving them by the Model Context Protocol: over stdio, or in a
 * server of the SDK that is there already. Needs `@modelcontextprotocol/sdk`.
 */
export * as SdkTool from "./layers/tools/SdkTool.ts"
export * as ToolServerMcpStdio from "./layers/tools/ToolServerMcpStdio.ts"
export * as UrlOpenerElicitation from "./layers/tools/UrlOpenerElicitation.ts"
export { serve } from "./programs/embedding/serving.ts"
export { authTool, type AuthToolOptions } from "./programs/tools/authTool.ts"
export * from "./services/tools/Resource.ts"
export * as Tool from "./services/tools/Tool.ts"
export * from "./services/tools/ToolClient.ts"
export * as ToolProgress from "./services/tools/ToolProgress.ts"
export * from "./services/tools/ToolServer.ts"
