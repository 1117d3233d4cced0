/**
 * The metrics of the sign-in, as data of Effect's own registry: whoever exports that exports them.
 *
 * Durations are in seconds and sizes in bytes, as OpenTelemetry and Prometheus have them; `unit` says so where metrics have an
 * attribute of that name.
 */
import { Metric } from "effect"
import * as AuthCounts from "./AuthCounts.ts"

/** A phase of a sign-in: until there is an address; until the person has answered; until all is stored; and all of it. */
export type Phase = "opening" | "person" | "exchange" | "whole"

/** What came of asking for a refresh. */
export type RefreshOutcome = "performed" | "failed"

const seconds = { unit: "s" }

const counter = (name: string, description: string, attributes: Readonly<Record<string, string>> = {}) =>
  Metric.counter(name, { description, attributes, incremental: true })

/** By how much each series has grown in this process. */
export const counters: ReadonlyMap<AuthCounts.Series, Metric.Counter<number>> = new Map([
  ...AuthCounts.counterNames.map((name) => [name, counter(name, AuthCounts.counters[name])] as const),
  ...AuthCounts.kinds.map((kind) =>
    [AuthCounts.seriesOf(kind), counter("races_prevented", AuthCounts.racesPrevented, { kind })] as const
  )
])

/** A person takes minutes, a program milliseconds. */
const flowBoundaries = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]

const flowDurationOf = (phase: Phase) =>
  Metric.histogram("auth_flow_duration", {
    description: "How long a sign-in took, by its phase",
    attributes: { ...seconds, phase },
    boundaries: flowBoundaries
  })

/** How long sign-ins took, in seconds. */
export const flowDuration: Readonly<Record<Phase, Metric.Histogram<number>>> = {
  opening: flowDurationOf("opening"),
  person: flowDurationOf("person"),
  exchange: flowDurationOf("exchange"),
  whole: flowDurationOf("whole")
}

const refreshDurationOf = (outcome: RefreshOutcome) =>
  Metric.histogram("token_refresh_duration", {
    description: "How long a refresh took: until its tokens were stored, or until it was given up",
    attributes: { ...seconds, outcome },
    boundaries: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
  })

/** How long refreshes took, in seconds. */
export const refreshDuration: Readonly<Record<RefreshOutcome, Metric.Histogram<number>>> = {
  performed: refreshDurationOf("performed"),
  failed: refreshDurationOf("failed")
}

/** Accounts that this process knows to be signed in. */
export const sessions = Metric.gauge("auth_sessions", { description: "Accounts known to be signed in" })

/** Pending sign-ins that this process runs. */
export const flowsPending = Metric.gauge("auth_flows_pending", {
  description: "Sign-ins that this process runs and that have not ended"
})

/** Callers of this process that wait for a sign-in, whoever runs it. */
export const waiters = Metric.gauge("auth_waiters", { description: "Callers that wait for a sign-in" })

/** The memory that JavaScript's objects take in this process. */
export const heapBytes = Metric.gauge("process_heap_bytes", {
  description: "Memory in use by JavaScript objects",
  attributes: { unit: "By" }
})

const counterIds = new Set(Array.from(counters.values(), ({ id }) => id))
const durationIds = new Set([...Object.values(flowDuration), ...Object.values(refreshDuration)].map(({ id }) => id))

/**
 * What Prometheus calls a metric: counters end in `_total`, durations in `_seconds`. With it, `PrometheusMetrics.format` of
 * `effect/observability` formats the registry of a process; names of other metrics stay as they are.
 */
export const prometheusName = (name: string): string => {
  if (counterIds.has(name)) return `${name}_total`
  return durationIds.has(name) ? `${name}_seconds` : name
}
