/**
 * How each account stands, and how long its access token lasts.
 */
import { DateTime, Duration, Effect, Option, Result } from "effect"
import type { ProviderChoice } from "../../services/config/Config.ts"
import { ConfigSeen } from "../../services/doctor/ConfigSeen.ts"
import { type Finding, ok, warning } from "../../services/doctor/Finding.ts"
import type { StoreSeen } from "../../services/doctor/StoreSeen.ts"
import { freshness, isIssuedBy, type Session } from "../../services/sign-in/Session.ts"
import { SignInRequired } from "../../services/sign-in/Sessions.ts"
import type { Slot } from "../../services/storage/SessionStore.ts"
import type { Check } from "./Check.ts"
import { moment, named, newLogin, signInAgain } from "./FindingWords.ts"
import { issuerOf } from "./ProviderProbe.ts"
import * as StoredSeen from "./StoredSeen.ts"

/** Longer than a renewal takes whose process lives. */
const renewalTime = Duration.seconds(30)

/** What an account is compared with. */
interface Here {
  readonly provider: Option.Option<ProviderChoice>
  /** The configured client, if there is one. */
  readonly clientId: Option.Option<string>
}

const sessionFinding = Effect.fnUntraced(function*(
  session: Session,
  { presentedAt }: Slot,
  { clientId, provider }: Here
): Effect.fn.Return<Finding> {
  const { account, key, tokens } = session
  const who = named(key, account)
  const end = moment(tokens.expiresAt)
  const now = yield* DateTime.now
  const age = yield* freshness(session)
  const isValid = DateTime.isLessThan(now, tokens.expiresAt)
  const issuer = Option.getOrUndefined(Option.map(provider, issuerOf))
  if (issuer !== undefined && !isIssuedBy(session, issuer)) {
    return warning(
      "account",
      `The sign-in of ${who} is not used: it is one at ${session.issuer}, and the configured provider is ${issuer}.`,
      `Configure that provider again, or sign in again: ${newLogin(key)}.`
    )
  }
  const lasts = isValid ? `works until ${end}` : `ended at ${end}`
  if (tokens.refreshToken === undefined) {
    return isValid
      ? ok("account", `The access token of ${who} ${lasts}; a sign-in is needed then, since it cannot be renewed.`)
      : warning("account", `The access token of ${who} ${lasts} and cannot be renewed.`, signInAgain(key))
  }
  // Tokens that were imported bring their client along.
  if (tokens.ownClient === undefined && Option.exists(clientId, (id) => id !== session.clientId)) {
    return warning(
      "account",
      `The access token of ${who} ${lasts} and cannot be renewed: it was issued to another OAuth client, ${session.clientId}.`,
      `Configure that client again, or sign in again: ${newLogin(key)}.`
    )
  }
  // A provider that replaces refresh tokens takes one that is sent twice for a stolen one.
  const isUnclear = presentedAt !== undefined && Option.exists(provider, ({ _tag }) => _tag !== "Google") &&
    DateTime.isGreaterThan(now, DateTime.addDuration(presentedAt, renewalTime))
  if (isUnclear) {
    return warning(
      "account",
      `The access token of ${who} ${lasts}. A renewal at ${
        moment(presentedAt)
      } was cut off, and may not be tried again.`,
      isValid ? `Sign in again before it ends: ${newLogin(key)}.` : signInAgain(key)
    )
  }
  return ok(
    "account",
    age === "stale"
      ? `The access token of ${who} ${lasts}, and is renewed by the next call that needs it.`
      : `The access token of ${who} ${lasts}, and is renewed when needed.`
  )
})

const slotFinding = (slot: Slot, here: Here): Effect.Effect<Finding> => {
  const { key, state } = slot
  switch (state._tag) {
    case "SignedIn":
      return sessionFinding(state.session, slot, here)
    case "NeedsSignIn":
      return Effect.succeed(warning("account", SignInRequired.of(slot).message, signInAgain(key)))
    case "SignedOut":
    case "Never":
      return Effect.succeed(ok("account", SignInRequired.of(slot).message))
  }
}

export const make: Effect.Effect<Check, never, ConfigSeen | StoreSeen> = Effect.gen(function*() {
  const { client, provider } = yield* ConfigSeen
  const stored = yield* StoredSeen.stored
  const run = Effect.gen(function*() {
    const all = yield* stored
    if (all.slots.length === 0) return [ok("account", "Nobody has signed in yet.")]
    const configured = yield* Effect.option(Effect.flatten(Effect.fromOption(client)))
    const here: Here = { provider, clientId: Option.map(configured, ({ clientId }) => clientId) }
    return yield* Effect.forEach(
      yield* StoredSeen.slotsIn(all),
      Result.match({
        onSuccess: (slot) => slotFinding(slot, here),
        onFailure: ({ message, remedy }) => Effect.succeed(warning("account", message, remedy))
      })
    )
  })
  return { area: "account", run }
})
