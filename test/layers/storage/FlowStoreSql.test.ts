import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Option, Queue, Redacted, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import * as FlowStoreSql from "../../../src/layers/storage/FlowStoreSql.ts"
import * as NodeSqlite from "../../../src/layers/storage/NodeSqlite.ts"
import { FlowStore } from "../../../src/services/storage/FlowStore.ts"
import { Vault } from "../../../src/services/storage/Vault.ts"
import { answers, asks, ends, flow, opens, timedOut } from "../../support/flowData.ts"
import { sqlPlace } from "../../support/flowPlaces.ts"
import { flowRowsContract } from "../../support/flowRowsContract.ts"
import { flowsSharedContract } from "../../support/flowsSharedContract.ts"
import { flowStoreContract } from "../../support/flowStoreContract.ts"
import { watching } from "../../support/sessionStreams.ts"
import { layerVault, temporaryDatabase } from "../../support/sqlStores.ts"

const layerAt = (filename: string) => FlowStoreSql.layer.pipe(Layer.provide([NodeSqlite.layer(filename), layerVault]))

flowStoreContract("FlowStoreSql in memory", layerAt(NodeSqlite.inMemory))

flowStoreContract("FlowStoreSql in a file", Layer.unwrap(Effect.map(temporaryDatabase, layerAt)))

flowsSharedContract("FlowStoreSql, several processes", sqlPlace)

flowRowsContract("FlowStoreSql, rows", sqlPlace)

/** A store in memory, with what it is made of. */
const layerOpen = FlowStoreSql.layer.pipe(Layer.provideMerge([NodeSqlite.layer(NodeSqlite.inMemory), layerVault]))

describe("FlowStoreSql", () => {
  it.effect("who watches hears within a tenth of a second by the clock, whenever it happens", () =>
    Effect.gen(function*() {
      const flows = yield* FlowStore
      const begun = flow("a")
      yield* flows.begin(begun, Option.none())
      const seen = yield* watching(flows.watch(begun.id))
      yield* Queue.take(seen)
      // Nothing that is looked at here is sealed, so that looking takes no time but the clock's.
      for (
        const [pause, change] of [[0, asks("cancel")], [1, asks("logout")], [33, answers], [
          49,
          ends(timedOut)
        ]] as const
      ) {
        yield* TestClock.adjust(pause)
        yield* flows.change(begun.id, change)
        yield* TestClock.adjust("100 millis")
        assert.strictEqual(yield* Queue.size(seen), 1)
        yield* Queue.take(seen)
      }
    }).pipe(Effect.provide(layerOpen)))

  it.live("who looks on at all flows opens nothing that is sealed", () =>
    Effect.gen(function*() {
      const flows = yield* FlowStore
      const sql = yield* SqlClient.SqlClient
      const begun = flow("a")
      yield* flows.begin(begun, Option.none())
      yield* flows.change(begun.id, opens("1"))
      yield* sql`UPDATE flows SET opened = 'not to be opened'`
      const [seen] = Option.getOrThrow(yield* Stream.runHead(flows.underWay))
      assert.isTrue(seen?.isOpen)
    }).pipe(Effect.provide(layerOpen)))

  it.live("a flow whose secrets are opened anew with every look is told once", () =>
    Effect.gen(function*() {
      const looks = yield* Queue.unbounded<void>()
      const layerCounting = Layer.effect(
        Vault,
        Effect.map(Vault, (vault) =>
          Vault.of({
            ...vault,
            open: (sealed, place) => Effect.tap(vault.open(sealed, place), () => Queue.offer(looks, undefined))
          }))
      ).pipe(Layer.provide(layerVault))
      const layer = FlowStoreSql.layer.pipe(Layer.provide([NodeSqlite.layer(NodeSqlite.inMemory), layerCounting]))
      const flows = Context.get(yield* Layer.build(layer), FlowStore)
      const begun = flow("a")
      yield* flows.begin(begun, Option.none())
      yield* flows.change(begun.id, opens("1"))
      const seen = yield* watching(flows.watch(begun.id))
      // One look comes after the other, so what the first three came to has been told.
      yield* Queue.takeN(looks, 4)
      assert.strictEqual(yield* Queue.size(seen), 1)
    }))

  it.effect("what was sealed for the flow and is not what opened one cannot be read", () =>
    Effect.gen(function*() {
      const flows = yield* FlowStore
      const vault = yield* Vault
      const sql = yield* SqlClient.SqlClient
      const begun = flow("a")
      yield* flows.begin(begun, Option.none())
      for (const text of ["not JSON", "{}"]) {
        const sealed = yield* vault.seal(Redacted.make(text), ["flow", "opened", begun.id])
        yield* sql`UPDATE flows SET opened = ${sealed}`
        assert.strictEqual((yield* Effect.flip(flows.read(begun.id)))._tag, "StoreUnavailable")
      }
    }).pipe(Effect.provide(layerOpen)))
})
