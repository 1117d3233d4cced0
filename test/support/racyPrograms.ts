/**
 * Small programs with a race that a stock scheduler does not show, and one without.
 */
import { Deferred, Effect, Ref, Semaphore } from "effect"
import * as ScheduleNotes from "../../src/layers/exploring/ScheduleNotes.ts"

const { named, note } = ScheduleNotes

const together = (callers: ReadonlyArray<Effect.Effect<void>>) =>
  Effect.forEach(callers, (caller, index) => named(`caller ${index + 1}`)(caller), { concurrency: "unbounded" })

const counting = (guard: <A>(effect: Effect.Effect<A>) => Effect.Effect<A>) =>
  Effect.gen(function*() {
    const count = yield* Ref.make(0)
    const increment = Effect.gen(function*() {
      const read = yield* Ref.get(count)
      yield* note(`reads ${read}`)
      yield* Ref.set(count, read + 1)
      yield* note(`writes ${read + 1}`)
    })
    yield* together([guard(increment), guard(increment)])
    const total = yield* Ref.get(count)
    if (total !== 2) return yield* Effect.die(new Error(`counted ${total} of 2`))
  })

/** Two callers count, and one may read before the other has written. */
export const lostUpdate: Effect.Effect<void> = counting((increment) => increment)

/** The same one after the other. */
export const oneAfterTheOther: Effect.Effect<void> = Effect.flatMap(
  Semaphore.make(1),
  (mutex) => counting((increment) => mutex.withPermit(increment))
)

/** Two callers take two locks, each another one first. */
export const oppositeLocks: Effect.Effect<void> = Effect.gen(function*() {
  const first = yield* Semaphore.make(1)
  const second = yield* Semaphore.make(1)
  yield* together([
    first.withPermit(second.withPermit(Effect.void)),
    second.withPermit(first.withPermit(Effect.void))
  ])
})

/** Somebody looks just before a timer fires, and nothing says that it has not by then. */
export const early: Effect.Effect<void> = Effect.gen(function*() {
  const late = yield* Deferred.make<void>()
  yield* Effect.forkChild(named("timer")(Effect.andThen(Effect.sleep("1 second"), Deferred.succeed(late, undefined))))
  yield* Effect.yieldNow
  yield* Effect.yieldNow
  if (yield* Deferred.isDone(late)) return yield* Effect.die(new Error("too late"))
})
