/**
 * Where the counters of this machine are kept.
 */
import { Context, type Effect } from "effect"
import type { StoreUnavailable } from "../storage/SessionStore.ts"
import type { Tally } from "./MachineCounters.ts"

/** Keeps what was counted, for all processes that share it. */
export class CounterStore extends Context.Service<CounterStore, {
  /** Adds to what is kept, everything or nothing. Whether there is a place to keep it in: none is made for counters. */
  readonly add: (tally: Tally) => Effect.Effect<boolean, StoreUnavailable>
  /** What is kept; of series that this version does not know, nothing. */
  readonly read: Effect.Effect<Tally, StoreUnavailable>
}>()("mcp-gas/services/observability/CounterStore") {}
