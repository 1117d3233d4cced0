/**
 * The leases of this package over files, and nothing else of it: what processes need that do nothing but take them.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Layer } from "effect"
import { Digest } from "effect/crypto"
import * as DataDirectoryFileSystem from "../../src/layers/storage/DataDirectoryFileSystem.ts"
import * as LeasesSqlite from "../../src/layers/storage/LeasesSqlite.ts"

/** Leases in a folder. */
export const layerLeases = (home: string) =>
  LeasesSqlite.layer.pipe(
    Layer.provide([DataDirectoryFileSystem.layerAt(home), Digest.layerWebCrypto]),
    Layer.provide(NodeServices.layer)
  )
