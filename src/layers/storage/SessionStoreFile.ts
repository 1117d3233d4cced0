/**
 * `SessionStore` and `FlowStore` in one file of the data directory, shared by all processes of this user.
 */
import { Context, Effect, Layer, Option } from "effect"
import { join } from "node:path"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import { type FlowRecord, FlowStore } from "../../services/storage/FlowStore.ts"
import { SessionStore, type Slot } from "../../services/storage/SessionStore.ts"
import type { Vault } from "../../services/storage/Vault.ts"
import { watchBy } from "./FlowStoreSql.ts"
import * as SessionsFileCurrent from "./SessionsFileCurrent.ts"
import * as SlotsKnown from "./SlotsKnown.ts"
import { untouched } from "./SlotStates.ts"

/** The file's name in the data directory. */
export const fileName = "sessions.db"

/** Flows in a file that is there; without one, there are none. */
const flowsIn = (file: SessionsFileCurrent.SessionsFileCurrent): FlowStore["Service"] => {
  const none: ReadonlyArray<FlowRecord> = []
  const read: FlowStore["Service"]["read"] = (id) => file.reading(Option.none(), ({ flows }) => flows.read(id))
  return {
    newest: (key, purpose) => file.reading(Option.none(), ({ flows }) => flows.newest(key, purpose)),
    read,
    pending: (key) => file.reading(none, ({ flows }) => flows.pending(key)),
    begin: (flow, inPlaceOf) => Effect.uninterruptible(file.writing(({ flows }) => flows.begin(flow, inPlaceOf))),
    change: (id, change) => Effect.uninterruptible(file.reading(false, ({ flows }) => flows.change(id, change))),
    watch: (id) => watchBy(read(id)),
    claimTab: (flow, rest) => Effect.uninterruptible(file.writing(({ flows }) => flows.claimTab(flow, rest)))
  }
}

const sessionsIn = (
  file: SessionsFileCurrent.SessionsFileCurrent,
  known: SlotsKnown.SlotsKnown
): SessionStore["Service"] => {
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

/**
 * Provides `SessionStore` and `FlowStore`; needs `DataDirectory` and `Vault`. Building it touches nothing: the file is
 * opened with the first use, and made with the first write. Closing its Scope closes the file and ends every `watch` of
 * slots.
 *
 * The file, and what SQLite puts beside it, is this user's alone; links and files of others are refused. A damaged file
 * fails the call that comes upon it, is set aside under another name, and the next call finds no file. A file that was
 * removed or exchanged is left for what is there now: generations then go on above all that this process has seen, so they
 * are numbers of this process, not to be compared with those of another. Flows went with the file they were in.
 *
 * `watch` of slots opens nothing. Once the file is open, it tells what this process writes and, a tenth of a second later at
 * worst, what others write. A slot that went with its file is told as `Never` at a generation above the one that was seen.
 */
export const layer: Layer.Layer<SessionStore | FlowStore, never, DataDirectory | Vault> = Layer.effectContext(
  Effect.gen(function*() {
    const directory = yield* DataDirectory
    const known = yield* SlotsKnown.make
    const file = yield* SessionsFileCurrent.make(join(directory.path, fileName), directory, known)
    return Context.merge(SessionStore.context(sessionsIn(file, known)), FlowStore.context(flowsIn(file)))
  })
)
