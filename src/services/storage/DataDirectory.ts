/**
 * The directory where this package keeps what must outlive the process.
 */
import { Context, type Effect } from "effect"
import type { StoreUnavailable } from "./SessionStore.ts"

/** One directory of one user on this machine. Nothing in it is meant for anybody else. */
export class DataDirectory extends Context.Service<DataDirectory, {
  /** Absolute path; nothing is promised about it until `ready` has succeeded. */
  readonly path: string
  /**
   * Makes the directory (mode 0700) if it is missing and proves that files can be written there, so that a person hears
   * of a problem before consenting and not after. Idempotent; leaves nothing behind. Fails with the path and a remedy.
   */
  readonly ready: Effect.Effect<void, StoreUnavailable>
}>()("mcp-gas/services/storage/DataDirectory") {}
