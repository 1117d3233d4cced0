/**
 * Who keeps the key of the stored tokens, and whether they can be opened with it.
 */
import { Effect, Option, Path, Result } from "effect"
import { type Finding, ok, problem, warning } from "../../services/doctor/Finding.ts"
import type { SlotSeen, StoreSeen } from "../../services/doctor/StoreSeen.ts"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import type { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import type { KeyKeeper } from "../../services/storage/Vault.ts"
import { VaultKeys } from "../../services/storage/VaultKeys.ts"
import * as FileStanding from "../storage/FileStanding.ts"
import * as VaultKeysFile from "../storage/VaultKeysFile.ts"
import type { Check } from "./Check.ts"
import { counted, listed, named } from "./FindingWords.ts"
import * as StoredSeen from "./StoredSeen.ts"

/** Who keeps the keys of what is stored; none where that cannot be looked at. */
type Used = Option.Option<ReadonlyArray<KeyKeeper>>

const sealed = (slots: ReadonlyArray<SlotSeen>) => slots.filter(({ keeper }) => Option.isSome(keeper))

/** That tokens do not open without it is told of them. */
const missing = (used: ReadonlyArray<KeyKeeper>) => used.length === 0 ? "There is no key yet" : "The key is gone"

const unreachable = (used: Used, { message, remedy }: StoreUnavailable): Finding => {
  if (Option.isNone(used)) {
    return warning(
      "vault",
      "Who keeps the key could not be found out: there is no key file, and the system's keychain cannot be used.",
      "See what is said of store, and try again."
    )
  }
  // Why it cannot be used is of no interest to whom a file serves as well.
  return used.value.includes("keychain")
    ? problem("vault", message, remedy)
    : ok(
      "vault",
      `${missing(used.value)}; the next one is kept in a file that only this user can read, ` +
        "since no keychain of the system can be used here."
    )
}

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

    const keychainFinding = (used: Used) =>
      Effect.match(keys.find("keychain"), {
        onSuccess: Option.match({
          onNone: () =>
            ok(
              "vault",
              `${
                missing(Option.getOrElse(used, () => []))
              }; the system's keychain can be used and will keep the next one.`
            ),
          onSome: () => ok("vault", "The key is kept by the system's keychain.")
        }),
        onFailure: (error) => unreachable(used, error)
      })

    /** A keychain is not asked for nothing: that may bring up a dialogue. */
    const keeperFinding = (used: Used): Effect.Effect<ReadonlyArray<Finding>> =>
      Effect.gen(function*() {
        if (Option.isNone(yield* keys.find("file"))) return [yield* keychainFinding(used)]
        return Option.exists(used, (keepers) => keepers.includes("keychain"))
          ? [yield* fileFinding, yield* keychainFinding(used)]
          : [yield* fileFinding]
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
      const seen = Option.map(yield* Effect.option(stored), ({ slots }) => sealed(slots))
      const used = Option.map(seen, (slots) => slots.flatMap(({ keeper }) => Option.toArray(keeper)))
      const opened = openedFinding(Option.getOrElse(seen, () => []))
      return (yield* Effect.all([keeperFinding(used), opened], { concurrency: "unbounded" })).flat()
    })
    return { area: "vault", run }
  }
)
