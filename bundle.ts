/**
 * Builds the command, and beside it the door for those who do not have Effect: an entry each, and chunks that are loaded when they
 * are needed. Hosts start the command often, so what it takes to say hello is kept small.
 */
import { build } from "rolldown"
import { notices } from "./packaging/notices.ts"

await build({
  input: { "mcp-gas": "src/programs/main.ts", promise: "src/promise.ts" },
  platform: "node",
  plugins: [notices],
  // Its other build asks for its own parts by names that a bundler cannot know.
  resolve: { alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" } },
  logLevel: "warn",
  output: {
    dir: "dist/bin",
    cleanDir: true,
    format: "esm",
    // White space only: fewer bytes to parse at every start, names left as they are for stack traces. The compressor of
    // rolldown 1.2.19 produces a command whose sign-in fails.
    minify: { compress: false, mangle: false },
    banner: (chunk) => chunk.name === "mcp-gas" ? "#!/usr/bin/env node" : "",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js"
  },
  // `depd`, deep below the local Google, evaluates code to name deprecated functions.
  checks: { eval: false }
})
