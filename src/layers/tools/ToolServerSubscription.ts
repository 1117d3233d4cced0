/**
 * One subscription to a resource: its client is told of changes, not too often, and of the last one always.
 */
import { Cause, type Context, Deferred, Duration, Effect, Queue, Schedule, Stream } from "effect"
import type { Resource } from "../../services/tools/Resource.ts"
import { InternalError } from "../../services/tools/ToolServer.ts"

/** How long a client that has been told of a change hears nothing of the next ones. */
const pause = Duration.millis(250)

/** When changes that could not be watched are watched again. */
const backoff = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("30 seconds")])

/** Logs what is a bug, and nothing else. */
export const logDefect = (uri: string, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  Cause.hasDies(cause) ? Effect.logError(`The resource ${uri} has a defect.`, cause) : Effect.void

/**
 * Tells of changes until it is interrupted. Completes `begun` when it looks, or has failed to. Looking is a step of nothing, so
 * that it leaves no trace.
 */
export const follow = Effect.fnUntraced(
  function*<R>(
    { changes, uri }: Resource<R>,
    services: Context.Context<R>,
    begun: Deferred.Deferred<void>,
    updated: (uri: string) => Promise<void>
  ) {
    const news = yield* Queue.sliding<void>(1)
    const hearing = changes.pipe(
      Stream.provideContext(services),
      Stream.catchCause((cause) =>
        Cause.hasDies(cause)
          ? Stream.unwrap(Effect.as(logDefect(uri, cause), Stream.fail(new InternalError({ what: uri }))))
          : Stream.failCause(cause)
      ),
      Stream.tapError(({ message }) =>
        Effect.andThen(
          Effect.logWarning(`The changes of ${uri} cannot be watched now.`, message),
          Deferred.succeed(begun, undefined)
        )
      ),
      Stream.retry(backoff),
      // The very first time says only that it looks; after a failure, that something may have been missed.
      Stream.runForEach(() =>
        Effect.flatMap(
          Deferred.succeed(begun, undefined),
          (isFirst) => isFirst ? Effect.void : Queue.offer(news, undefined)
        )
      )
    )
    const telling = Queue.take(news).pipe(
      Effect.andThen(Effect.ignore(Effect.tryPromise(() => updated(uri)))),
      Effect.andThen(Effect.sleep(pause)),
      Effect.forever
    )
    return yield* Effect.raceFirst(Effect.andThen(hearing, Effect.never), telling)
  },
  Effect.withTracerEnabled(false)
)
