/**
 * `SessionStore` in memory: slots live as long as the layer. For tests, and for embedders who keep nothing.
 */
import { DateTime, Effect, HashMap, Layer, Option, PubSub, Stream, SynchronizedRef } from "effect"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { Generation } from "../../services/sign-in/Session.ts"
import {
  AlreadyPresented,
  GenerationPassed,
  SessionStore,
  type Slot,
  type SlotWrite
} from "../../services/storage/SessionStore.ts"
import { stateOf, untouched } from "./SlotStates.ts"

const look = (all: HashMap.HashMap<AccountKey, Slot>, key: AccountKey) =>
  Option.getOrElse(HashMap.get(all, key), () => untouched(key))

/** Provides `SessionStore`; needs nothing. Closing the layer's Scope forgets every slot and ends every `watch`. */
export const layer: Layer.Layer<SessionStore> = Layer.effect(
  SessionStore,
  Effect.gen(function*() {
    const slots = yield* SynchronizedRef.make(HashMap.empty<AccountKey, Slot>())
    const written = yield* Effect.acquireRelease(PubSub.unbounded<Slot>(), PubSub.shutdown)

    /** Publishes before the next write can happen, so that watchers see the writes in their order. */
    const put = (all: HashMap.HashMap<AccountKey, Slot>, slot: Slot) =>
      Effect.as(PubSub.publish(written, slot), HashMap.set(all, slot.key, slot))

    const write = Effect.fn("SessionStore.write")(
      function*(key: AccountKey, expected: Generation, change: SlotWrite) {
        return yield* SynchronizedRef.modifyEffect(slots, (all) => {
          const current = look(all, key)
          if (current.generation !== expected) {
            return Effect.fail(new GenerationPassed({ expected, current: current.generation }))
          }
          const generation = Generation.make(expected + 1)
          const slot: Slot = {
            ...current,
            generation,
            state: stateOf(key, generation, change),
            presentedAt: undefined
          }
          return Effect.map(put(all, slot), (next) => [slot, next] as const)
        })
      },
      Effect.uninterruptible
    )

    const tombstone = Effect.fn("SessionStore.tombstone")(
      function*(key: AccountKey) {
        return yield* SynchronizedRef.modifyEffect(slots, (all) => {
          const before = look(all, key)
          const generation = Generation.make(before.generation + 1)
          const slot: Slot = {
            key,
            generation,
            lastSignOut: generation,
            state: { _tag: "SignedOut" },
            presentedAt: undefined
          }
          return Effect.map(put(all, slot), (next) => [{ before, after: slot }, next] as const)
        })
      },
      Effect.uninterruptible
    )

    const present = Effect.fn("SessionStore.present")(
      function*(key: AccountKey, expected: Generation, { again }: { readonly again: boolean }) {
        const presentedAt = yield* DateTime.now
        yield* SynchronizedRef.updateEffect(
          slots,
          Effect.fnUntraced(function*(all) {
            const current = look(all, key)
            if (current.generation !== expected) {
              return yield* new GenerationPassed({ expected, current: current.generation })
            }
            if (current.generation === 0) {
              return yield* Effect.die(new Error("There is no token in a slot that was never written."))
            }
            if (current.presentedAt !== undefined && !again) {
              return yield* new AlreadyPresented({ at: current.presentedAt })
            }
            return HashMap.set(all, key, { ...current, presentedAt })
          })
        )
      },
      Effect.uninterruptible
    )

    const withdraw = Effect.fn("SessionStore.withdraw")((key: AccountKey, expected: Generation) =>
      SynchronizedRef.update(slots, (all) => {
        const current = look(all, key)
        return current.generation === expected && current.generation > 0
          ? HashMap.set(all, key, { ...current, presentedAt: undefined })
          : all
      })
    )

    return SessionStore.of({
      present,
      withdraw,
      read: (key) => Effect.map(SynchronizedRef.get(slots), (all) => look(all, key)),
      write,
      tombstone,
      list: Effect.map(SynchronizedRef.get(slots), (all) => Array.from(HashMap.values(all))),
      watch: Stream.fromPubSub(written)
    })
  })
)
