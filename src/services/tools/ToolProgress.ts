/**
 * How a tool call tells its caller, while it lasts, how it goes.
 */
import { Context, Duration, Effect, Schedule } from "effect"

/**
 * The way of one call to tell its caller how it goes (`notifications/progress`). A tool that needs it asks for it in
 * its type.
 */
export class ToolProgress extends Context.Service<ToolProgress, {
  /**
   * Tells the caller of this call, if it has asked to be told (`progressToken`); otherwise does nothing. Never fails, and does
   * not wait for the caller to have read it.
   */
  readonly tell: (message: string) => Effect.Effect<void>
}>()("mcp-gas/services/tools/ToolProgress") {}

/** How often a caller hears from a call that waits: well below the shortest time after which hosts take it for dead. */
const every = Duration.seconds(5)

/** Tells the caller at once, and every five seconds by the `Clock`, for as long as `waiting` takes. */
export const whileWaiting = <A, E, R, R2>(
  waiting: Effect.Effect<A, E, R>,
  words: Effect.Effect<string, never, R2>
): Effect.Effect<A, E, R | R2 | ToolProgress> =>
  Effect.raceFirst(
    waiting,
    words.pipe(
      Effect.flatMap((message) => ToolProgress.use(({ tell }) => tell(message))),
      Effect.repeat(Schedule.spaced(every)),
      Effect.andThen(Effect.never)
    )
  )
