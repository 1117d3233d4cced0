/**
 * Stores in a real file, in a directory of their own: each built of the same layers as in the server, with a key that all
 * of them know.
 */
import { NodeCrypto, NodeFileSystem, NodePath } from "@effect/platform-node"
import { Context, Effect, FileSystem, Layer, Option, type Scope } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as DataDirectoryFileSystem from "../../src/layers/storage/DataDirectoryFileSystem.ts"
import * as StoresFile from "../../src/layers/storage/StoresFile.ts"
import * as VaultAead from "../../src/layers/storage/VaultAead.ts"
import type { CounterStore } from "../../src/services/observability/CounterStore.ts"
import type { FlowStore } from "../../src/services/storage/FlowStore.ts"
import { SessionStore } from "../../src/services/storage/SessionStore.ts"
import { VaultKeys } from "../../src/services/storage/VaultKeys.ts"
import { keyOf } from "./vaultKeys.ts"

const key = keyOf("memory", 7)

const layerKeys = Layer.succeed(VaultKeys, {
  current: Effect.succeed(key),
  find: (keeper) => Effect.succeed(keeper === "memory" ? Option.some(key) : Option.none()),
  keeper: Effect.succeed(key.keeper)
})

export const layerAt = (home: string): Layer.Layer<SessionStore | FlowStore | CounterStore> =>
  StoresFile.layer.pipe(
    Layer.provide([
      DataDirectoryFileSystem.layerAt(home).pipe(Layer.provide([NodeFileSystem.layer, NodePath.layer])),
      VaultAead.layer.pipe(
        Layer.provide([layerKeys, NodeCrypto.layerSecureRandom, NodeCrypto.layerAead])
      )
    ])
  )

/** A directory for the time of the test; the data directory is to be `gas` in it, and is not there yet. */
export const home: Effect.Effect<string, never, Scope.Scope> = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => Effect.orDie(fs.makeTempDirectoryScoped({ prefix: "mcp-gas-sessions-" }))
).pipe(Effect.map((parent) => join(parent, "gas")), Effect.provide(NodeFileSystem.layer))

/** A store of its own, as another process would have it, until the Scope closes. */
export const openAt = (at: string): Effect.Effect<SessionStore["Service"], never, Scope.Scope> =>
  Effect.map(Layer.build(Layer.fresh(layerAt(at))), (context) => Context.get(context, SessionStore))

/** Uses a store of its own that is closed again. */
export const using = <A, E>(at: string, use: (store: SessionStore["Service"]) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(openAt(at), use))

export const fileOf = (at: string): string => join(at, StoresFile.fileName)

/** The names in a directory, in their order. */
export const namesIn = (at: string): ReadonlyArray<string> => readdirSync(at).toSorted()

/** The databases that were set aside, by their names. */
export const asideIn = (at: string): ReadonlyArray<string> =>
  namesIn(at).filter((name) => name.startsWith(`${StoresFile.fileName}.damaged-`) && !/-(?:wal|shm)$/u.test(name))

export const bytesOf = (path: string): string => readFileSync(path).toString("hex")
