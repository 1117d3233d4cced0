/**
 * Tools as data, and serving them over stdio by the Model Context Protocol. Needs `@modelcontextprotocol/sdk`.
 */
export * as ToolServerMcpStdio from "./layers/tools/ToolServerMcpStdio.ts"
export * as Tool from "./services/tools/Tool.ts"
export * from "./services/tools/ToolServer.ts"
