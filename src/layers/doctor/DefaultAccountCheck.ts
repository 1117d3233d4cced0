/**
 * Which account is meant by who names none, if somebody has chosen one, and whether anybody is signed in there.
 */
import { Effect, Option, Path, Result } from "effect"
import { type Finding, ok, problem, warning } from "../../services/doctor/Finding.ts"
import type { StoreSeen } from "../../services/doctor/StoreSeen.ts"
import { type AccountKey, defaultAccountKey } from "../../services/sign-in/AccountKey.ts"
import { DefaultAccount } from "../../services/sign-in/DefaultAccount.ts"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import type { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import * as DefaultAccountFile from "../storage/DefaultAccountFile.ts"
import * as FileStanding from "../storage/FileStanding.ts"
import type { Check, NotExamined } from "./Check.ts"
import { login } from "./FindingWords.ts"
import * as StoredSeen from "./StoredSeen.ts"

export const make: Effect.Effect<Check, never, DataDirectory | DefaultAccount | Path.Path | StoreSeen> = Effect.gen(
  function*() {
    const directory = yield* DataDirectory
    const defaultAccount = yield* DefaultAccount
    const stored = yield* StoredSeen.stored
    const path = (yield* Path.Path).join(directory.path, DefaultAccountFile.fileName)

    const chosen = Effect.fnUntraced(function*(key: AccountKey): Effect.fn.Return<Finding, NotExamined> {
      const all = yield* stored
      const seen = all.slots.find((slot) => slot.key === key)
      // That somebody has to sign in again, or cannot be read, is told of the account itself.
      const isUsed = seen !== undefined && Result.match(yield* Effect.result(seen.slot), {
        onFailure: () => true,
        onSuccess: ({ state }) => state._tag === "SignedIn" || state._tag === "NeedsSignIn"
      })
      return isUsed || key === defaultAccountKey
        ? ok("account", `"${key}" is the account that is meant by whoever names none.`)
        : warning(
          "account",
          `"${key}" is the account that is meant by whoever names none, and nobody is signed in there.`,
          `Sign in: ${login(key)}. Or choose another account: mcp-gas accounts --default NAME.`
        )
    })

    const found = Effect.gen(function*(): Effect.fn.Return<ReadonlyArray<Finding>, NotExamined | StoreUnavailable> {
      const standing = yield* FileStanding.of(path)
      if (Option.isNone(standing)) return []
      const { kind, stranger, wide } = standing.value
      // Whoever uses it takes the rights from others, which is not for an examination to do.
      if (kind === "file" && Option.isNone(stranger) && Option.isSome(wide)) {
        return [
          warning(
            "account",
            `Other users have access to ${path}, which names the default account (mode ${wide.value.toString(8)}).`,
            "Take it from them with chmod 600; the server does so, too, as soon as it uses the file."
          )
        ]
      }
      return [yield* chosen(yield* defaultAccount.get)]
    })
    const run = Effect.catchTag(
      found,
      "StoreUnavailable",
      ({ message, remedy }) => Effect.succeed([problem("account", message, remedy)])
    )
    return { area: "account", run }
  }
)
