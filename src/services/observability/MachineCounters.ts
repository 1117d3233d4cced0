/**
 * What all processes of this user on this machine have counted of the sign-in, together and over their lives.
 */
import { Context, DateTime, type Effect, Option } from "effect"
import type { StoreUnavailable } from "../storage/SessionStore.ts"
import type { Series } from "./AuthCounts.ts"

/** How much has been counted. */
export interface Tally {
  /** Since when there is a count; none: nobody has counted anything yet. */
  readonly since: Option.Option<DateTime.Utc>
  /** What is not in it is zero. */
  readonly counts: ReadonlyMap<Series, number>
}

/** Nobody has counted anything. */
export const nothing: Tally = { since: Option.none(), counts: new Map() }

/** With one more of each of these, counted at this moment; with none of them, nothing was counted. */
export const withOne = (tally: Tally, series: ReadonlyArray<Series>, at: DateTime.Utc): Tally => {
  if (series.length === 0) return tally
  const counts = new Map(tally.counts)
  for (const name of series) counts.set(name, (counts.get(name) ?? 0) + 1)
  return { since: Option.isSome(tally.since) ? tally.since : Option.some(at), counts }
}

/** Both together, counted since the earlier of both. */
export const plus = (one: Tally, other: Tally): Tally => {
  const counts = new Map(one.counts)
  for (const [name, count] of other.counts) counts.set(name, (counts.get(name) ?? 0) + count)
  return {
    since: Option.isSome(one.since) && Option.isSome(other.since)
      ? Option.some(DateTime.min(one.since.value, other.since.value))
      : Option.orElse(one.since, () => other.since),
    counts
  }
}

/** The counters of this machine, which all processes of this user add to. */
export class MachineCounters extends Context.Service<MachineCounters, {
  /** Adds one to each of these; returns at once and never fails, whether or not it can be kept. */
  readonly add: (series: ReadonlyArray<Series>) => Effect.Effect<void>
  /** What all processes have counted, with what this one has not written yet. */
  readonly read: Effect.Effect<Tally, StoreUnavailable>
}>()("mcp-gas/services/observability/MachineCounters") {}
