/**
 * What is stored, for checks to which a store that cannot be looked at is somebody else's finding.
 */
import { Effect, Result } from "effect"
import { type Stored, StoreSeen } from "../../services/doctor/StoreSeen.ts"
import type { Session } from "../../services/sign-in/Session.ts"
import type { Slot, StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { NotExamined } from "./Check.ts"

/** What is stored now. */
export const stored: Effect.Effect<Effect.Effect<Stored, NotExamined>, never, StoreSeen> = Effect.map(
  StoreSeen,
  ({ look }) =>
    Effect.mapError(look, () => new NotExamined({ why: "the stored sign-ins cannot be looked at", see: "store" }))
)

/** Every slot, opened as far as that goes. */
export const slotsIn = ({ slots }: Stored): Effect.Effect<ReadonlyArray<Result.Result<Slot, StoreUnavailable>>> =>
  Effect.forEach(slots, ({ slot }) => Effect.result(slot), { concurrency: "unbounded" })

/** The sessions of all accounts that are signed in and can be opened. */
export const sessionsIn = (all: Stored): Effect.Effect<ReadonlyArray<Session>> =>
  Effect.map(
    slotsIn(all),
    (slots) =>
      slots.flatMap((slot) =>
        Result.isSuccess(slot) && slot.success.state._tag === "SignedIn" ? [slot.success.state.session] : []
      )
  )
