/**
 * Whether the clock of this machine goes as the provider's does: tokens are told by it when they end.
 */
import { Duration, Effect, Option } from "effect"
import { type Finding, ok, problem, warning } from "../../services/doctor/Finding.ts"
import type { ProviderUnreachable } from "../../services/provider/AuthorizationServer.ts"
import { type Check, NotExamined } from "./Check.ts"
import type { Answered } from "./ProviderProbe.ts"

/** Nothing that lasts minutes is disturbed by this. */
const tolerable = Duration.seconds(60)

/** Beyond this, what the provider signs is refused here for its times. */
const usable = Duration.minutes(5)

const setIt = "Set this machine's clock, best by having the system keep it (NTP)."

const judged = ({ here, there }: { readonly here: number; readonly there: number }): Finding => {
  const skew = Duration.millis(Math.abs(here - there))
  const told = `This machine's clock is ${Math.round(Duration.toSeconds(skew))} s ${
    here < there ? "behind" : "ahead of"
  } the provider's`
  if (Duration.isLessThanOrEqualTo(skew, tolerable)) return ok("clock", `${told}, which does no harm.`)
  return Duration.isLessThanOrEqualTo(skew, usable)
    ? warning("clock", `${told}: tokens are renewed too early, or too late.`, setIt)
    : problem("clock", `${told}: sign-ins are refused.`, setIt)
}

/** `asked` is shared with whoever else wants to know. */
export const make = (asked: Effect.Effect<Answered, ProviderUnreachable | NotExamined>): Check => ({
  area: "clock",
  run: asked.pipe(
    Effect.catchTag(
      "ProviderUnreachable",
      () => new NotExamined({ why: "the provider, whose time it is compared with, does not answer", see: "provider" })
    ),
    Effect.map(({ times }) => [
      Option.match(times, {
        onNone: () => ok("clock", "The provider does not say what time it is, so there is nothing to compare with."),
        onSome: judged
      })
    ])
  )
})
