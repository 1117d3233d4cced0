/**
 * Where a composed sign-in keeps what it keeps: in files that all processes of this user share, or nowhere.
 */
import { Effect, type FileSystem, Layer, type Path, Redacted } from "effect"
import { Aead, Digest, SecureRandom } from "effect/crypto"
import { UserDirectories } from "effect/persistence"
import type { ChildProcessSpawner } from "effect/process"
import * as DataDirectoryFileSystem from "../../layers/storage/DataDirectoryFileSystem.ts"
import * as DefaultAccountFile from "../../layers/storage/DefaultAccountFile.ts"
import * as DefaultAccountMemory from "../../layers/storage/DefaultAccountMemory.ts"
import * as FlowStoreMemory from "../../layers/storage/FlowStoreMemory.ts"
import * as KeychainSystem from "../../layers/storage/KeychainSystem.ts"
import * as LeasesMemory from "../../layers/storage/LeasesMemory.ts"
import * as LeasesSqlite from "../../layers/storage/LeasesSqlite.ts"
import * as SessionStoreMemory from "../../layers/storage/SessionStoreMemory.ts"
import * as StoresFile from "../../layers/storage/StoresFile.ts"
import * as VaultAead from "../../layers/storage/VaultAead.ts"
import * as VaultKeysMemory from "../../layers/storage/VaultKeysMemory.ts"
import * as VaultKeysPreferred from "../../layers/storage/VaultKeysPreferred.ts"
import type { CounterStore } from "../../services/observability/CounterStore.ts"
import type { DefaultAccount } from "../../services/sign-in/DefaultAccount.ts"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import type { FlowStore } from "../../services/storage/FlowStore.ts"
import type { Leases } from "../../services/storage/Leases.ts"
import { type SessionStore, StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { Vault } from "../../services/storage/Vault.ts"

/** What is kept, and what keeps it. */
export type Kept = SessionStore | FlowStore | Leases | DefaultAccount | Vault

const layerCrypto = Layer.merge(Aead.layerWebCrypto, Digest.layerWebCrypto).pipe(
  Layer.provideMerge(SecureRandom.layerWebCrypto)
)

const layerDirectoryOf = (name: string) =>
  Layer.unwrap(
    UserDirectories.UserDirectories.use(({ data }) => data(name)).pipe(
      Effect.map(DataDirectoryFileSystem.layerAt),
      Effect.mapError((cause) =>
        new StoreUnavailable({
          problem: "The user's directory for the data of programs is not known.",
          remedy: "Name a data directory.",
          cause
        })
      )
    )
  ).pipe(Layer.provide(UserDirectories.layer))

/**
 * Provides what is kept, in a directory of the file system: `directory`, or else the one of this name among the data of the
 * user's programs. Building it touches nothing; its Scope closes what it has opened.
 */
export const layerFiles = (
  name: string,
  directory: string | undefined
): Layer.Layer<
  Kept | CounterStore | DataDirectory,
  StoreUnavailable,
  FileSystem.FileSystem | Path.Path | ChildProcessSpawner.ChildProcessSpawner
> =>
  Layer.mergeAll(StoresFile.layer, DefaultAccountFile.layer, LeasesSqlite.layer).pipe(
    Layer.provideMerge(VaultAead.layer),
    Layer.provide(VaultKeysPreferred.layer),
    Layer.provide(KeychainSystem.layer),
    Layer.provideMerge(directory === undefined ? layerDirectoryOf(name) : DataDirectoryFileSystem.layerAt(directory)),
    Layer.provide(layerCrypto)
  )

/** Provides the same in memory: it ends with the layer, and no other process knows of it. */
export const layerMemory: Layer.Layer<Kept> = Layer.mergeAll(
  SessionStoreMemory.layer,
  FlowStoreMemory.layer,
  LeasesMemory.layer,
  DefaultAccountMemory.layer,
  VaultAead.layer.pipe(Layer.provide(VaultKeysMemory.layer), Layer.provide(layerCrypto))
)

/** Whatever keeps the key of the vault may want a word with the person: before they are asked to consent, and not once they have. */
const keyIsThere = Effect.flatMap(Vault, (vault) => vault.seal(Redacted.make(""), []))

/** What has to be in order before a person is asked to consent, where sign-ins are kept in files. */
export const filesReady = Effect.flatMap(DataDirectory, ({ ready }) => Effect.andThen(ready, keyIsThere))
