/**
 * The changes of slots in a database, told in order: those of this process at once, those of others when they are looked
 * for.
 */
import { Effect, HashMap, Option, PubSub, Ref, Semaphore, Stream } from "effect"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import type { Generation } from "../../services/sign-in/Session.ts"
import type { Slot, StoreUnavailable } from "../../services/storage/SessionStore.ts"
import type { Place } from "./SessionRow.ts"

/** How the slots are looked at. */
export interface SlotsSeen {
  /** Differs from what it was if another process may have written; anything else where that cannot be told. */
  readonly mark: Effect.Effect<unknown, StoreUnavailable>
  /** How far every slot has come. */
  readonly places: Effect.Effect<ReadonlyArray<Place>, StoreUnavailable>
  readonly read: (key: AccountKey) => Effect.Effect<Slot, StoreUnavailable>
  /** Whether an error says no more than that this is a bad moment. */
  readonly isPassing: (error: StoreUnavailable) => boolean
}

/** How often the database is asked whether others have written: a sign-out next door should be felt at once. */
const pollInterval = "100 millis"

/** Closing its Scope ends every `watch`. */
export const make = Effect.fnUntraced(function*({ isPassing, mark, places, read }: SlotsSeen) {
  const told = yield* Effect.acquireRelease(PubSub.unbounded<Slot>(), PubSub.shutdown)
  /** Held from a write, or a look, until it is told, so that nothing later is told before it. */
  const inOrder = yield* Semaphore.make(1)
  const known = yield* Ref.make(HashMap.empty<AccountKey, Generation>())
  const lastMark = yield* Ref.make(Option.none<unknown>())

  const tell = (slot: Slot) =>
    Effect.uninterruptible(
      Effect.andThen(Ref.update(known, HashMap.set(slot.key, slot.generation)), PubSub.publish(told, slot))
    )

  /** Whoever has read a slot is told of what comes after that, even if it came before the first look. */
  const remember = ({ generation, key }: Pick<Place, "key" | "generation">) =>
    Ref.update(known, (all) => HashMap.has(all, key) ? all : HashMap.set(all, key, generation))

  /**
   * One slot that cannot be read must not keep the changes of the others back; nor must what was there before be trusted
   * any longer, so it is told to hold nothing: whoever needs it has to read it.
   */
  const tellAgain = (place: Place) =>
    read(place.key).pipe(
      Effect.catch((error) =>
        Effect.as(Effect.logWarning(`"${place.key}" has changed and cannot be read.`, error.message), {
          ...place,
          state: { _tag: "Never" as const },
          presentedAt: undefined
        })
      ),
      Effect.flatMap(tell)
    )

  const look = Effect.gen(function*() {
    if (PubSub.isShutdownUnsafe(told)) return
    const before = yield* Ref.get(lastMark)
    // Before the slots: what is written in between shows at the next look.
    const now = yield* mark
    if (Option.contains(before, now)) return
    for (const place of yield* places) {
      const earlier = HashMap.get(yield* Ref.get(known), place.key)
      if (Option.isSome(earlier)) {
        if (place.generation > earlier.value) yield* tellAgain(place)
      } else if (Option.isSome(before)) yield* tellAgain(place)
      else yield* remember(place)
    }
    yield* Ref.set(lastMark, Option.some(now))
  })
  // Untraced: to look again and again is no step of anything.
  const lookInOrder = Effect.withTracerEnabled(inOrder.withPermit(look), false)

  const watch: Stream.Stream<Slot, StoreUnavailable> = Stream.unwrap(
    inOrder.withPermit(Effect.tap(PubSub.subscribe(told), () => look)).pipe(
      Effect.map((subscription) =>
        Stream.merge(
          Stream.fromSubscription(subscription),
          Stream.fromEffectDrain(
            Effect.catchIf(lookInOrder, isPassing, () => Effect.void).pipe(
              Effect.delay(pollInterval),
              Effect.forever
            )
          ),
          { haltStrategy: "left" }
        )
      )
    )
  )

  return {
    watch,
    remember,
    /** Runs a write and tells what it left, before any other is run. */
    telling: <A extends Slot | undefined, E>(write: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      inOrder.withPermit(Effect.tap(write, (slot) => slot === undefined ? Effect.void : tell(slot)))
  }
})
