/**
 * Builds the command: one entry, and chunks that are loaded when they are needed. Hosts start the command often, so what
 * it takes to say hello is kept small.
 */
import { build } from "rolldown"

await build({
  input: { "mcp-gas": "src/programs/main.ts" },
  platform: "node",
  logLevel: "warn",
  output: {
    dir: "dist/bin",
    cleanDir: true,
    format: "esm",
    minify: { mangle: false },
    banner: (chunk) => chunk.isEntry ? "#!/usr/bin/env node" : "",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js"
  },
  // `depd`, deep below the local Google, evaluates code to name deprecated functions.
  checks: { eval: false }
})
