/**
 * Safeties from a code to a stored session: nothing half done, nothing for the wrong account, nothing after a sign-out.
 */
import { atRandom, type Mutant, quick } from "./mutant.ts"

const commit = "src/layers/sign-in/AuthFlowCommit.ts"
const sessions = "src/layers/sign-in/SessionsSynchronized.ts"
const issued = "src/layers/sign-in/TokensIssued.ts"

const test = (what: string, name: string) => quick(`layers/sign-in/SessionsSynchronized${what}`, name)

export const establishing: ReadonlyArray<Mutant> = [
  {
    safety: "the uninterruptible region from the code to the stored session",
    rule: "The code is spent once",
    file: "src/layers/sign-in/AuthFlowRun.ts",
    find: "yield* Effect.exit(conclude(id, began, request, decision))",
    replace: "yield* Effect.exit(restore(conclude(id, began, request, decision)))",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/ending",
        "waits for an exchange under way, stores its session and delivers its page"
      )
    ]
  },
  {
    safety: "no session without all the scopes that were asked for",
    rule: "The page never lies",
    file: commit,
    find: "if (first !== undefined) {",
    replace: "if (false) {",
    killers: [quick("layers/sign-in/AuthFlows/committing", "a box that was not ticked is named, and nothing is stored")]
  },
  {
    safety: "no session of another account than the slot is named after",
    rule: "The page never lies",
    file: "src/services/sign-in/FlowFailure.ts",
    find: "isEmail(key) && email?.toLowerCase() !== key.toLowerCase()",
    replace: "false",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/committing",
        "another account than the slot is named after is refused, and nothing is stored"
      )
    ]
  },
  {
    safety: "a sign-out since the flow began keeps its session out",
    rule: "Logout wins",
    file: sessions,
    find: "if (current.lastSignOut > began.generation) {",
    replace: "if (false) {",
    killers: [test("SignOut", "a sign-in that began before a sign-out stores nothing, and its tokens are revoked")]
  },
  {
    safety: "giving way to a sign-in that was stored first",
    rule: "Compare, then write",
    file: sessions,
    find: "if (Option.isSome(winner)) {",
    replace: "if (false) {",
    killers: [
      test("Establish", "gives way: the answer is the other's session, nothing is stored, and nothing is revoked")
    ]
  },
  {
    safety: "revoking what was issued and came too late",
    rule: "Logout wins",
    file: issued,
    find: `now.lastSignOut > began && now.state._tag !== "SignedIn" ? Effect.asVoid(revoking(draft)) : Effect.void`,
    replace: "Effect.void",
    killers: [test("SignOut", "a sign-in that began before a sign-out stores nothing, and its tokens are revoked")]
  },
  {
    safety: "revoking nothing once somebody has signed in again",
    rule: "Logout wins",
    file: issued,
    find: `now.lastSignOut > began && now.state._tag !== "SignedIn" ? Effect`,
    replace: "now.lastSignOut > began ? Effect",
    killers: [
      test(
        "SignOut",
        "a sign-out and a sign-in during a refresh: the new sign-in stays, and is not revoked with the old"
      )
    ]
  },
  {
    safety: "a revocation that the end of the process does not interrupt",
    rule: "Logout wins",
    file: issued,
    find: "uninterruptible: true",
    replace: "uninterruptible: false",
    killers: [
      atRandom("renewing", "sign-in ‖ sign-out that came after it had begun, where a refresh token works once")
    ]
  }
]
