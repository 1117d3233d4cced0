/**
 * Whether the stored sign-ins can be read, and in which form they are.
 */
import { Effect, Option } from "effect"
import { type Finding, ok, problem, warning } from "../../services/doctor/Finding.ts"
import { type Stored, StoreSeen } from "../../services/doctor/StoreSeen.ts"
import type { Check } from "./Check.ts"
import { counted } from "./FindingWords.ts"

const told = (path: string, { current, form, slots, strays, wide }: Stored): ReadonlyArray<Finding> => {
  if (Option.isNone(form)) return [ok("store", "Nothing has been stored yet.")]
  const accounts = counted(slots.length, "account")
  const older = form.value < current ? `, which the next use brings to form ${current}` : ""
  return [
    ok("store", `${path} is sound and holds ${accounts} in form ${form.value}${older}.`),
    ...Option.match(wide, {
      onNone: () => [],
      onSome: (rights) => [
        warning(
          "store",
          `Other users have access to ${path} (mode ${rights.toString(8)}).`,
          "Take it from them with chmod 600; the server does so, too, as soon as it uses the file."
        )
      ]
    }),
    ...(strays === 0 ? [] : [
      warning(
        "store",
        `${counted(strays, "row")} in ${path} belong${strays === 1 ? "s" : ""} to no account.`,
        "Install the newest version, which may know more; otherwise nothing needs to be done."
      )
    ])
  ]
}

export const make: Effect.Effect<Check, never, StoreSeen> = Effect.map(StoreSeen, ({ look, path }) => ({
  area: "store",
  run: Effect.match(look, {
    onSuccess: (stored) => told(path, stored),
    onFailure: ({ message, remedy }) => [problem("store", message, remedy)]
  })
}))
