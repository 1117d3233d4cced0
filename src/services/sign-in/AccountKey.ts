/**
 * The name of an account slot: what a caller says to mean "this Google account, not that one".
 *
 * Everything that is coordinated is coordinated per key: one pending flow, one lock, one session slot. Two keys never
 * wait for each other.
 */
import { Schema } from "effect"

/**
 * A non-empty name of at most 254 characters without white space or control characters: `default`, `work`, or an
 * email address. A key that is an email address also says which account must consent (see `AccountMismatch`).
 *
 * @example
 * ```ts
 * import { Console, Effect, Schema } from "effect"
 * import { AccountKey, isEmail } from "mcp-gas"
 *
 * const program = Effect.gen(function*() {
 *   const key = yield* Schema.decodeEffect(AccountKey)("ada@example.com")
 *   yield* Console.log(isEmail(key)) // → true
 *   const problem = yield* Effect.flip(Schema.decodeEffect(AccountKey)("Ada Lovelace"))
 *   yield* Console.log(problem.message.includes("without spaces")) // → true
 * })
 *
 * await Effect.runPromise(program)
 * ```
 */
export const AccountKey = Schema.String.check(
  Schema.isPattern(/^[^\s\p{Cc}]{1,254}$/u, { expected: "a name of 1 to 254 characters without spaces" })
).pipe(Schema.brand("AccountKey"))

export type AccountKey = typeof AccountKey.Type

/** The slot that is meant when a caller names none. */
export const defaultAccountKey: AccountKey = AccountKey.make("default")

/** Whether the key is an email address, and so names the account that has to consent. */
export const isEmail = (key: AccountKey): boolean => /^[^@]+@[^@]+$/.test(key)
