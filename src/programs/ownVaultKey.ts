/**
 * A vault key of a data directory's own, made before a server uses that directory: a try-out leaves nothing in the person's
 * keychain.
 */
import { Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import * as DataDirectoryFileSystem from "../layers/storage/DataDirectoryFileSystem.ts"
import * as VaultKeysFile from "../layers/storage/VaultKeysFile.ts"
import { VaultKeys } from "../services/storage/VaultKeys.ts"

/** Makes the key file of the data directory at `home`, unless it is there. */
export const ownVaultKey = (home: string) =>
  Effect.provide(
    VaultKeys.use(({ current }) => current),
    VaultKeysFile.layer.pipe(
      Layer.provide([DataDirectoryFileSystem.layerAt(home), SecureRandom.layerWebCrypto])
    )
  )
