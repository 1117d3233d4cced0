/**
 * How others start this very program.
 */
import type { HostServer } from "../../services/hosts/Host.ts"

/** Directories that `npx`, `pnpm dlx`, `yarn dlx` and `bunx` fetch a package into, and that go away some day. */
const fetched = /[\\/](?:_npx|pnpm[\\/]dlx|dlx-[^\\/]*|bunx-[^\\/]*)[\\/]/u

/**
 * By the paths of Node and of the script: hosts that are started from a desktop know nothing of a shell's PATH. Where those
 * paths do not last, or are to be used on other machines, by `npx`.
 */
export const thisProgram = (
  { isForOthers, node, script }: { readonly node: string; readonly script: string; readonly isForOthers: boolean }
): Pick<HostServer, "command" | "args"> =>
  isForOthers || fetched.test(script)
    ? { command: "npx", args: ["-y", "mcp-gas"] }
    : { command: node, args: [script] }
