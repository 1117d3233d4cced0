/**
 * How long the phases of a flow take: it opens, its person answers, their code is exchanged. By a clock that nobody sets.
 */
import { Clock, Duration, Effect } from "effect"
import type * as AuthFlowEntry from "./AuthFlowEntry.ts"

/** When its phases began, as far as it has come. */
export interface Moments {
  readonly begun: bigint
  readonly shown?: bigint
  /** None: nobody has answered it. */
  readonly answered?: bigint
  /** Whether they have answered with a code, so that there is something to exchange. */
  readonly hasCode?: boolean
}

/** How long it took, as `FlowSettled` tells it. */
export interface Phases {
  readonly whole: Duration.Duration
  readonly person?: Duration.Duration
  readonly exchange?: Duration.Duration
}

const between = (from: bigint, to: bigint) => Duration.nanos(to - from)

/** A flow begins to open. */
export const begun: Effect.Effect<Moments> = Effect.map(Clock.monotonicTimeNanos, (now) => ({ begun: now }))

/** It can be shown; how long that took. */
export const shown = (moments: Moments) =>
  Effect.map(Clock.monotonicTimeNanos, (now) => ({
    opening: between(moments.begun, now),
    moments: { ...moments, shown: now }
  }))

/** What its waiting has come to. */
export const decided = (moments: Moments, decision: AuthFlowEntry.Decision): Effect.Effect<Moments> =>
  Effect.map(
    Clock.monotonicTimeNanos,
    (now) =>
      decision._tag === "Answered"
        ? { ...moments, answered: now, hasCode: decision.response._tag === "Code" }
        : moments
  )

/** It is over: how long everything has taken. */
export const settled = ({ answered, begun: from, hasCode, shown: since }: Moments): Effect.Effect<Phases> =>
  Effect.map(Clock.monotonicTimeNanos, (now) => ({
    whole: between(from, now),
    ...(answered === undefined || since === undefined ? {} : { person: between(since, answered) }),
    ...(answered === undefined || hasCode !== true ? {} : { exchange: between(answered, now) })
  }))
