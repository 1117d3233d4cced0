/**
 * `VaultKeys` for whoever must not change anything: the keys there are, with none made and no rights on them mended.
 */
import { Effect, FileSystem, Layer, Option, Path, Redacted } from "effect"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { type VaultKey, VaultKeys } from "../../services/storage/VaultKeys.ts"
import { refused } from "../storage/FileRefusal.ts"
import * as FileStanding from "../storage/FileStanding.ts"
import * as VaultKeysFile from "../storage/VaultKeysFile.ts"
import * as VaultKeysKeychain from "../storage/VaultKeysKeychain.ts"
import { decode } from "../storage/VaultKeyText.ts"

const nothingIsMade = new StoreUnavailable({
  problem: "An examination seals nothing, and makes no key.",
  remedy: "Sign in: a key is made for that."
})

/**
 * Provides `VaultKeys`; needs what its two keepers need; finalizes nothing. `current` fails, always. A key file that others
 * may read is used as it is; what must not be used at all is refused as by `VaultKeysFile`.
 */
export const layer: Layer.Layer<
  VaultKeys,
  never,
  VaultKeysFile.Requirements | VaultKeysKeychain.Requirements
> = Layer.effect(
  VaultKeys,
  Effect.gen(function*() {
    const keychain = yield* VaultKeysKeychain.make
    const fs = yield* FileSystem.FileSystem
    const directory = yield* DataDirectory
    const path = (yield* Path.Path).join(directory.path, VaultKeysFile.fileName)

    const inFile = Effect.gen(function*() {
      const found = yield* FileStanding.of(path)
      if (Option.isNone(found)) return Option.none()
      const { kind, size, stranger } = found.value
      if (kind !== "file" || Option.isSome(stranger) || size > VaultKeysFile.longest) {
        return yield* VaultKeysFile.damaged(path)
      }
      const text = yield* Effect.mapError(
        fs.readFileString(path),
        ({ reason }) => refused(`The key file ${path} cannot be read`, reason.cause)
      )
      const bytes = decode(Redacted.make(text.trim(), { label: "vault key" }))
      return Option.isSome(bytes)
        ? Option.some<VaultKey>({ keeper: "file", bytes: bytes.value })
        : yield* VaultKeysFile.damaged(path)
    })

    return VaultKeys.of({
      current: nothingIsMade,
      find: (keeper) => {
        switch (keeper) {
          case "keychain":
            return keychain.find(keeper)
          case "file":
            return inFile
          case "memory":
            return Effect.succeedNone
        }
      },
      keeper: Effect.flatMap(inFile, (key) =>
        Option.isSome(key)
          ? Effect.succeed("file" as const)
          : Effect.orElseSucceed(keychain.keeper, () => "file" as const))
    })
  })
)
