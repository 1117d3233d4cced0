/**
 * Whether this Node can run this program.
 */
import { Effect } from "effect"
import { isSupported, oldestNode } from "../../services/config/SupportedNode.ts"
import { ok, problem } from "../../services/doctor/Finding.ts"
import type { Check } from "./Check.ts"

/** The version of this program, and of the Node that runs it. */
export interface Runtime {
  readonly version: string
  /** Without a `v`. */
  readonly node: string
}

export const make = ({ node, version }: Runtime): Check => ({
  area: "runtime",
  run: Effect.succeed([
    isSupported(node)
      ? ok("runtime", `mcp-gas ${version} runs on Node ${node}.`)
      : problem(
        "runtime",
        `mcp-gas ${version} does not support Node ${node}.`,
        `Install Node ${oldestNode} or a newer one, and have the host use it.`
      )
  ])
})
