/**
 * Whether the provider can be reached, and how long that took.
 */
import { Duration, Effect } from "effect"
import type { ProviderChoice } from "../../services/config/Config.ts"
import { ok, problem } from "../../services/doctor/Finding.ts"
import type { ProviderUnreachable } from "../../services/provider/AuthorizationServer.ts"
import type { Check, NotExamined } from "./Check.ts"
import { type Answered, issuerOf } from "./ProviderProbe.ts"

/** `asked` is shared with whoever else wants to know. */
export const make = (
  provider: Effect.Effect<ProviderChoice, NotExamined>,
  asked: Effect.Effect<Answered, ProviderUnreachable | NotExamined>
): Check => ({
  area: "provider",
  run: Effect.gen(function*() {
    const issuer = issuerOf(yield* provider)
    return yield* asked.pipe(
      Effect.map(({ took }) => [ok("provider", `${issuer} answered in ${Math.round(Duration.toMillis(took))} ms.`)]),
      Effect.catchTag("ProviderUnreachable", ({ message }) =>
        Effect.succeed([
          problem(
            "provider",
            `${issuer} does not answer as it should. ${message}`,
            "Check the network, its proxy and its firewall, and try again; stored sign-ins are kept meanwhile."
          )
        ]))
    )
  })
})
