/**
 * What has come to pass in a run, counted; in a run that shows anything, all of it has.
 */
import { Effect, HashMap, Option, Ref } from "effect"

export const events = [
  "sign-ins",
  "callers who joined",
  "cancels",
  "sign-outs",
  "sign-outs meanwhile",
  "refreshes",
  "looks",
  "deeds in peace",
  "deeds that were disturbed",
  "kills",
  "kills of a flow's owner",
  "kills while paused",
  "pauses",
  "pauses over 3 s",
  "pauses of a flow's owner",
  "pauses over an exchange",
  "pauses over a refresh",
  "resets before",
  "resets after",
  "answers 503",
  "slow answers",
  "full disks",
  "answers that the disk is full",
  "clock jumps of one",
  "clock jumps of all",
  "standstills"
] as const
export type Event = (typeof events)[number]

/** How often each event has come to pass, in their order. */
export type Counts = ReadonlyArray<readonly [event: Event, times: number]>

export interface Tally {
  readonly count: (event: Event, times?: number) => Effect.Effect<void>
  readonly of: (event: Event) => Effect.Effect<number>
  readonly counts: Effect.Effect<Counts>
}

const countOf = (all: HashMap.HashMap<Event, number>, event: Event) =>
  Option.getOrElse(HashMap.get(all, event), () => 0)

export const make: Effect.Effect<Tally> = Effect.gen(function*() {
  const counted = yield* Ref.make(HashMap.empty<Event, number>())
  return {
    count: (event, times = 1) => Ref.update(counted, (all) => HashMap.set(all, event, countOf(all, event) + times)),
    of: (event) => Effect.map(Ref.get(counted), (all) => countOf(all, event)),
    counts: Effect.map(Ref.get(counted), (all) => events.map((event) => [event, countOf(all, event)] as const))
  }
})

/** What has not come to pass. */
export const missing = (counts: Counts): ReadonlyArray<Event> =>
  counts.flatMap(([event, times]) => times === 0 ? [event] : [])
