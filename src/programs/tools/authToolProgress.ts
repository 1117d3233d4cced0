/**
 * What a person is told of a sign-in that they are waited for in.
 */
import { DateTime, Effect } from "effect"
import { type AccountKey, defaultAccountKey } from "../../services/sign-in/AccountKey.ts"

/** As whom somebody signs in, where that is not just anybody. */
export const asWhom = (key: AccountKey): string => key === defaultAccountKey ? "" : ` as ${key}`

const spanWords = (millis: number): string => {
  const seconds = Math.max(0, Math.ceil(millis / 1000))
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** Before there is anything to sign in at. */
export const preparingWords = "Preparing the sign-in"

/** How long there is; with `url`, where to go, for a person whom nobody has shown it. */
export const progressWords = (key: AccountKey, expiresAt: DateTime.Utc, url?: string): Effect.Effect<string> =>
  Effect.map(DateTime.now, (now) => {
    const left = spanWords(DateTime.toEpochMillis(expiresAt) - DateTime.toEpochMillis(now))
    return url === undefined
      ? `Waiting for you to sign in${asWhom(key)} in your browser (${left} left)`
      : `Sign in${asWhom(key)} at ${url} (${left} left)`
  })
