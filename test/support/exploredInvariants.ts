/**
 * What must hold of every explored sign-in, whatever the schedule.
 */
import { Cause, Effect, Exit, Option, Predicate } from "effect"
import { fibers } from "../../src/layers/exploring/ScheduleChoices.ts"
import type { Process } from "./exploredProcess.ts"
import * as ExploredScene from "./exploredScene.ts"

type Wrong = ReadonlyArray<string | false>

/** Whether this is what a caller was told. */
export const isAnswer = (value: unknown): value is ExploredScene.Answer =>
  Predicate.hasProperty(value, "outcome") && Predicate.hasProperty(value, "flowId")

/** What callers were told, whoever was interrupted or killed aside. */
export const outcomes = (answers: Readonly<Record<string, unknown>>): ReadonlyArray<string> =>
  Object.values(answers).filter(isAnswer).map(({ outcome }) => outcome).filter((outcome) => outcome !== "interrupted")

/** Nobody was told anything else. */
export const onlyTold = (answers: Readonly<Record<string, unknown>>, ...allowed: ReadonlyArray<string>): Wrong =>
  outcomes(answers).filter((outcome) => !allowed.includes(outcome)).map((outcome) => `a caller was told ${outcome}`)

/**
 * Everybody who waited for one flow has been told the same, whoever left aside, and whoever asked a process that has died or has
 * ended while another one went on. Nobody ran into a bug.
 */
export const disagreements = ({ other, process }: ExploredScene.Scene, answers: ReadonlyArray<unknown>): Wrong => {
  const told = answers.filter(isAnswer).filter(({ outcome }) => outcome !== "interrupted")
  const isGone = (by: Process) => by.isKilled() || (process !== other && by.hasEnded())
  const flows = Map.groupBy(
    told.filter(({ by, flowId }) => flowId !== undefined && !isGone(by)),
    ({ flowId }) => flowId
  )
  return [
    ...[...flows.values()].flatMap((same) => {
      const different = new Set(same.map(({ outcome }) => outcome))
      return different.size > 1 ? [`callers of one flow were told: ${[...different].join(", ")}`] : []
    }),
    ...told.flatMap(({ outcome }) => outcome.startsWith("defect") ? [outcome] : [])
  ]
}

/** Whoever is told that they are signed in is so by what was stored: by the flow they waited for, unless another went on with it. */
export const unfounded = ({ ledger, other, process }: ExploredScene.Scene, answers: ReadonlyArray<unknown>): Wrong =>
  answers.filter(isAnswer).filter(({ outcome }) => outcome === "signed in").map(({ flowId }) => {
    const isStored = flowId === undefined || process !== other
      ? ledger.entries.some(({ _tag }) => _tag === "Stored")
      : ledger.hasStored(flowId)
    return !isStored && "a caller was told that they are signed in, and nothing was stored"
  })

/** Nobody is told that time is up, or that a process does nothing, where time has not passed before its time. */
export const impatient = (answers: ReadonlyArray<unknown>): Wrong =>
  answers.filter(isAnswer).map(({ outcome }) =>
    (outcome === "flow_timed_out" || outcome === "flow_stalled") && `a caller was told ${outcome}, and it was not time`
  )

const flowsOf = ({ events }: Process, tag: "FlowStarted" | "FlowSettled") =>
  events.flatMap((event) => event._tag === tag ? [event.flowId] : [])

/** What is there more than once. */
const often = (what: ReadonlyArray<string>) =>
  [...Map.groupBy(what, (each) => each).values()].filter(({ length }) => length > 1)

/** What happens once at most happened once at most: exchanging a code, settling a flow, presenting a token. */
export const repetitions = ({ lies, other, process, provider }: ExploredScene.Scene): Wrong => {
  return [
    ...often(provider.exchanges).map(({ length }) => `one flow was exchanged ${length} times`),
    ...[process, other].flatMap((each) => {
      const settled = flowsOf(each, "FlowSettled")
      return [
        ...often(settled).map(({ length }) => `one flow was settled ${length} times`),
        ...flowsOf(each, "FlowStarted").map((flowId) =>
          !each.isKilled() && !settled.includes(flowId) && "a flow that had begun was never settled"
        )
      ]
    }),
    ...provider.reuses.map((what) => `${what} was sent twice`),
    ...lies
  ]
}

/** Nothing is kept of what is over, by processes that are there. */
export const leftovers = Effect.fnUntraced(function*(scene: ExploredScene.Scene, fibersBefore: number) {
  const wrong: Array<string | false> = []
  const ports = yield* scene.loopback.ports
  if (ports.length > 0) wrong.push(`ports are left open: ${ports.join(", ")}`)
  for (const process of scene.living()) {
    const locks = yield* process.locks
    if (locks.length > 0) wrong.push(`locks are left: ${locks.join(", ")}`)
    const pending = yield* Effect.orDie(process.flows.pending(ExploredScene.work))
    if (Option.isSome(pending)) wrong.push("a flow is still pending")
    const pasted = yield* Effect.exit(process.flows.complete(ExploredScene.work, "http://127.0.0.1:1/callback?code=1"))
    const error = Exit.isFailure(pasted) ? Option.getOrUndefined(Cause.findErrorOption(pasted.cause)) : undefined
    const isForgotten = error?._tag === "NotThisSignIn" && error.reason === "no_pending_flow"
    if (!isForgotten) wrong.push("a flow that is over is still remembered")
  }
  // What hangs in a killed process is swept away with it; what belongs to one that has ended is looked for at the end.
  const more = (yield* fibers) - fibersBefore
  if (more > 0 && scene.living().length === 2) wrong.push(`${more} fibers are left`)
  return wrong
})

/** Nothing is kept by processes that have ended. */
export const remains = Effect.fnUntraced(function*({ loopback }: ExploredScene.Scene, fibersBefore: number) {
  const ports = yield* loopback.ports
  const more = (yield* fibers) - fibersBefore
  return [
    ports.length > 0 && `ports are left open when everything has ended: ${ports.join(", ")}`,
    more > 0 && `${more} fibers are left when everything has ended`
  ]
})

/** Whoever is signed in has a token that works; whoever is signed out has none; and no sign-out was undone. */
export const tokens = Effect.fnUntraced(function*({ ledger, living, provider, state }: ExploredScene.Scene) {
  const wrong: Array<string | false> = [...ledger.broken()]
  for (const { sessions } of living()) {
    const session = yield* Effect.option(sessions.fresh(ExploredScene.work))
    const isSignedIn = (yield* state()) === "SignedIn"
    const refusal = Option.isSome(session) ? provider.refusal(session.value.tokens.accessToken) : undefined
    if (isSignedIn && Option.isNone(session)) wrong.push("somebody is signed in and gets no token")
    if (!isSignedIn && Option.isSome(session)) wrong.push("nobody is signed in and somebody gets a token")
    if (refusal !== undefined) wrong.push(`a token is handed out, and ${refusal}`)
  }
  return wrong
})
