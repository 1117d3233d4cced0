/**
 * `DefaultAccount` in a file of the data directory: the name of the slot, and nothing else.
 */
import { Effect, FileSystem, Layer, Option, Path, type PlatformError, Schema } from "effect"
import type { SecureRandom } from "effect/crypto"
import { AccountKey, defaultAccountKey } from "../../services/sign-in/AccountKey.ts"
import { DefaultAccount } from "../../services/sign-in/DefaultAccount.ts"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { refused } from "./FileRefusal.ts"
import * as PrivateFile from "./PrivateFile.ts"
import * as PrivateFileDraft from "./PrivateFileDraft.ts"

/** The file's name in the data directory. */
export const fileName = "default-account"

/** Longer than any key as text. What is longer is not even read. */
const longest = 2000n

const decode = Schema.decodeUnknownOption(AccountKey)

const make = Effect.gen(function*() {
  const directory = yield* DataDirectory
  const fs = yield* FileSystem.FileSystem
  const draft = yield* PrivateFileDraft.make
  const path = (yield* Path.Path).join(directory.path, fileName)

  const damaged = new StoreUnavailable({
    problem: `The file ${path}, which names the default account, holds no name of an account.`,
    remedy: "Choose the default account again, or remove the file."
  })

  const cannotBe = (what: "read" | "written") => (error: PlatformError.PlatformError) =>
    refused(`The file ${path}, which names the default account, cannot be ${what}`, error.reason.cause)

  const get = Effect.gen(function*() {
    const found = yield* PrivateFile.inspect(path)
    if (Option.isNone(found)) return defaultAccountKey
    if (found.value.size > longest) return yield* damaged
    const key = decode((yield* Effect.mapError(fs.readFileString(path), cannotBe("read"))).trim())
    return Option.isSome(key) ? key.value : yield* damaged
  })

  return DefaultAccount.of({
    get: Effect.withSpan(get, "DefaultAccount.get"),
    choose: Effect.fn("DefaultAccount.choose")(function*(key: AccountKey) {
      yield* directory.ready
      // A link, or a file of somebody else, is not to be replaced either.
      yield* PrivateFile.inspect(path)
      const content = new TextEncoder().encode(`${key}\n`)
      yield* Effect.mapError(draft.use(path, content, (name) => fs.rename(name, path)), cannotBe("written"))
    })
  })
})

/**
 * Provides `DefaultAccount`; needs `DataDirectory`, `FileSystem`, `Path` and `SecureRandom`; finalizes nothing. Building it
 * touches nothing, and where nobody has chosen there is no file. It is read anew at each look.
 */
export const layer: Layer.Layer<
  DefaultAccount,
  never,
  DataDirectory | FileSystem.FileSystem | Path.Path | SecureRandom.SecureRandom
> = Layer.effect(DefaultAccount, make)
