/**
 * Whether programs are there, for whoever must not run one to find out.
 */
import { Context, type Effect } from "effect"

/** `forbidden`: it is there, and this user may not execute it. */
export type ProgramState = "there" | "forbidden" | "missing"

export class ProgramsSeen extends Context.Service<ProgramsSeen, {
  /** Whether this program could be run as it stands: a path, or a name to be looked for on the PATH. */
  readonly state: (command: string) => Effect.Effect<ProgramState>
}>()("mcp-gas/services/doctor/ProgramsSeen") {}
