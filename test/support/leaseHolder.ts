/**
 * Another process that takes the lease it is told to, says so, and keeps it until it is killed. Run by tests.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { Digest } from "effect/crypto"
import process from "node:process"
import * as DataDirectoryFileSystem from "../../src/layers/storage/DataDirectoryFileSystem.ts"
import * as LeasesSqlite from "../../src/layers/storage/LeasesSqlite.ts"
import { Leases } from "../../src/services/storage/Leases.ts"

const [home = "", name = ""] = process.argv.slice(2)

const layer = LeasesSqlite.layer.pipe(
  Layer.provide([DataDirectoryFileSystem.layerAt(home), Digest.layerWebCrypto]),
  Layer.provide(NodeServices.layer)
)

NodeRuntime.runMain(
  Leases.use(({ hold }) => hold(name)).pipe(
    Effect.andThen(Effect.sync(() => void process.send?.("held"))),
    Effect.andThen(Effect.never),
    Effect.scoped,
    Effect.provide(layer)
  )
)
