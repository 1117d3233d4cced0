/**
 * The span of a sign-in. It is the root of a trace of its own: a flow outlives the call that began it, and belongs to those
 * who joined it as much, so that they are linked to it and it to whoever began it.
 */
import { Clock, Deferred, Effect, Exit, type Fiber, type Tracer } from "effect"
import type { FlowId } from "../../services/sign-in/Session.ts"
import type { AuthFlowEntry } from "./AuthFlowEntry.ts"
import { outcomeCode } from "./AuthFlowPages.ts"

/** Begins the span of the sign-in that the current fiber begins. */
export const make = (id: FlowId): Effect.Effect<Tracer.Span> =>
  Effect.withFiber(({ cache: { span } }) =>
    Effect.makeSpan("AuthFlow", {
      root: true,
      attributes: { "auth.flow.id": id },
      links: span === undefined ? [] : [{ span, attributes: { "auth.link": "begun_by" } }]
    })
  )

/** Links what the current fiber does to the sign-in that it is about. */
export const link = (to: Tracer.Span, how: "began" | "joined"): Effect.Effect<void> =>
  Effect.withFiber(({ cache: { span } }) => {
    if (span?._tag === "Span") span.addLinks([{ span: to, attributes: { "auth.link": how } }])
    return Effect.void
  })

/** Ends the span, with the outcome that the callers were told, once nothing is left of the sign-in. */
export const end = ({ outcome, span }: AuthFlowEntry, fiber: Fiber.Fiber<void>): void => {
  const told = Effect.runSyncExit(Deferred.await(outcome))
  span.attribute("auth.flow.outcome", outcomeCode(told))
  span.end(fiber.getRef(Clock.Clock).currentTimeNanosUnsafe(), Exit.asVoid(told))
}
