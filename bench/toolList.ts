/**
 * What a model is told of the tools: the answer to `tools/list` as JSON, in bytes and in tokens.
 *
 * Tokens are counted by one tokenizer for all (`o200k_base`). Hosts put the list in words of their own before a model reads it,
 * and models have tokenizers of their own, so this is an approximation.
 */
import { Effect } from "effect"
import { encode } from "gpt-tokenizer/encoding/o200k_base"
import { Buffer } from "node:buffer"
import * as McpClient from "./measure/mcpClient.ts"
import { exactly } from "./measure/spread.ts"
import { compare, type RowResult } from "./result.ts"
import * as Ours from "./subjects/ours.ts"
import * as Servers from "./subjects/servers.ts"
import { Outside } from "./world/outside.ts"

const listOf = (name: Servers.Name, home: string) =>
  Effect.gen(function*() {
    const { origin } = yield* Outside
    const server = yield* McpClient.connect(Servers.command(name, home, origin))
    const text = JSON.stringify(yield* server.tools)
    return { bytes: Buffer.byteLength(text), tokens: encode(text).length, tools: (yield* server.tools).length }
  }).pipe(Effect.scoped)

/** Those with tools of their own. */
const others = ["@google/clasp", "@modelcontextprotocol/server-everything"] as const

export const run = Effect.fnUntraced(function*(_isQuick: boolean) {
  const home = yield* Ours.folder
  const ours = yield* listOf("mcp-gas", home)
  const theirs = yield* Effect.forEach(
    others,
    (name) => Effect.map(listOf(name, home), (list) => ({ name, list }))
  )
  const result: RowResult = {
    comparisons: theirs.flatMap(({ list, name }) =>
      (["tokens", "bytes"] as const).map((unit) =>
        compare({
          id: `tool-list-${unit}-${name}`,
          what: `the tool list (${ours.tools} tools)`,
          unit,
          better: "less",
          ours: exactly(ours[unit]),
          against: { who: `\`${name}\` (${list.tools} tools)`, spread: exactly(list[unit]) },
          ...(unit === "tokens" ? { goal: { text: "within 4,000", within: 4_000 } } : {})
        })
      )
    ),
    curves: []
  }
  return result
}, Effect.scoped)
