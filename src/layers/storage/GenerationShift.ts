/**
 * A store whose generations start above a number.
 *
 * A file that takes the place of another counts from the beginning, and whoever knew the old one would take what is new
 * for old. So the numbers of the new file are raised, for this process alone, above all it has seen: what began before the
 * exchange may not write, and what comes after it is newer.
 */
import { Effect, Stream } from "effect"
import { Generation, Session } from "../../services/sign-in/Session.ts"
import { GenerationPassed, type SessionStore, type Slot } from "../../services/storage/SessionStore.ts"

/** The same store, with every generation but 0, which is a slot that was never written, raised by `by`. */
export const raised = (store: SessionStore["Service"], by: number): SessionStore["Service"] => {
  if (by === 0) return store
  const up = (generation: Generation) => Generation.make(generation === 0 ? 0 : generation + by)

  const upSlot = (slot: Slot): Slot => ({
    ...slot,
    generation: up(slot.generation),
    lastSignOut: up(slot.lastSignOut),
    state: slot.state._tag === "SignedIn"
      ? { _tag: "SignedIn", session: new Session({ ...slot.state.session, generation: up(slot.generation) }) }
      : slot.state
  })

  /** A generation as the store below knows it; none for one of the time before. */
  const down = (generation: Generation): Generation | undefined => {
    if (generation === 0) return generation
    return generation > by ? Generation.make(generation - by) : undefined
  }

  const passed = (expected: Generation) => (error: GenerationPassed) =>
    new GenerationPassed({ expected, current: up(error.current) })

  return {
    read: (key) => Effect.map(store.read(key), upSlot),
    list: Effect.map(store.list, (slots) => slots.map(upSlot)),
    watch: Stream.map(store.watch, upSlot),
    tombstone: (key) =>
      Effect.map(store.tombstone(key), ({ after, before }) => ({ before: upSlot(before), after: upSlot(after) })),
    write: (key, expected, change) => {
      const below = down(expected)
      return below === undefined
        ? Effect.flatMap(store.read(key), ({ generation }) => passed(expected)(late(expected, generation)))
        : store.write(key, below, change).pipe(
          Effect.map(upSlot),
          Effect.catchTag("GenerationPassed", passed(expected))
        )
    },
    present: (key, expected, options) => {
      const below = down(expected)
      return below === undefined
        ? Effect.flatMap(store.read(key), ({ generation }) => passed(expected)(late(expected, generation)))
        : Effect.catchTag(store.present(key, below, options), "GenerationPassed", passed(expected))
    },
    withdraw: (key, expected) => {
      const below = down(expected)
      return below === undefined ? Effect.void : store.withdraw(key, below)
    }
  }
}

const late = (expected: Generation, current: Generation) => new GenerationPassed({ expected, current })
