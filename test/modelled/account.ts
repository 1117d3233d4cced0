/**
 * The whole of what a sign-in promises about one account: three states, and what each command makes of them. It knows of no
 * fiber, socket, store, generation or lease; windows are numbers.
 */
import type { Command, Window } from "./command.ts"

export type Account =
  | { readonly is: "signed out" }
  /** These windows have a part in the flow; the first one runs it, the second one would go on with it. */
  | { readonly is: "pending"; readonly among: ReadonlyArray<Window> }
  | { readonly is: "signed in"; readonly expired: boolean }

export interface Step {
  readonly account: Account
  /** What is answered to the command; `nothing` where there is nothing to do it to. */
  readonly answer: string
  /** What those who wait are told, but for those in windows that still have a part in a flow. */
  readonly told: string
}

export type Model = (account: Account, command: Command) => Step
type Rules = Partial<Record<`${Command["_tag"]}, ${Account["is"]}`, Step>>

const to = (account: Account, answer = "nothing", told = "nothing"): Step => ({ account, answer, told })
const pending = (among: ReadonlyArray<Window>): Account => among.length > 0 ? { is: "pending", among } : out
const signedIn: Account = { is: "signed in", expired: false }
export const out: Account = { is: "signed out" }

export const next: Model = (account, command) => {
  const window = "window" in command ? command.window : 0
  const among = account.is === "pending" ? account.among : []
  const others = among.filter((one) => one !== window)
  const rules: Rules = {
    "Start, signed out": to(pending([window]), "began"),
    "Start, pending": to(pending(among.includes(window) ? among : [...among, window]), "joined"),
    "Start, signed in": to(signedIn, "is signed in"),
    "Callback, pending": to(signedIn, "signed in", "signed in"),
    "Paste, pending": to(signedIn, "signed in", "signed in"),
    "Deny, pending": to(out, "declined", "consent_denied"),
    "Cancel, pending": to(out, "cancelled", "flow_cancelled"),
    "Logout, pending": to(out, "cancelled", "flow_cancelled"),
    "Logout, signed in": to(out, "signed out"),
    "Refresh, signed in": to(signedIn, "another token"),
    "Expire, pending": to(out, "nothing", "flow_timed_out"),
    "Expire, signed in": to({ is: "signed in", expired: true }),
    "Restart, pending": to(pending(others), "nothing", "flow_cancelled"),
    "Kill, pending": to(pending(others))
  }
  return rules[`${command._tag}, ${account.is}`] ?? to(account)
}

/** What a window says of the account. */
export const saidOf = (account: Account): string =>
  account.is === "signed in" && account.expired ? "expired" : account.is
