/**
 * Which leases are held, for whoever must not take one to find out.
 */
import { Context, type Effect, type Option } from "effect"

/** A lease that somebody has. */
export interface LeaseHeld {
  /** Its name, if it is among those that were asked about. */
  readonly name: Option.Option<string>
  /** Who has it; none if that is a process that cannot be seen from here. */
  readonly pid: Option.Option<number>
}

export class LeasesSeen extends Context.Service<LeasesSeen, {
  /** The leases that are held now, whatever their names; those in `names` are told by name. None where that cannot be seen. */
  readonly held: (names: ReadonlyArray<string>) => Effect.Effect<Option.Option<ReadonlyArray<LeaseHeld>>>
}>()("mcp-gas/services/doctor/LeasesSeen") {}
