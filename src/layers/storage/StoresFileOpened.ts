/**
 * One file of what is stored, opened: the database at a path, and what says whether the path still leads to it.
 */
import { Context, Data, Effect, Exit, Layer, Option, Scope } from "effect"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import { CounterStore } from "../../services/observability/CounterStore.ts"
import { FlowStore } from "../../services/storage/FlowStore.ts"
import { SessionStore, type StoreUnavailable } from "../../services/storage/SessionStore.ts"
import type { Vault } from "../../services/storage/Vault.ts"
import * as CounterStoreSql from "./CounterStoreSql.ts"
import * as DamagedFile from "./DamagedFile.ts"
import * as FileLock from "./FileLock.ts"
import * as FlowStoreSql from "./FlowStoreSql.ts"
import * as NodeSqlite from "./NodeSqlite.ts"
import * as PrivateFile from "./PrivateFile.ts"
import * as SessionStoreSql from "./SessionStoreSql.ts"
import { isDamaged, storeUnavailable } from "./SqlProblems.ts"

/** The stores in one file. */
export interface Stores {
  readonly sessions: SessionStore["Service"]
  readonly flows: FlowStore["Service"]
  readonly counters: CounterStore["Service"]
}

export interface StoresFileOpened extends PrivateFile.Identity {
  readonly stores: Stores
  /** Closing it closes the file. */
  readonly scope: Scope.Closeable
}

/** By the time the file could be opened, the path led to nothing, or to another file. */
export class Exchanged extends Data.TaggedError("Exchanged")<{}> {}

/** In bytes (https://sqlite.org/fileformat.html). */
const smallestPage = 512n

const lockOf = (path: string): string => path.replace(/\.db$/u, ".lock")

/** Opens what is there, and nothing else: SQLite would make a file that others may read. */
const existing = (path: string): string => `${pathToFileURL(path).href}?mode=rw`

/** Renames the file if it still is the damaged one. */
export const setAside = (path: string, identity: PrivateFile.Identity) =>
  FileLock.withLock(lockOf(path))(DamagedFile.setAside(path, identity))

const layerOf = (path: string): Layer.Layer<SessionStore | FlowStore | CounterStore, StoreUnavailable, Vault> =>
  Layer.mergeAll(
    SessionStoreSql.layer({ changeMark: NodeSqlite.changeMark }),
    FlowStoreSql.layer,
    CounterStoreSql.layer
  ).pipe(
    Layer.provide(
      NodeSqlite.layer(existing(path)).pipe(Layer.catch((error) => Layer.effectContext(storeUnavailable(error))))
    )
  )

/**
 * Keeps a connection of its own while `effect` runs. The last connection to close tidies up, and so changes the file: one
 * that finds it damaged and closes must not be the last until the file has another name.
 */
const pinned = <A, E, R>(path: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.option(Effect.try(() => new DatabaseSync(existing(path), { timeout: 0 }))),
    (pin) => {
      // Whatever it says, it holds the file from now on; others will say it again.
      const hold = Effect.forEach(Option.toArray(pin), (db) => Effect.try(() => db.exec("SELECT 1 FROM sqlite_master")))
      return Effect.andThen(Effect.ignore(hold), effect)
    },
    (pin) => Effect.sync(() => Option.map(pin, (db) => db.close()))
  )

/**
 * Opens the file at `path`, which has to be there, until `owner` or its own scope is closed. What opens a database, makes
 * its tables, or sets it aside does so under one lock, so that a file never meets the write-ahead log of another.
 *
 * A damaged file is set aside at once.
 */
export const open = Effect.fn("StoresFileOpened.open")(
  function*(path: string, owner: Scope.Scope): Effect.fn.Return<StoresFileOpened, Exchanged | StoreUnavailable, Vault> {
    yield* PrivateFile.inspectDirectory(dirname(path))
    return yield* FileLock.withLock(lockOf(path))(
      Effect.acquireUseRelease(
        Scope.fork(owner),
        Effect.fnUntraced(function*(scope) {
          const found = yield* PrivateFile.inspect(path)
          if (Option.isNone(found)) return yield* new Exchanged()
          const identity = found.value
          for (const suffix of DamagedFile.suffixes) yield* PrivateFile.inspect(path + suffix)
          const condemn = Effect.fnUntraced(function*(damage?: StoreUnavailable) {
            const name = yield* DamagedFile.setAside(path, identity)
            return yield* Option.isNone(name) ? new Exchanged() : DamagedFile.told(path, name.value, damage)
          })
          // SQLite takes what is shorter than a page for nothing, and writes over it.
          if (identity.size > 0n && identity.size < smallestPage) return yield* condemn()
          const context = yield* pinned(
            path,
            Effect.catchIf(Layer.buildWithScope(layerOf(path), scope), isDamaged, condemn)
          )
          const now = yield* PrivateFile.inspect(path)
          if (!Option.exists(now, (it) => PrivateFile.isSame(it, identity))) return yield* new Exchanged()
          const { device, inode } = identity
          const stores = {
            sessions: Context.get(context, SessionStore),
            flows: Context.get(context, FlowStore),
            counters: Context.get(context, CounterStore)
          }
          return { device, inode, stores, scope }
        }),
        // Closed here only if it is not handed on.
        (scope, exit) => Exit.isSuccess(exit) ? Effect.void : Scope.close(scope, exit)
      )
    )
  }
)
