/**
 * Whether the port can be listened on that the provider sends the person back to. Nobody can tell but by doing so, for a
 * moment.
 */
import { Effect, Option } from "effect"
import { ConfigSeen } from "../../services/doctor/ConfigSeen.ts"
import { ok, problem, warning } from "../../services/doctor/Finding.ts"
import { ProcessStates } from "../../services/doctor/ProcessStates.ts"
import type { FlowSeen, StoreSeen } from "../../services/doctor/StoreSeen.ts"
import { CallbackUnavailable } from "../../services/sign-in/CallbackServer.ts"
import { LoopbackListener } from "../../services/sign-in/LoopbackListener.ts"
import { type Check, misconfigured } from "./Check.ts"
import * as StoredSeen from "./StoredSeen.ts"

/** Whoever comes in that moment is told nothing. */
const nothing = Effect.succeed({ status: 404, headers: {}, body: "" })

export const make: Effect.Effect<Check, never, ConfigSeen | LoopbackListener | ProcessStates | StoreSeen> = Effect.gen(
  function*() {
    const { callbackPort } = yield* ConfigSeen
    const loopback = yield* LoopbackListener
    const processes = yield* ProcessStates
    const stored = yield* StoredSeen.stored

    /** Where nobody can tell which sign-ins are under way, none is taken for the one that has the port. */
    const underWay = Effect.gen(function*() {
      const { pending } = yield* Effect.orElseSucceed(stored, (): { readonly pending: ReadonlyArray<FlowSeen> } => ({
        pending: []
      }))
      // What a process that has died listened on is free, or somebody else's.
      return yield* Effect.filter(pending, ({ pid }) => Effect.map(processes.state(pid), (state) => state !== "gone"))
    })

    const run = Effect.gen(function*() {
      if (Option.isNone(callbackPort)) return yield* misconfigured("what says which port is meant")
      const port = Option.getOrUndefined(callbackPort.value)
      return yield* Effect.scoped(loopback.listen(port, () => nothing)).pipe(
        Effect.as([
          ok("callback", port === undefined ? "A sign-in listens on any free port." : `Port ${port} is free.`)
        ]),
        Effect.catchTag(
          "LoopbackListenFailed",
          Effect.fnUntraced(function*({ reason }) {
            const [owner] = reason === "EADDRINUSE" ? yield* underWay : []
            if (owner !== undefined) {
              return [
                warning(
                  "callback",
                  `Port ${port} is in use while the sign-in of "${owner.key}" is under way (process ${owner.pid}), which may or ` +
                    "may not be what has it.",
                  "Look again once that sign-in is over; if the port is still in use then, something else has it."
                )
              ]
            }
            const { message, remedy } = new CallbackUnavailable({ reason, ...(port === undefined ? {} : { port }) })
            return [problem("callback", message, remedy)]
          })
        )
      )
    })
    return { area: "callback", run }
  }
)
