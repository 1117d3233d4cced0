/**
 * Tools as data, and serving them over stdio by the Model Context Protocol. Needs `@modelcontextprotocol/sdk`.
 */
export * as ToolServerMcpStdio from "./layers/tools/ToolServerMcpStdio.ts"
export * as UrlOpenerElicitation from "./layers/tools/UrlOpenerElicitation.ts"
export * as Tool from "./services/tools/Tool.ts"
export * from "./services/tools/ToolClient.ts"
export * as ToolProgress from "./services/tools/ToolProgress.ts"
export * from "./services/tools/ToolServer.ts"
