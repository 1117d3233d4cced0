/**
 * `Imports` from the file system of this machine.
 */
import { Effect, FileSystem, Layer, type Path } from "effect"
import type { Digest, SecureRandom } from "effect/crypto"
import type { Config } from "../../services/config/Config.ts"
import { type Imported, type ImportFailure, type ImportOptions, Imports } from "../../services/importing/Imports.ts"
import type { AuthorizationServer } from "../../services/provider/AuthorizationServer.ts"
import type { DataDirectory } from "../../services/storage/DataDirectory.ts"
import type { Leases } from "../../services/storage/Leases.ts"
import type { SessionStore } from "../../services/storage/SessionStore.ts"
import type { Vault } from "../../services/storage/Vault.ts"
import * as ImportableBytes from "./ImportableBytes.ts"
import * as ImportableJson from "./ImportableJson.ts"
import * as ImportedClientFile from "./ImportedClientFile.ts"
import * as ImportedSignIn from "./ImportedSignIn.ts"

type Needs =
  | AuthorizationServer
  | Config
  | DataDirectory
  | Digest.Digest
  | FileSystem.FileSystem
  | Leases
  | Path.Path
  | SecureRandom.SecureRandom
  | SessionStore
  | Vault

/**
 * Provides `Imports`; needs the provider, the store and its vault, leases, the configuration, the data directory, and what
 * reads and writes files there. Building it touches nothing; finalizes nothing.
 */
export const layer: Layer.Layer<Imports, never, Needs> = Layer.effect(
  Imports,
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const copy = yield* ImportedClientFile.make
    const take = yield* ImportedSignIn.make

    const importFile = Effect.fn("Imports.importFile")(function*(
      file: string,
      options: ImportOptions
    ): Effect.fn.Return<Imported, ImportFailure> {
      const bytes = yield* ImportableBytes.read(fs, file)
      const found = yield* ImportableJson.decode(file, new TextDecoder().decode(bytes), options.user)
      return found._tag === "Client"
        ? yield* copy(bytes, found.client, options.replace === true)
        : yield* take(found, options)
    })

    return Imports.of({ importFile })
  })
)
