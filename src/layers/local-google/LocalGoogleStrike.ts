/**
 * What a fault does to one request.
 */
import { Clock, Effect } from "effect"
import type { LocalFault } from "../../services/local-google/LocalGoogle.ts"
import { answerOf, hungUp, type Incoming, send, sendHalf } from "./LocalGoogleIncoming.ts"

/** A fault that strikes a request, and when it will be cleared. */
export interface Struck {
  readonly fault: LocalFault
  readonly cleared: Effect.Effect<void>
}

const wallClock = Clock.Clock.defaultValue()

/** Lets a fault strike; `answer` is what would have been done without it. */
export const strike = Effect.fnUntraced(function*(
  { cleared, fault }: Struck,
  incoming: Incoming,
  answer: (incoming: Incoming) => Effect.Effect<void>
) {
  const { request: { socket }, response } = incoming
  /** Goes on once the fault is cleared, unless the client hangs up first. */
  const onceCleared = (goOn: Effect.Effect<void>) =>
    Effect.flatten(Effect.raceFirst(Effect.as(cleared, goOn), Effect.as(hungUp(response), Effect.void)))

  switch (fault._tag) {
    case "Delay":
      // By the wall clock, whatever clock the client's process lives by.
      yield* Effect.provideService(Effect.sleep(fault.millis), Clock.Clock, wallClock)
      return yield* answer(incoming)
    case "Hang":
      return yield* onceCleared(answer(incoming))
    case "Respond":
      return yield* send(response, fault.status, { "content-type": "application/json", ...fault.headers }, fault.body)
    case "ResetBefore":
      return void socket.resetAndDestroy()
    case "ResetAfter":
      yield* answerOf(incoming, answer)
      return void socket.resetAndDestroy()
    case "Alter": {
      const { body, headers, status } = fault.change(yield* answerOf(incoming, answer))
      return yield* send(response, status, headers, body)
    }
    case "BreakOff":
      // The other half never comes.
      yield* Effect.asVoid(sendHalf(response, yield* answerOf(incoming, answer)))
      return void socket.destroySoon()
    case "Stall":
      return yield* onceCleared(yield* sendHalf(response, yield* answerOf(incoming, answer)))
  }
})
