import { Effect, Layer } from "effect"
import * as NodeSqlite from "../../../src/layers/storage/NodeSqlite.ts"
import * as SessionStoreSql from "../../../src/layers/storage/SessionStoreSql.ts"
import { sessionStoreContract } from "../../support/sessionStoreContract.ts"
import { layerStore, layerVault, temporaryDatabase } from "../../support/sqlStores.ts"

sessionStoreContract(
  "SessionStoreSql in memory",
  SessionStoreSql.layer().pipe(Layer.provide([NodeSqlite.layer(NodeSqlite.inMemory), layerVault])),
  50
)

sessionStoreContract(
  "SessionStoreSql in a file",
  Layer.unwrap(Effect.map(temporaryDatabase, layerStore)).pipe(Layer.provide(layerVault)),
  20
)
