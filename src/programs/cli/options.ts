/**
 * What several commands take.
 */
import { Effect, Option } from "effect"
import { Flag } from "effect/cli"
import { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { DefaultAccount } from "../../services/sign-in/DefaultAccount.ts"

/** Which account slot is meant. */
export const account = Flag.String("account").pipe(
  Flag.withAlias("a"),
  Flag.withDescription("Account slot: a name without spaces, or an email address; unless given, the default account"),
  Flag.withSchema(AccountKey),
  Flag.optional
)

/** Whether a program reads the answer, and not a person. */
export const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print JSON"),
  Flag.withDefault(false)
)

/** How a person signs an account in: named, unless it is the one that is meant where none is. */
export const loginFor = (key: AccountKey) =>
  Effect.map(
    DefaultAccount.use(({ get }) => get),
    (byDefault) => `mcp-gas login${key === byDefault ? "" : ` --account ${key}`}`
  )

/** The slot that was named, or else the default one. */
export const keyOf = (named: Option.Option<AccountKey>) =>
  Option.match(named, { onSome: Effect.succeed, onNone: () => DefaultAccount.use(({ get }) => get) })
