/**
 * `VaultKeys` of two keepers: the system's keychain where there is one, and a key file where there is none.
 *
 * A key file that is there is used, so that copies of the server that reach the keychain and copies that do not (hosts
 * start them with different environments) agree. Two copies that make the first keys at once, one with a keychain and one
 * without, may make one each; the file is used from then on, and what the first one has sealed until then opens wherever
 * the keychain can be reached.
 */
import { Effect, Layer, Option } from "effect"
import type { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { VaultKeys } from "../../services/storage/VaultKeys.ts"
import * as VaultKeysFile from "./VaultKeysFile.ts"
import * as VaultKeysKeychain from "./VaultKeysKeychain.ts"

/**
 * Provides `VaultKeys`; needs what its two keepers need; finalizes nothing. Building it touches neither of them. A keychain
 * that fails when a key is to be made is passed over; one that fails when its key is looked for is out of reach.
 */
export const layer: Layer.Layer<
  VaultKeys,
  never,
  VaultKeysFile.Requirements | VaultKeysKeychain.Requirements
> = Layer.effect(
  VaultKeys,
  Effect.gen(function*() {
    const file = yield* VaultKeysFile.make
    const keychain = yield* VaultKeysKeychain.make

    const inFile = file.find("file")

    /** Looks for a file again after a key was made: another copy of the server may have made one meanwhile. */
    const fromKeychain = Effect.flatMap(keychain.current, (key) => Effect.map(inFile, Option.getOrElse(() => key)))

    const instead = (refusal: StoreUnavailable) =>
      Effect.andThen(Effect.logInfo(`${refusal.problem} A key file is used instead.`), file.current)

    const current = inFile.pipe(
      Effect.flatMap(Option.match({
        onSome: Effect.succeed,
        onNone: () => fromKeychain.pipe(Effect.catch(instead))
      })),
      Effect.withSpan("VaultKeys.current")
    )

    const keeper = Effect.gen(function*() {
      if (Option.isSome(yield* inFile)) return "file" as const
      return yield* Effect.orElseSucceed(keychain.keeper, () => "file" as const)
    })

    return VaultKeys.of({
      current,
      find: (wanted) => wanted === "keychain" ? keychain.find(wanted) : file.find(wanted),
      keeper
    })
  })
)
