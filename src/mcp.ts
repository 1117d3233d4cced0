/**
 * Tools as data, and serving them over stdio by the Model Context Protocol. Needs `@modelcontextprotocol/sdk`.
 */
export * as ToolServerMcpStdio from "./layers/ToolServerMcpStdio.ts"
export * as Tool from "./services/Tool.ts"
export * from "./services/ToolServer.ts"
