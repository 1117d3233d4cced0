/**
 * `SessionStore` in memory: slots live as long as the layer. For tests, and for embedders who keep nothing.
 */
import { Effect, HashMap, Layer, Option, PubSub, Stream, SynchronizedRef } from "effect"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { Generation, Session } from "../../services/sign-in/Session.ts"
import {
  GenerationPassed,
  SessionStore,
  type Slot,
  type SlotState,
  type SlotWrite
} from "../../services/storage/SessionStore.ts"

const untouched = (key: AccountKey): Slot => ({
  key,
  generation: Generation.make(0),
  lastSignOut: Generation.make(0),
  state: { _tag: "Never" }
})

const stateOf = (key: AccountKey, generation: Generation, write: SlotWrite): SlotState =>
  write._tag === "SignedIn"
    ? { _tag: "SignedIn", session: new Session({ ...write.draft, key, generation }) }
    : write

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
          const slot: Slot = { ...current, generation, state: stateOf(key, generation, change) }
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
          const slot: Slot = { key, generation, lastSignOut: generation, state: { _tag: "SignedOut" } }
          return Effect.map(put(all, slot), (next) => [{ before, after: slot }, next] as const)
        })
      },
      Effect.uninterruptible
    )

    return SessionStore.of({
      read: (key) => Effect.map(SynchronizedRef.get(slots), (all) => look(all, key)),
      write,
      tombstone,
      list: Effect.map(SynchronizedRef.get(slots), (all) => Array.from(HashMap.values(all))),
      watch: Stream.fromPubSub(written)
    })
  })
)
