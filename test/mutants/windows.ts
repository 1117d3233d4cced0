/**
 * Safeties between processes: whose flow it is, who goes on with it, and that a sign-out in one window counts in all.
 */
import { atRandom, explored, type Mutant, quick } from "./mutant.ts"

const flows = "src/layers/sign-in/AuthFlowsFibers.ts"
const starting = "src/layers/sign-in/AuthFlowStart.ts"
const opening = "src/layers/sign-in/AuthFlowOpen.ts"
const succession = "src/layers/sign-in/AuthFlowSuccession.ts"
const between = "layers/sign-in/AuthFlows/windows"

export const windows: ReadonlyArray<Mutant> = [
  {
    safety: "the lease that says whose flow it is",
    rule: "Join, never serialise",
    file: "src/layers/sign-in/AuthFlowTurn.ts",
    find: `Effect.catchTag(leases.tryHold(lease), "StoreUnavailable", () => Effect.succeed(true))`,
    replace: "Effect.as(Effect.ignore(leases.tryHold(lease)), true)",
    killers: [
      quick(
        `${between}Joining`,
        "of fifteen simultaneous callers in three windows one begins, the others join, and all get the same session"
      )
    ]
  },
  {
    safety: "the lease let go only when others can read how the flow ended",
    rule: "One completion",
    file: "src/layers/sign-in/AuthFlowRun.ts",
    find: "const outcome = yield* written(id, concluded)\n            yield* release",
    replace: "yield* release\n            const outcome = yield* written(id, concluded)",
    killers: [explored("takingOver", "two processes, nobody dies")]
  },
  {
    safety: "a sign-out ends the flow of its own window",
    rule: "Logout wins",
    file: flows,
    find: `: yield* end(here.entry, "logout")`,
    replace: ": nothing",
    killers: [
      quick("layers/sign-in/AuthFlows/ending", "logout ends a pending flow, and nobody listens when it returns")
    ]
  },
  {
    safety: "a sign-out ends the flows of other windows",
    rule: "Logout wins",
    file: flows,
    find: `elsewhere.endAll(records, "logout")`,
    replace: "Effect.succeed([])",
    killers: [quick(`${between}Between`, "a logout while another window is beginning a flow ends that flow too")]
  },
  {
    safety: "what other windows ask of a flow is heeded",
    rule: "Logout wins",
    file: opening,
    find: "if (asked !== undefined) return yield* end(AuthFlowEntry.endedBy(asked))",
    replace: "",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/windowsCancelling",
        "cancel in a window that follows it ends the flow everywhere, and nobody listens when it returns"
      )
    ]
  },
  {
    safety: "the slot that a flow is measured by, read when others can see the flow and not before",
    rule: "Logout wins",
    file: opening,
    find: `      const begunAt = yield* DateTime.now
      yield* store.begin({
        id,
        key,
        purpose: own.purpose,
        lease: own.lease,
        startedAt: begunAt,
        expiresAt: DateTime.addDuration(begunAt, openLimit)
      }, own.inPlaceOf)
      yield* Ref.set(entry.role, { _tag: "Owning", expected: Option.none() })
      // Only now: a sign-out from before has no flow to end, one from now on finds this flow.
      const { session, slot: began } = yield* sought.find(key)`,
    replace: `      const begunAt = yield* DateTime.now
      const { session, slot: began } = yield* sought.find(key)
      yield* store.begin({
        id,
        key,
        purpose: own.purpose,
        lease: own.lease,
        startedAt: begunAt,
        expiresAt: DateTime.addDuration(begunAt, openLimit)
      }, own.inPlaceOf)
      yield* Ref.set(entry.role, { _tag: "Owning", expected: Option.none() })`,
    killers: [
      quick(
        "layers/sign-in/AuthFlows/heldFlows",
        "a sign-out that comes before a flow can be seen does not spoil what its person consents to"
      )
    ]
  },
  {
    safety: "a session that others store is the outcome of a flow",
    rule: "Compare, then write",
    file: opening,
    find: "yield* Deferred.succeed(entry.decision, { _tag: \"Overtaken\", session: session.value })\n      })",
    replace: "})",
    killers: [
      quick(`${between}Overtaken`, "a sign-in that somebody else stores is the outcome of a flow, in all windows")
    ]
  },
  {
    safety: "what a window had stored before it died is found, and nobody is asked again",
    rule: "The code is spent once",
    file: succession,
    find: "if (Option.isSome(session)) {",
    replace: "if (false) {",
    killers: [
      quick(
        `${between}TakeOver`,
        "what a window had stored before it died is found by those who follow it, and nobody is asked again"
      )
    ]
  },
  {
    safety: "another lease after a flow that was ended over its window's head",
    rule: "Join, never serialise",
    file: succession,
    find: "evicted ? `flow ${key} after ${id}` : lease",
    replace: "lease",
    killers: [quick(`${between}Stalled`, "is not waited for again: the next start begins at once, under another lease")]
  },
  {
    safety: "no waiting for a window that hangs",
    rule: "Join, never serialise",
    file: "src/layers/sign-in/AuthFlowFollow.ts",
    find: "return now < due(record) ? Option.none()",
    replace: "return now > 0 ? Option.none()",
    killers: [quick(`${between}Stalled`, "is found to hang by a start that comes later, which begins anew at once")]
  },
  {
    safety: "the look, before the code is spent, whether the flow still stands",
    rule: "The code is spent once",
    file: "src/layers/sign-in/AuthFlowCommit.ts",
    find: "yield* flow.standing\n    const grant",
    replace: "const grant",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/heldFlows",
        "a flow that is ended over its window's head while its person answers spends no code"
      )
    ]
  },
  {
    safety: "the look, before a session is stored, whether its flow still stands",
    rule: "Compare, then write",
    file: "src/layers/sign-in/SessionsSynchronized.ts",
    find: "yield* standing\n",
    replace: "",
    killers: [quick("layers/sign-in/SessionsSynchronizedEstablish", "is not stored: it is asked before each attempt")]
  },
  {
    safety: "the same, in the very statement that writes",
    rule: "Compare, then write",
    file: "src/layers/storage/SqlSlots.ts",
    find: "sql`NOT EXISTS (SELECT 1 FROM flows WHERE flow_id = ${flowId} AND evicted = 1)`",
    replace: "sql`${flowId} = ${flowId}`",
    killers: [
      quick(
        "layers/storage/SessionStoreFileEvicted",
        "that was evicted is not stored over another session, and another flow's is"
      )
    ]
  },
  {
    safety: "a start gives a flow that has ended in another process the moment to hear of it",
    rule: "Join, never serialise",
    file: starting,
    find: "return isOverdue || (yield* elsewhere.hasEnded(isOther ? role.record.id : found.id))",
    replace: "return isOverdue",
    killers: [
      atRandom("startingAgain", "in a window that has followed another one's flow, as soon as that was cancelled")
    ]
  },
  {
    safety: "joining no flow whose time is up by the wall clock, as after a sleep of the machine",
    rule: "Join, never serialise",
    file: starting,
    find: "return isOverdue || (yield*",
    replace: "return (yield*",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/deadline",
        "holds where the machine was asleep meanwhile: who starts then begins anew, and who waited is told"
      )
    ]
  },
  {
    safety: "beginning anew where what was there to join had ended before the caller came",
    rule: "Join, never serialise",
    file: starting,
    find: "if (!isQuiet || !wasEnded || Deferred.isDoneUnsafe(entry.condemned)) return yield* failure",
    replace: "return yield* failure",
    killers: [
      atRandom("startingAgain", "in a window that has followed another one's flow, as soon as that was cancelled")
    ]
  },
  {
    safety: "what a process had stored before it was stopped, when others end its flow",
    rule: "The page never lies",
    file: "src/layers/sign-in/AuthFlowFollow.ts",
    find: `state._tag === "SignedIn" && state.session.flowId === id ?`,
    replace: "false ?",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/windowsStalled",
        "and has stored its session before: that counts, although it could not tell, when somebody cancels it"
      )
    ]
  },
  {
    safety: "the end of a page that another window's sign-out has made untrue",
    rule: "The page never lies",
    file: opening,
    find: `if (slot.state._tag === "SignedOut") yield* Deferred.succeed(entry.cut, undefined)`,
    replace: "",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/windowsPasteBack",
        "one that has signed in, and where another one has signed out since: the address and the page say so"
      )
    ]
  },
  {
    safety: "asking whether it is still so before an address that is pasted again is said to have signed in",
    rule: "Logout wins",
    file: "src/layers/sign-in/AuthFlowComplete.ts",
    find: "return wasDone ? yield* now(key) : session",
    replace: "return session",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/windowsPasteBack",
        "one that has not heard of a sign-out yet asks before it says that an address pasted again has signed in"
      )
    ]
  }
]
