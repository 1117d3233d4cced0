/**
 * How old each account's consent is, where that may end it: Google ends the refresh tokens of an app that is "in testing" seven
 * days after the consent, unless all it was granted is to know who signs in.
 *
 * Source: https://developers.google.com/identity/protocols/oauth2#expiration.
 */
import { DateTime, Duration, Effect, Option } from "effect"
import { ConfigSeen } from "../../services/doctor/ConfigSeen.ts"
import { type Finding, ok, warning } from "../../services/doctor/Finding.ts"
import type { StoreSeen } from "../../services/doctor/StoreSeen.ts"
import { clientLabel } from "../../services/importing/Importable.ts"
import * as Scopes from "../../services/provider/Scopes.ts"
import type { Session } from "../../services/sign-in/Session.ts"
import type { Check } from "./Check.ts"
import { counted, moment, named, newLogin } from "./FindingWords.ts"
import * as StoredSeen from "./StoredSeen.ts"

const limit = Duration.days(7)

/** From here on there is something to be told. */
const soon = Duration.days(6)

const isLimited = ({ grantedScopes, tokens }: Session): boolean =>
  tokens.refreshToken !== undefined && grantedScopes.some((scope) => !Scopes.signIn.includes(scope))

const audience = "https://console.cloud.google.com/auth/audience"

/** Only whose project it is can publish its app; what was imported may be another program's. */
const remedy = ({ clientId, key, tokens }: Session): string =>
  tokens.ownClient === undefined
    ? `Publish the app at ${audience}, or sign in again: ${newLogin(key)}.`
    : `Sign in with a client of your own: ${newLogin(key)}. ` +
      `If the project of ${clientLabel(clientId)} is yours, you may publish its app instead, at ${audience}.`

const judged = (session: Session, now: DateTime.Utc): Finding => {
  const { account, key, signedInAt, tokens } = session
  // Of what was imported it may not be known when its person consented.
  const did = `${named(key, account)} ${tokens.ownClient === undefined ? "consented" : "was imported"}`
  const age = DateTime.distance(signedInAt, now)
  const days = counted(Math.max(0, Math.floor(Duration.toDays(age))), "day")
  const end = DateTime.addDuration(signedInAt, limit)
  if (Duration.isLessThan(age, soon)) return ok("consent", `${did} ${days} ago.`)
  // What was issued after the limit shows that there is none.
  if (DateTime.isGreaterThan(tokens.issuedAt, end)) {
    return ok(
      "consent",
      `${did} ${days} ago and was renewed since; the seven days of apps in testing do not apply.`
    )
  }
  const ends = Duration.isLessThan(age, limit) ? "will end" : "may have ended"
  return warning(
    "consent",
    `${did} ${days} ago. If the Google Cloud project is still "in testing", Google ends a sign-in after seven days; ` +
      `then this one ${ends} at ${moment(end)}. Other projects are not affected.`,
    remedy(session)
  )
}

export const make: Effect.Effect<Check, never, ConfigSeen | StoreSeen> = Effect.gen(function*() {
  const { provider } = yield* ConfigSeen
  const stored = yield* StoredSeen.stored
  const run = Effect.gen(function*() {
    if (!Option.exists(provider, ({ _tag }) => _tag === "Google")) return []
    const sessions = yield* StoredSeen.sessionsIn(yield* stored)
    const now = yield* DateTime.now
    return sessions.filter(isLimited).map((session) => judged(session, now))
  })
  return { area: "consent", run }
})
