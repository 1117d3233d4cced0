/**
 * Whether processes of this machine are there, and whether they run.
 */
import { Context, type Effect } from "effect"

/** `stopped`: it is there and does nothing until somebody continues it, as after Ctrl-Z. */
export type ProcessState = "running" | "stopped" | "gone"

export class ProcessStates extends Context.Service<ProcessStates, {
  /**
   * How the process of this number is. It may be another one than is meant: numbers are given again. Where the system does
   * not tell a stopped process from one that runs, both are running.
   */
  readonly state: (pid: number) => Effect.Effect<ProcessState>
}>()("mcp-gas/services/doctor/ProcessStates") {}
