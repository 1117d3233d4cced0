/**
 * `SessionStore` in the file of the stores, whatever becomes of that file.
 */
import { Effect } from "effect"
import type { SessionStore, Slot } from "../../services/storage/SessionStore.ts"
import type { SlotsKnown } from "./SlotsKnown.ts"
import { untouched } from "./SlotStates.ts"
import type { StoresFileCurrent } from "./StoresFileCurrent.ts"

/** Slots in a file that is there; without one, nobody has ever signed in. */
export const make = (file: StoresFileCurrent, known: SlotsKnown): SessionStore["Service"] => {
  const none: ReadonlyArray<Slot> = []
  return {
    read: (key) => Effect.tap(file.reading(untouched(key), ({ sessions }) => sessions.read(key)), known.remember),
    list: Effect.tap(file.reading(none, ({ sessions }) => sessions.list), Effect.forEach(known.remember)),
    write: (key, expected, change) =>
      file.writing(({ sessions }) => sessions.write(key, expected, change)).pipe(
        Effect.tap(known.tell),
        Effect.uninterruptible
      ),
    tombstone: (key) =>
      file.writing(({ sessions }) => sessions.tombstone(key)).pipe(
        Effect.tap(({ after }) => known.tell(after)),
        Effect.uninterruptible
      ),
    present: (key, expected, options) =>
      Effect.uninterruptible(file.writing(({ sessions }) => sessions.present(key, expected, options))),
    withdraw: (key, expected) =>
      Effect.uninterruptible(file.reading(undefined, ({ sessions }) => sessions.withdraw(key, expected))),
    watch: known.watch
  }
}
