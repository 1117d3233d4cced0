/**
 * Which account slot is meant by who names none.
 */
import { Context, type Effect } from "effect"
import type { StoreUnavailable } from "../storage/SessionStore.ts"
import type { AccountKey } from "./AccountKey.ts"

/** Remembers one choice of a person for all processes of this machine. */
export class DefaultAccount extends Context.Service<DefaultAccount, {
  /** The slot that was chosen last, in whichever process; `default` as long as none was. Never writes. */
  readonly get: Effect.Effect<AccountKey, StoreUnavailable>
  /** Chooses a slot, which need not have been used yet, for all processes from their next look on. The last choice stays. */
  readonly choose: (key: AccountKey) => Effect.Effect<void, StoreUnavailable>
}>()("mcp-gas/services/sign-in/DefaultAccount") {}
