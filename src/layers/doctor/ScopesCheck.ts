/**
 * Whether each account has granted what a sign-in would ask for now.
 */
import { Effect, Option } from "effect"
import { ConfigSeen } from "../../services/doctor/ConfigSeen.ts"
import { ok, warning } from "../../services/doctor/Finding.ts"
import type { StoreSeen } from "../../services/doctor/StoreSeen.ts"
import * as Scopes from "../../services/provider/Scopes.ts"
import { type Check, misconfigured } from "./Check.ts"
import { counted, login, named } from "./FindingWords.ts"
import * as StoredSeen from "./StoredSeen.ts"

export const make: Effect.Effect<Check, never, ConfigSeen | StoreSeen> = Effect.gen(function*() {
  const { scopes } = yield* ConfigSeen
  const stored = yield* StoredSeen.stored
  const run = Effect.gen(function*() {
    const sessions = yield* StoredSeen.sessionsIn(yield* stored)
    // Nothing to compare with hides nothing where there is nothing to compare.
    if (sessions.length === 0) return []
    if (Option.isNone(scopes)) return yield* misconfigured("what says which scopes are wanted")
    const wanted = scopes.value
    return sessions.map(({ account, grantedScopes, key }) => {
      const missing = Scopes.missing(wanted, grantedScopes)
      return missing.length === 0
        ? ok("scopes", `${named(key, account)} has granted all that is asked for (${counted(wanted.length, "scope")}).`)
        : warning(
          "scopes",
          `${named(key, account)} has not granted ${missing.join(", ")}.`,
          `Sign in again and tick every box: ${login(key)}. Or ask for less with MCP_GAS_SCOPES.`
        )
    })
  })
  return { area: "scopes", run }
})
