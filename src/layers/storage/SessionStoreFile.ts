/**
 * `SessionStore` in a file of the data directory, shared by all processes of this user.
 */
import { Effect, Layer } from "effect"
import { join } from "node:path"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import { SessionStore, type Slot } from "../../services/storage/SessionStore.ts"
import type { Vault } from "../../services/storage/Vault.ts"
import * as SessionsFileCurrent from "./SessionsFileCurrent.ts"
import * as SlotsKnown from "./SlotsKnown.ts"
import { untouched } from "./SlotStates.ts"

/** The file's name in the data directory. */
export const fileName = "sessions.db"

/**
 * Provides `SessionStore`; needs `DataDirectory` and `Vault`. Building it touches nothing: the file is opened with the
 * first use, and made with the first write. Closing its Scope closes the file and ends every `watch`.
 *
 * The file, and what SQLite puts beside it, is this user's alone; links and files of others are refused. A damaged file
 * fails the call that comes upon it, is set aside under another name, and the next call finds no file. A file that was
 * removed or exchanged is left for what is there now: generations then go on above all that this process has seen, so they
 * are numbers of this process, not to be compared with those of another.
 *
 * `watch` opens nothing. Once the file is open, it tells what this process writes and, a tenth of a second later at worst,
 * what others write. A slot that went with its file is told as `Never` at a generation above the one that was seen.
 */
export const layer: Layer.Layer<SessionStore, never, DataDirectory | Vault> = Layer.effect(
  SessionStore,
  Effect.gen(function*() {
    const directory = yield* DataDirectory
    const known = yield* SlotsKnown.make
    const file = yield* SessionsFileCurrent.make(join(directory.path, fileName), directory, known)
    const none: ReadonlyArray<Slot> = []

    return SessionStore.of({
      read: (key) => Effect.tap(file.reading(untouched(key), (store) => store.read(key)), known.remember),
      list: Effect.tap(file.reading(none, (store) => store.list), Effect.forEach(known.remember)),
      write: (key, expected, change) =>
        file.writing((store) => store.write(key, expected, change)).pipe(
          Effect.tap(known.tell),
          Effect.uninterruptible
        ),
      tombstone: (key) =>
        file.writing((store) => store.tombstone(key)).pipe(
          Effect.tap(({ after }) => known.tell(after)),
          Effect.uninterruptible
        ),
      present: (key, expected, options) =>
        Effect.uninterruptible(file.writing((store) => store.present(key, expected, options))),
      withdraw: (key, expected) =>
        Effect.uninterruptible(file.reading(undefined, (store) => store.withdraw(key, expected))),
      watch: known.watch
    })
  })
)
