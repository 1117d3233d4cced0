/**
 * Putting a client file where the configuration looks for one: `client.json` in the data directory.
 */
import { DateTime, Effect, FileSystem, Option, Path, type PlatformError } from "effect"
import { Config, type OAuthClient } from "../../services/config/Config.ts"
import { ImportRefused } from "../../services/importing/ImportRefused.ts"
import type { ImportedClient } from "../../services/importing/Imports.ts"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import type { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { clientFileName } from "../config/ConfigEnvClient.ts"
import { refused } from "../storage/FileRefusal.ts"
import * as PrivateFile from "../storage/PrivateFile.ts"
import * as PrivateFileDraft from "../storage/PrivateFileDraft.ts"

const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, index) => byte === other[index])

/** Makes `copy` over the services it needs. */
export const make = Effect.gen(function*() {
  const { client: configured } = yield* Config
  const directory = yield* DataDirectory
  const fs = yield* FileSystem.FileSystem
  const draft = yield* PrivateFileDraft.make
  const path = (yield* Path.Path).join(directory.path, clientFileName)

  const cannotBe = (what: "read" | "written") => (error: PlatformError.PlatformError) =>
    refused(`The client file ${path} cannot be ${what}`, error.reason.cause)

  /** The file that is there gets a second name, and then the first one is the new file's: there is one at any time. */
  const replace = (bytes: Uint8Array) =>
    draft.use(path, bytes, (name) =>
      Effect.gen(function*() {
        const backup = `${path}.replaced-${DateTime.formatIso(yield* DateTime.now).replaceAll(":", "-")}`
        yield* fs.link(path, backup)
        yield* fs.rename(name, path)
        return backup
      }))

  /** Answers with the backup of what was there, if that was anything else. */
  const place = (
    bytes: Uint8Array,
    mayReplace: boolean
  ): Effect.Effect<string | undefined, ImportRefused | StoreUnavailable> =>
    Effect.gen(function*() {
      if (Option.isNone(yield* PrivateFile.inspect(path))) {
        // Fails where another process has put one there meanwhile.
        return yield* draft.use(path, bytes, (name) => Effect.as(fs.link(name, path), undefined)).pipe(
          Effect.catchIf(
            (error) => error._tag === "PlatformError" && error.reason._tag === "AlreadyExists",
            () => place(bytes, mayReplace)
          )
        )
      }
      if (isSame(yield* Effect.mapError(fs.readFile(path), cannotBe("read")), bytes)) return undefined
      if (mayReplace) return yield* replace(bytes)
      return yield* new ImportRefused({
        problem: `There is another client file at ${path} already.`,
        remedy: "Import with --replace to use the new one; the old one is kept beside it."
      })
    }).pipe(Effect.catchTag("PlatformError", (error) => Effect.fail(cannotBe("written")(error))))

  /** Copies the file that holds this client, byte for byte. Nothing is changed if the same file is there already. */
  return Effect.fnUntraced(function*(
    bytes: Uint8Array,
    { clientId }: OAuthClient,
    mayReplace: boolean
  ): Effect.fn.Return<ImportedClient, ImportRefused | StoreUnavailable> {
    yield* directory.ready
    const backup = yield* place(bytes, mayReplace)
    const inUse = yield* Effect.option(configured)
    return {
      _tag: "Client",
      clientId,
      path,
      backup,
      isInUse: Option.exists(inUse, (used) => used.clientId === clientId)
    }
  })
})
