/**
 * What is counted of the sign-in, and what an event counts as: the same for this process's metrics and for this machine's
 * counters.
 */
import type { AuthEvent } from "../sign-in/AuthEvents.ts"

/** What each counter counts, by the name it is exported under. */
export const counters = {
  auth_flows_started: "Sign-ins that came to an address for their person to open",
  auth_flows_joined: "Callers that were given a sign-in that was already under way",
  auth_flows_succeeded: "Sign-ins that ended with a session",
  auth_flows_failed: "Sign-ins that ended with an error, other than by time-out or cancellation",
  auth_flows_timed_out: "Sign-ins that nobody finished in time",
  auth_flows_cancelled: "Sign-ins that were cancelled, signed out, or stopped with their server",
  auth_callbacks_accepted: "Answers of the browser that decided a sign-in, pasted ones included",
  auth_callbacks_duplicate: "Answers to a sign-in that was already decided",
  auth_callbacks_forged: "Requests to a callback address that were not the answer to its sign-in",
  token_refreshes_performed: "Refreshes whose tokens were stored",
  token_refreshes_shared: "Callers that waited for a refresh that was already under way",
  token_refreshes_failed: "Refreshes that the provider refused, or could not be asked for",
  lease_takeovers: "Sign-ins that were begun in the place of one whose process had died"
} as const

/** What `races_prevented` counts. */
export const racesPrevented = "Times that a safety kept a race from going wrong, by its kind"

/**
 * Each kind of race, and what would have come of it. A collision that meets two safeties counts in both. Forged callbacks are no
 * race, and have a counter of their own.
 */
export const raceKinds = {
  joined: "a second sign-in, and a second tab, for another caller of this process",
  followed: "a second sign-in, and a second tab, beside that of another process",
  overtaken: "a session that somebody else had stored meanwhile, replaced",
  callback_duplicate: "a second code, exchanged as well",
  ending_lost: "a sign-in that ended twice, in two ways",
  write_lost: "what somebody else had stored, overwritten",
  tokens_dropped: "an account that was signed out, signed in again by tokens that came late",
  refresh_shared: "a second refresh by another caller of this process",
  refresh_adopted: "a second refresh by another process",
  tab_braked: "a second tab for an account that had one seconds ago",
  lease_taken_over: "callers left waiting for a process that had died"
} as const

/** The name of a counter, as it is exported. */
export type CounterName = keyof typeof counters
/** The kind of a race that was prevented. */
export type RaceKind = keyof typeof raceKinds

/** One number that only grows: a counter, or the races of one kind. */
export type Series = CounterName | `races_prevented.${RaceKind}`

const isRaceKind = (name: string): name is RaceKind => Object.hasOwn(raceKinds, name)
const isCounterName = (name: string): name is CounterName => Object.hasOwn(counters, name)

/** The counters, in the order in which they are told. */
export const counterNames: ReadonlyArray<CounterName> = Object.keys(counters).filter(isCounterName)
/** The kinds of races, in the order in which they are told. */
export const kinds: ReadonlyArray<RaceKind> = Object.keys(raceKinds).filter(isRaceKind)

/** The series of a kind of race. */
export const seriesOf = (kind: RaceKind): Series => `races_prevented.${kind}`

/** Everything that is counted. */
export const allSeries: ReadonlyArray<Series> = [...counterNames, ...kinds.map(seriesOf)]

const settledAs = (outcome: string): CounterName => {
  switch (outcome) {
    case "authenticated":
      return "auth_flows_succeeded"
    case "flow_timed_out":
      return "auth_flows_timed_out"
    case "flow_cancelled":
      return "auth_flows_cancelled"
    default:
      return "auth_flows_failed"
  }
}

/** The series that grow by one when this happens. */
export const countsOf = (event: AuthEvent): ReadonlyArray<Series> => {
  switch (event._tag) {
    case "FlowStarted":
      return ["auth_flows_started"]
    case "FlowJoined":
      // What the first caller would have come to is told by `FlowFollowed`.
      return event.isFirst ? ["auth_flows_joined"] : ["auth_flows_joined", seriesOf("joined")]
    case "FlowFollowed":
      return [seriesOf("followed")]
    case "LeaseTakenOver":
      return ["lease_takeovers", seriesOf("lease_taken_over")]
    case "FlowSettled":
      return [settledAs(event.outcome)]
    case "FlowOvertaken":
      return [seriesOf("overtaken")]
    case "EndingLost":
      return [seriesOf("ending_lost")]
    case "BrowserBraked":
      return [seriesOf("tab_braked")]
    case "CallbackAccepted":
      return ["auth_callbacks_accepted"]
    case "CallbackDuplicate":
      return ["auth_callbacks_duplicate", seriesOf("callback_duplicate")]
    case "CallbackForged":
      return ["auth_callbacks_forged"]
    case "RefreshPerformed":
      return ["token_refreshes_performed"]
    case "RefreshShared":
      return ["token_refreshes_shared", seriesOf("refresh_shared")]
    case "RefreshFailed":
      return ["token_refreshes_failed"]
    case "RefreshAdopted":
      return [seriesOf("refresh_adopted")]
    case "WriteLost":
      return [seriesOf("write_lost")]
    case "TokensDropped":
      return [seriesOf("tokens_dropped")]
    case "BrowserOpened":
    case "BrowserFailed":
    case "SignedOut":
      return []
  }
}
