/**
 * Slots as every store has them: before anybody has written them, and once somebody has.
 */
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { Generation, Session } from "../../services/sign-in/Session.ts"
import type { Slot, SlotState, SlotWrite } from "../../services/storage/SessionStore.ts"

/** A slot that nobody ever wrote. */
export const untouched = (key: AccountKey): Slot => ({
  key,
  generation: Generation.make(0),
  lastSignOut: Generation.make(0),
  state: { _tag: "Never" },
  presentedAt: undefined
})

/** What a slot holds once this was written to it. */
export const stateOf = (key: AccountKey, generation: Generation, write: SlotWrite): SlotState =>
  write._tag === "SignedIn"
    ? { _tag: "SignedIn", session: new Session({ ...write.draft, key, generation }) }
    : write
