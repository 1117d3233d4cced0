/**
 * The tool `gas_accounts`: which accounts there are, and which one is meant by a call that names none.
 */
import { Effect, Schema } from "effect"
import { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { DefaultAccount } from "../../services/sign-in/DefaultAccount.ts"
import { make } from "../../services/tools/Tool.ts"
import * as Accounts from "../accounts.ts"

const Input = Schema.Struct({
  defaultAccount: Schema.optionalKey(AccountKey.annotate({
    description: "Makes this the account that calls without account mean, in every window, from now on."
  }))
})

export const gasAccounts = make({
  name: "gas_accounts",
  title: "Google accounts",
  description:
    "List the account slots of this machine: who is signed in, what was granted, when it was renewed last, " +
    "and which one is the default. With defaultAccount, choose the default first. Opens no browser, asks no provider.",
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: Input,
  output: Accounts.Accounts,
  handler: Effect.fnUntraced(function*({ defaultAccount }) {
    if (defaultAccount !== undefined) yield* (yield* DefaultAccount).choose(defaultAccount)
    return yield* Accounts.list
  })
})
