/**
 * Session stores on SQLite: several on one file are what several processes are.
 */
import { NodeCrypto, NodeFileSystem } from "@effect/platform-node"
import { Context, Effect, FileSystem, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as NodeSqlite from "../../src/layers/storage/NodeSqlite.ts"
import * as SessionStoreSql from "../../src/layers/storage/SessionStoreSql.ts"
import * as VaultAead from "../../src/layers/storage/VaultAead.ts"
import * as VaultKeysMemory from "../../src/layers/storage/VaultKeysMemory.ts"
import { SessionStore } from "../../src/services/storage/SessionStore.ts"

/** One key for all stores of a test. */
export const layerVault = VaultAead.layer.pipe(
  Layer.provide(VaultKeysMemory.layer),
  Layer.provide([NodeCrypto.layerAead, NodeCrypto.layerSecureRandom])
)

/** Each call opens the file anew. */
export const layerStore = (
  filename: string,
  options: SessionStoreSql.Options = { changeMark: NodeSqlite.changeMark }
) => SessionStoreSql.layer(options).pipe(Layer.provideMerge(NodeSqlite.layer(filename)))

/** A path in a directory of its own, both gone with the Scope. */
export const temporaryDatabase = FileSystem.FileSystem.use((fs) =>
  fs.makeTempDirectoryScoped({ prefix: "mcp-gas-sql-" })
)
  .pipe(Effect.map((directory) => `${directory}/sessions.db`), Effect.provide(NodeFileSystem.layer))

/** Another process, as it were: a connection and a store of its own, closed with the Scope. */
export const openStore = Effect.fnUntraced(function*(...args: Parameters<typeof layerStore>) {
  const context = yield* Layer.build(layerStore(...args))
  return { store: Context.get(context, SessionStore), sql: Context.get(context, SqlClient.SqlClient) }
})
