/**
 * Databases with flows in them: opened as often as there are processes, and looked at by another hand.
 */
import { Context, Effect, Layer, type Scope } from "effect"
import type { SqlError } from "effect/sql"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as FlowStoreSql from "../../src/layers/storage/FlowStoreSql.ts"
import * as NodeSqlite from "../../src/layers/storage/NodeSqlite.ts"
import * as SessionStoreSql from "../../src/layers/storage/SessionStoreSql.ts"
import { FlowStore } from "../../src/services/storage/FlowStore.ts"
import { SessionStore, type StoreUnavailable } from "../../src/services/storage/SessionStore.ts"
import { fileOf, home, layerAt } from "./sessionsFile.ts"
import { layerVault, temporaryDatabase } from "./sqlStores.ts"

export interface Place {
  /** Where the database is; nothing else is in its directory but what belongs to it. */
  readonly file: string
  /** Another process, as it were: stores of its own, closed with the Scope. All have the same key. */
  readonly open: Effect.Effect<
    { readonly flows: FlowStore["Service"]; readonly sessions: SessionStore["Service"] },
    StoreUnavailable | SqlError.SqlError,
    Scope.Scope
  >
}

/** A new place, gone with the Scope. */
export type NewPlace = Effect.Effect<Place, never, Scope.Scope>

const opened = <E>(layer: Layer.Layer<FlowStore | SessionStore, E>) =>
  Effect.map(Layer.build(Layer.fresh(layer)), (context) => ({
    flows: Context.get(context, FlowStore),
    sessions: Context.get(context, SessionStore)
  }))

/** The stores on SQLite, as they are. */
export const sqlPlace: NewPlace = Effect.gen(function*() {
  const file = yield* Effect.orDie(temporaryDatabase)
  const vault = Layer.succeedContext(yield* Layer.build(layerVault))
  const layer = Layer.merge(FlowStoreSql.layer, SessionStoreSql.layer({ changeMark: NodeSqlite.changeMark }))
  return { file, open: opened(layer.pipe(Layer.provide([NodeSqlite.layer(file), vault]))) }
})

/** The stores in the file of a data directory. */
export const filePlace: NewPlace = Effect.map(home, (at) => ({ file: fileOf(at), open: opened(layerAt(at)) }))

/** Uses stores of its own that are closed again. */
export const using = <A, E>(
  { open }: Place,
  use: (stores: Effect.Success<Place["open"]>) => Effect.Effect<A, E>
) => Effect.scoped(Effect.flatMap(open, use))

/** Does to the database what none of the stores would, through a connection of its own. */
export const tampering = <A>({ file }: Place, tamper: (db: DatabaseSync) => A): Effect.Effect<A> =>
  Effect.acquireUseRelease(
    Effect.sync(() => new DatabaseSync(file)),
    (db) => Effect.sync(() => tamper(db)),
    (db) => Effect.sync(() => db.close())
  )

/** All there is in the directory, by its names. */
export const stored = ({ file }: Place): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(dirname(file)).toSorted().map((name) => [name, readFileSync(join(dirname(file), name), "latin1")])
  )
