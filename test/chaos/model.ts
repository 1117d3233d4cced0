/**
 * What an account may be, and what windows may say of it: what every deed has to come to, whatever came between.
 *
 * Nothing here does anything; each function is given what was heard, and tells what the account is now and what is wrong.
 */
import { Array as Arr } from "effect"
import type { Told } from "../support/windowTalk.ts"
import { excused, type Mishap } from "./excuses.ts"

export type Account =
  | { readonly _tag: "Out" }
  /** Signed in by that flow; `doubt`: what was done to it was disturbed, so that it may need a person again. */
  | { readonly _tag: "In"; readonly flowId: string; readonly doubt: boolean }

/** What one window said, or that it was gone. */
export interface Heard {
  readonly told: ReadonlyArray<Told> | "gone"
  /** Whether it was told by a provider that failed, not long ago, to leave it alone for a while. */
  readonly isBraked: boolean
}

/** What came between, from before the deed began until it was over. */
export type Overlap = ReadonlySet<Mishap>

export interface Verdict {
  readonly account: Account
  readonly broken: ReadonlyArray<string>
}

/** What a failure is called that needs a person. */
const needed = "sign_in_required"

export const out: Account = { _tag: "Out" }

type Session = Extract<Told, { readonly _tag: "Session" }>

const all = (heard: ReadonlyArray<Heard>): ReadonlyArray<Told> =>
  heard.flatMap(({ told }) => told === "gone" ? [] : told)

const sessionsIn = (heard: ReadonlyArray<Heard>): ReadonlyArray<Session> =>
  all(heard).filter((told) => told._tag === "Session")

/** Whether everybody was told a session: nothing that was begun for them is left unfinished. */
const isWhole = (heard: ReadonlyArray<Heard>): boolean =>
  heard.every(({ told }) => told !== "gone" && told.every(({ _tag }) => _tag === "Session"))

const hasDoubt = (account: Account): boolean => account._tag === "In" && account.doubt

/** Failures that nothing explains, but for those to be `expected`, and windows that died by themselves. */
export const failures = (
  account: Account,
  heard: ReadonlyArray<Heard>,
  overlap: Overlap,
  expected: ReadonlyArray<string> = []
): ReadonlyArray<string> =>
  heard.flatMap(({ isBraked, told }) => {
    if (told === "gone") return overlap.has("kill") ? [] : ["a window died by itself"]
    return told.flatMap((one) => {
      if (one._tag !== "Failed" || expected.includes(one.code)) return []
      if (one.code === "provider_unreachable" && isBraked) return []
      if (one.code === needed && hasDoubt(account)) return []
      return excused(one.code, overlap) ? [] : [`failed without need: ${one.code}, ${one.message}`]
    })
  })

/** What a window says of the account when nothing is done with it. */
export const looked = (account: Account, heard: Heard, overlap: Overlap): Verdict => {
  const broken = [...failures(account, [heard], overlap)]
  for (const told of heard.told === "gone" ? [] : heard.told) {
    if (told._tag === "Session") {
      if (account._tag === "Out") broken.push("is signed in again, and nobody signed it in")
      else if (account.flowId !== told.flowId) broken.push("is signed in by another flow")
    } else if (told._tag === "Done") {
      if (account._tag === "Out" ? told.what !== "SignedOut" : !(account.doubt && told.what === "NeedsSignIn")) {
        broken.push(`has become ${told.what}`)
      }
    }
  }
  return { account, broken }
}

export interface SignIn {
  readonly heard: ReadonlyArray<Heard>
  readonly overlap: Overlap
  /** The flows that a person has consented to for this sign-in. */
  readonly consented: ReadonlySet<string>
  /** What the account is afterwards, as a window says that nothing happens to. */
  readonly left: Told
}

/** Several callers in several windows asked to be signed in, and a person consented to whatever was shown. */
export const signedIn = (before: Account, { consented, heard, left, overlap }: SignIn): Verdict => {
  const broken = [...failures(before, heard, overlap)]
  const sessions = sessionsIn(heard)
  const flows = Arr.dedupe(sessions.map(({ flowId }) => flowId))
  const isCertain = overlap.size === 0 && !hasDoubt(before)
  const own = before._tag === "In" ? before.flowId : undefined
  const isKnown = (flowId: string) => flowId === own || consented.has(flowId)
  if (!flows.every(isKnown)) broken.push("was told to be signed in by a flow that nobody consented to")
  // A window whose token was refused needs a person; others may not have been refused theirs.
  if (isCertain && flows.length > 1) broken.push("callers of one sign-in got different sessions")
  if (isCertain && own !== undefined && flows.some((flowId) => flowId !== own)) broken.push("was signed in once more")
  if (left._tag === "Session") {
    if (!isKnown(left.flowId)) broken.push("is signed in by a flow that nobody consented to")
    if (isCertain && flows.length > 0 && !flows.includes(left.flowId)) broken.push("is not what its callers were told")
    // Nobody renews a session that was just made, except where it looks old.
    const doubt = overlap.has("jump") ||
      (left.flowId === own && (hasDoubt(before) || (overlap.size > 0 && !isWhole(heard))))
    return { account: { _tag: "In", flowId: left.flowId, doubt }, broken }
  }
  const what = left._tag === "Done" ? left.what : left._tag
  if (what === "NeedsSignIn" && own !== undefined) {
    if (isCertain) broken.push("needs a sign-in without need")
    return { account: { _tag: "In", flowId: own, doubt: true }, broken }
  }
  if (sessions.length > 0) broken.push(`has become ${what} although its callers were told a session`)
  else if (own !== undefined) broken.push(`was signed in and has become ${what}`)
  else if (what !== "SignedOut") broken.push(`has become ${what} by a sign-in that failed`)
  return { account: before, broken }
}

export interface Refresh {
  readonly heard: Heard
  readonly overlap: Overlap
  /** Whether the provider takes the token that came of it; undefined if none did. */
  readonly isAccepted: boolean | undefined
}

/** A window was refused the token of an account that is signed in, and asked for another one. */
export const refreshed = (before: Account, { heard, isAccepted, overlap }: Refresh): Verdict => {
  if (before._tag === "Out") return { account: before, broken: ["a refresh of nothing"] }
  const broken = [...failures(before, [heard], overlap)]
  const [session] = sessionsIn([heard])
  if (session === undefined) {
    const isDisturbed = overlap.size > 0 || all([heard]).some((told) => told._tag === "Failed" && told.code === needed)
    return { account: { ...before, doubt: before.doubt || isDisturbed }, broken }
  }
  if (session.flowId !== before.flowId) broken.push("a refresh gave another sign-in")
  // A window whose clock is wrong may take an old token for a fresh one, and nothing else may.
  if (isAccepted === false && !before.doubt && !overlap.has("jump")) {
    broken.push("a token was handed out that is refused")
  }
  // What was renewed in peace, and is accepted, is as good as new.
  return { account: { ...before, doubt: overlap.size > 0 && before.doubt }, broken }
}

export interface Cancel {
  readonly started: Heard
  readonly overlap: Overlap
  /** What is pending once the cancellation has returned. */
  readonly left: Told
}

/** A flow of a signed-out account was started and cancelled, and no person had to do with it. */
export const cancelled = (before: Account, { left, overlap, started }: Cancel): Verdict => {
  const broken = [...failures(before, [started], overlap)]
  if (sessionsIn([started]).length > 0) broken.push("is signed in again, and nobody signed it in")
  // A flow that was begun at another time may be taken for an old one, and forgotten by all but its own process.
  if (left._tag === "Flow" && !overlap.has("jump")) broken.push("a cancelled flow goes on")
  return { account: before, broken }
}

export interface Overtaking {
  /** Whoever signed in, or had a token renewed. */
  readonly heard: ReadonlyArray<Heard>
  /** Whoever signed out meanwhile; the last of them did. */
  readonly outs: ReadonlyArray<Heard>
  readonly overlap: Overlap
  /** The flows that somebody saw before the sign-out that succeeded was asked for. */
  readonly older: ReadonlySet<string>
  readonly consented: ReadonlySet<string>
  readonly left: Told
}

/** An account was signed out while it was signed in, or renewed. A sign-in that began after that is none of its business. */
export const overtaken = (before: Account, { consented, heard, left, older, outs, overlap }: Overtaking): Verdict => {
  const broken = [
    ...failures(before, heard, overlap, ["flow_cancelled", needed]),
    ...failures(before, outs, overlap)
  ]
  if (left._tag === "Session") {
    const isNew = consented.has(left.flowId) && !older.has(left.flowId) && before._tag === "Out"
    if (!isNew) broken.push("is signed in by what began before it was signed out")
    // The sign-out may still have been telling the provider of it.
    return { account: { _tag: "In", flowId: left.flowId, doubt: true }, broken }
  }
  if (left._tag !== "Done" || left.what !== "SignedOut") broken.push(`was signed out and is ${JSON.stringify(left)}`)
  return { account: out, broken }
}
