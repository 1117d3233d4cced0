import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Option, Queue, Stream } from "effect"
import { TestClock } from "effect/testing"
import { mkdirSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import * as StoresFile from "../../../src/layers/storage/StoresFile.ts"
import { DataDirectory } from "../../../src/services/storage/DataDirectory.ts"
import { FlowStore } from "../../../src/services/storage/FlowStore.ts"
import { answers, flow, isFlow, opens, record } from "../../support/flowData.ts"
import { filePlace } from "../../support/flowPlaces.ts"
import { flowRowsContract } from "../../support/flowRowsContract.ts"
import { flowsSharedContract } from "../../support/flowsSharedContract.ts"
import { flowStoreContract } from "../../support/flowStoreContract.ts"
import { home, layerAt, namesIn } from "../../support/sessionsFile.ts"
import { watching } from "../../support/sessionStreams.ts"
import { layerVault } from "../../support/sqlStores.ts"

flowStoreContract("FlowStoreFile", Layer.unwrap(Effect.map(home, layerAt)))

flowsSharedContract("FlowStoreFile, several processes", filePlace)

flowRowsContract("FlowStoreFile, rows", filePlace)

describe("FlowStoreFile", () => {
  it.effect("building it, looking and telling of flows that are not there make nothing where there is nothing", () =>
    Effect.gen(function*() {
      const path = yield* home
      let made = 0
      const layerDirectory = Layer.succeed(DataDirectory, {
        path,
        ready: Effect.sync(() => {
          made++
          mkdirSync(path, { mode: 0o700, recursive: true })
        })
      })
      const layer = StoresFile.layer.pipe(Layer.provide([layerDirectory, layerVault]))
      const flows = Context.get(yield* Layer.build(layer), FlowStore)
      const { id, key, purpose } = flow("a")
      const seen = yield* watching(flows.watch(id))
      assert.deepStrictEqual(yield* Stream.runHead(flows.underWay), Option.some([]))
      assert.isTrue(Option.isNone(yield* flows.read(id)))
      assert.isTrue(Option.isNone(yield* flows.newest(key, purpose)))
      assert.deepStrictEqual(yield* flows.pending(key), [])
      assert.isFalse(yield* flows.change(id, opens("1")))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Queue.size(seen), 0)
      assert.deepStrictEqual(namesIn(dirname(path)), [])
      assert.strictEqual(made, 0)
      yield* flows.begin(flow("a"), Option.none())
      assert.strictEqual(made, 1)
      assert.include(namesIn(path), StoresFile.fileName)
    }))

  it.live("flows go with the file they were in, and others are begun in a new one", () =>
    Effect.gen(function*() {
      const { file, open } = yield* filePlace
      const { flows } = yield* open
      const begun = flow("a")
      yield* flows.begin(begun, Option.none())
      yield* flows.change(begun.id, answers)
      const seen = yield* watching(flows.watch(begun.id))
      isFlow(Option.some(yield* Queue.take(seen)), record(begun, { answered: true }))
      for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix)
      assert.isTrue(Option.isNone(yield* flows.read(begun.id)))
      assert.deepStrictEqual(yield* flows.pending(begun.key), [])
      assert.isFalse(yield* flows.change(begun.id, opens("1")))
      yield* flows.begin(begun, Option.none())
      isFlow(yield* flows.read(begun.id), record(begun))
      isFlow(Option.some(yield* Queue.take(seen)), record(begun))
    }))
})
