/**
 * Watching a stream from this moment on, and looking at what came whenever it suits.
 */
import { Effect, Queue, type Scope, Stream } from "effect"

/** Has subscribed by the time it returns, where the stream subscribes at once; ends with its Scope. */
export const watching = <A, E>(
  stream: Stream.Stream<A, E>
): Effect.Effect<Queue.Dequeue<A>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const seen = yield* Queue.unbounded<A>()
    yield* Effect.forkScoped(Stream.runForEach(stream, (each) => Queue.offer(seen, each)), { startImmediately: true })
    return seen
  })

/** Waits for `count` elements, and gives everything there is then. */
export const take = Effect.fnUntraced(function*<A>(seen: Queue.Dequeue<A>, count: number) {
  const first = yield* Queue.takeN(seen, count)
  return [...first, ...(yield* Queue.clear(seen))]
})
