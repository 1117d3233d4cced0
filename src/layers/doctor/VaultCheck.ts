/**
 * Who keeps the key of the stored tokens, and whether they can be opened with it.
 */
import { Effect, Option, Path, Result } from "effect"
import { type Finding, ok, problem, warning } from "../../services/doctor/Finding.ts"
import type { SlotSeen, StoreSeen } from "../../services/doctor/StoreSeen.ts"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import type { KeyKeeper } from "../../services/storage/Vault.ts"
import { VaultKeys } from "../../services/storage/VaultKeys.ts"
import * as FileStanding from "../storage/FileStanding.ts"
import * as VaultKeysFile from "../storage/VaultKeysFile.ts"
import type { Check } from "./Check.ts"
import { counted, listed, named } from "./FindingWords.ts"
import * as StoredSeen from "./StoredSeen.ts"

const sealed = (slots: ReadonlyArray<SlotSeen>) => slots.filter(({ keeper }) => Option.isSome(keeper))

export const make: Effect.Effect<Check, never, DataDirectory | Path.Path | StoreSeen | VaultKeys> = Effect.gen(
  function*() {
    const directory = yield* DataDirectory
    const keys = yield* VaultKeys
    const stored = yield* StoredSeen.stored
    const path = (yield* Path.Path).join(directory.path, VaultKeysFile.fileName)

    const fileFinding = Effect.map(
      FileStanding.of(path),
      (found) =>
        Option.match(Option.flatMap(found, ({ wide }) => wide), {
          onNone: () => ok("vault", `The key is kept in ${path}, which only this user can read.`),
          onSome: (rights) =>
            warning(
              "vault",
              `The key is kept in ${path}, which other users have access to (mode ${rights.toString(8)}).`,
              "Take it from them with chmod 600. If one of them may have read it, sign out and in again with another key."
            )
        })
    )

    /** A keychain is not asked for nothing: that may bring up a dialogue. */
    const keychainFinding = (isNeeded: boolean) =>
      Effect.match(keys.find("keychain"), {
        onSuccess: Option.match({
          onNone: () => ok("vault", "There is no key yet; the system's keychain can be used and will keep it."),
          onSome: () => ok("vault", "The key is kept by the system's keychain.")
        }),
        onFailure: ({ message, remedy }) =>
          isNeeded
            ? problem("vault", message, remedy)
            : ok("vault", `There is no key yet. A file that only this user can read will keep it. ${message}`)
      })

    const keeperFinding = (used: ReadonlyArray<KeyKeeper>): Effect.Effect<ReadonlyArray<Finding>> =>
      Effect.gen(function*() {
        const isKeychainUsed = used.includes("keychain")
        if (Option.isNone(yield* keys.find("file"))) return [yield* keychainFinding(isKeychainUsed)]
        return isKeychainUsed ? [yield* fileFinding, yield* keychainFinding(true)] : [yield* fileFinding]
      }).pipe(Effect.catch(({ message, remedy }) => Effect.succeed([problem("vault", message, remedy)])))

    const openedFinding = Effect.fnUntraced(function*(slots: ReadonlyArray<SlotSeen>): Effect.fn.Return<
      ReadonlyArray<Finding>
    > {
      if (slots.length === 0) return []
      const opened = yield* Effect.forEach(slots, ({ slot }) => Effect.result(slot), { concurrency: "unbounded" })
      const broken = opened.flatMap((each) =>
        Result.isSuccess(each) && each.success.state._tag === "NeedsSignIn"
          ? [named(each.success.key, each.success.state.ended.account)]
          : []
      )
      if (broken.length > 0) {
        return [
          problem(
            "vault",
            `The stored tokens of ${
              listed(broken)
            } cannot be opened: the key they were sealed with is gone, or is another one.`,
            "Put the key back that was there before, or sign in again."
          )
        ]
      }
      // One that is out of reach is told of as such.
      return opened.every(Result.isSuccess)
        ? [ok("vault", `The tokens of ${counted(slots.length, "account")} can be opened.`)]
        : []
    })

    const run = Effect.gen(function*() {
      const { slots } = yield* Effect.orElseSucceed(stored, () => ({ slots: [] }))
      const closed = sealed(slots)
      const used = closed.flatMap(({ keeper }) => Option.toArray(keeper))
      return (yield* Effect.all([keeperFinding(used), openedFinding(closed)], { concurrency: "unbounded" })).flat()
    })
    return { area: "vault", run }
  }
)
