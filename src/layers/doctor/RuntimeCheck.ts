/**
 * Whether this Node can run this program.
 */
import { Effect } from "effect"
import { ok, problem } from "../../services/doctor/Finding.ts"
import type { Check } from "./Check.ts"

/** The version of this program, and of the Node that runs it. */
export interface Runtime {
  readonly version: string
  /** Without a `v`. */
  readonly node: string
}

/** The oldest Node that has all that is used. */
export const oldestNode = "22.19"

/** Whether a Node of this version, without a `v`, has all of it. */
export const isSupported = (node: string): boolean => {
  const [major = 0, minor = 0] = node.split(".").map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode.split(".").map(Number)
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
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
