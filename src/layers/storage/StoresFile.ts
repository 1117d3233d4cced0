/**
 * `SessionStore`, `FlowStore` and `CounterStore` in one file of the data directory, shared by all processes of this user.
 */
import { Context, Effect, Layer } from "effect"
import { join } from "node:path"
import { CounterStore } from "../../services/observability/CounterStore.ts"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import { FlowStore } from "../../services/storage/FlowStore.ts"
import { SessionStore } from "../../services/storage/SessionStore.ts"
import type { Vault } from "../../services/storage/Vault.ts"
import * as CounterStoreFile from "./CounterStoreFile.ts"
import * as FlowStoreFile from "./FlowStoreFile.ts"
import * as SessionStoreFile from "./SessionStoreFile.ts"
import * as SlotsKnown from "./SlotsKnown.ts"
import * as StoresFileCurrent from "./StoresFileCurrent.ts"

/** The file's name in the data directory. */
export const fileName = "sessions.db"

/**
 * Provides `SessionStore`, `FlowStore` and `CounterStore`; needs `DataDirectory` and `Vault`. Building it touches nothing: the file is
 * opened with the first use, and made with the first write. Closing its Scope closes the file and ends every `watch` of
 * slots.
 *
 * The file, and what SQLite puts beside it, is this user's alone; links and files of others are refused. A damaged file
 * fails the call that comes upon it, is set aside under another name, and the next call finds no file. A file that was
 * removed or exchanged is left for what is there now: generations then go on above all that this process has seen, so they
 * are numbers of this process, not to be compared with those of another. Flows and counts went with the file they were in.
 *
 * `watch` of slots opens nothing. Once the file is open, it tells what this process writes and, a tenth of a second later at
 * worst, what others write. A slot that went with its file is told as `Never` at a generation above the one that was seen.
 */
export const layer: Layer.Layer<SessionStore | FlowStore | CounterStore, never, DataDirectory | Vault> = Layer
  .effectContext(
    Effect.gen(function*() {
      const directory = yield* DataDirectory
      const known = yield* SlotsKnown.make
      const file = yield* StoresFileCurrent.make(join(directory.path, fileName), directory, known)
      return SessionStore.context(SessionStoreFile.make(file, known)).pipe(
        Context.add(FlowStore, FlowStoreFile.make(file)),
        Context.add(CounterStore, CounterStoreFile.make(file))
      )
    })
  )
