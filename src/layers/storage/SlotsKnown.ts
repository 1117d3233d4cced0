/**
 * How far this process has seen each slot come, and the telling of what is new. A file can be exchanged for another; what
 * was seen in the old one then is told to be gone, unless the new one says something else.
 */
import { Effect, HashMap, Option, PubSub, Ref, Stream } from "effect"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { Generation } from "../../services/sign-in/Session.ts"
import type { Slot, StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { untouched } from "./SlotStates.ts"

interface Seen {
  /** The highest that was read, written or told. */
  readonly generation: Generation
  /** The highest that was told, 0 if none was. */
  readonly told: Generation
  /** Told to be gone, and not seen since. */
  readonly isGone: boolean
}

const unseen: Seen = { generation: Generation.make(0), told: Generation.make(0), isGone: false }

/** Closing its Scope ends every `watch`. */
export const make = Effect.gen(function*() {
  const published = yield* Effect.acquireRelease(PubSub.unbounded<Slot>(), PubSub.shutdown)
  const seen = yield* Ref.make(HashMap.empty<AccountKey, Seen>())

  const seenOf = (all: HashMap.HashMap<AccountKey, Seen>, key: AccountKey) =>
    Option.getOrElse(HashMap.get(all, key), () => unseen)

  /** A slot that was never written is not worth keeping; there are as many of them as there are names. */
  const remember = ({ generation, key }: Slot) =>
    Ref.update(seen, (all) => {
      const before = seenOf(all, key)
      return generation > before.generation ? HashMap.set(all, key, { ...before, generation, isGone: false }) : all
    })

  const tell = (slot: Slot, isGone = false) =>
    Ref.modify(seen, (all) => {
      const before = seenOf(all, slot.key)
      if (slot.generation <= before.told) return [Effect.void, all] as const
      const generation = Generation.make(Math.max(before.generation, slot.generation))
      return [
        Effect.asVoid(PubSub.publish(published, slot)),
        HashMap.set(all, slot.key, { generation, told: slot.generation, isGone })
      ] as const
    }).pipe(Effect.flatten, Effect.uninterruptible)

  /** Of a generation higher than any that was seen, so that whoever knows the slot takes this for the newer word. */
  const gone = (key: AccountKey, generation: Generation) =>
    tell({ ...untouched(key), generation: Generation.make(generation + 1) }, true)

  return {
    /** Every slot that was told, from the moment of subscription on. */
    watch: Stream.fromPubSub(published),
    /** Notes a slot that somebody has read. */
    remember,
    /** Tells of a slot that was written, unless something newer was told. */
    tell: (slot: Slot): Effect.Effect<void> => tell(slot),
    /** Higher than any generation that was seen or told; 0 if none was. */
    above: Effect.map(
      Ref.get(seen),
      (all) =>
        HashMap.isEmpty(all) ? 0 : Math.max(...Array.from(HashMap.values(all), ({ generation }) => generation)) + 1
    ),
    /** Tells of each slot that was seen what has become of it, now that another file is read, or none. */
    reconsider: Effect.fnUntraced(function*(read: (key: AccountKey) => Effect.Effect<Slot, StoreUnavailable>) {
      for (const [key, { generation, isGone }] of HashMap.toEntries(yield* Ref.get(seen))) {
        // What cannot be read must not be trusted any longer either.
        const slot = yield* Effect.orElseSucceed(read(key), () => untouched(key))
        if (slot.generation > generation) yield* tell(slot)
        else if (!isGone) yield* gone(key, generation)
      }
    })
  }
})

export type SlotsKnown = Effect.Success<typeof make>
