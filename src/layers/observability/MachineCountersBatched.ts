/**
 * `MachineCounters` in a store that all processes share, written a second after something was counted and not more often.
 */
import { Cause, DateTime, Duration, Effect, Latch, Layer, Option, Ref, Semaphore } from "effect"
import { CounterStore } from "../../services/observability/CounterStore.ts"
import { MachineCounters, nothing, plus, type Tally, withOne } from "../../services/observability/MachineCounters.ts"
import type { StoreUnavailable } from "../../services/storage/SessionStore.ts"

/** How long counts are gathered: what a process that is killed loses at most. */
const gathering = Duration.seconds(1)

/**
 * Provides `MachineCounters`; needs `CounterStore`. Counting waits for nothing and asks the store for nothing. What was counted is
 * written together, a second after the first of it, by the `Clock`, and once more when the layer's Scope closes; a process that
 * is killed loses what it has counted within its last second, and nothing else. While nothing is counted, nothing is done.
 *
 * What cannot be written is kept, and tried again with whatever is counted next; that it cannot is a warning, once.
 */
export const layer: Layer.Layer<MachineCounters, never, CounterStore> = Layer.effect(
  MachineCounters,
  Effect.gen(function*() {
    const store = yield* CounterStore
    const unwritten = yield* Ref.make(nothing)
    const writing = yield* Semaphore.make(1)
    /** Open while there is something that nobody has begun to write. */
    const hasMore = yield* Latch.make(false)
    const hasWarned = yield* Ref.make(false)

    const keep = (tally: Tally) => Ref.update(unwritten, (since) => plus(tally, since))

    const failed = Effect.fnUntraced(function*(tally: Tally, cause: Cause.Cause<StoreUnavailable>) {
      yield* keep(tally)
      if (yield* Ref.getAndSet(hasWarned, true)) return
      const why = Option.match(Cause.findErrorOption(cause), { onNone: () => cause, onSome: ({ message }) => message })
      yield* Effect.logWarning("The counters of this machine cannot be written now.", why)
    })

    // Whole or not at all: what was taken to be written is in the store, or back where it was.
    const write = Effect.gen(function*() {
      const tally = yield* Ref.getAndSet(unwritten, nothing)
      if (tally.counts.size === 0) return
      yield* Effect.matchCauseEffect(store.add(tally), {
        onSuccess: (isKept) => isKept ? Ref.set(hasWarned, false) : keep(tally),
        onFailure: (cause) => failed(tally, cause)
      })
    }).pipe(writing.withPermit, Effect.uninterruptible)

    yield* Effect.addFinalizer(() => write)
    yield* hasMore.await.pipe(
      Effect.andThen(Effect.sleep(gathering)),
      Effect.andThen(hasMore.close),
      Effect.andThen(write),
      Effect.forever,
      Effect.forkScoped
    )

    return MachineCounters.of({
      add: (series) =>
        series.length === 0 ? Effect.void : DateTime.now.pipe(
          Effect.flatMap((now) => Ref.update(unwritten, (before) => withOne(before, series, now))),
          Effect.andThen(hasMore.open),
          // Counted and not told of, it would wait for whatever is counted next.
          Effect.uninterruptible
        ),
      // Not while a write is under way, whose counts are neither here nor there.
      read: writing.withPermit(
        Effect.flatMap(store.read, (stored) => Effect.map(Ref.get(unwritten), (rest) => plus(stored, rest)))
      )
    })
  })
)
