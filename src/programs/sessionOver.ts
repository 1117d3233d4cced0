/**
 * Whether a stored session is of any use still.
 */
import { DateTime, Effect, Option } from "effect"
import { AuthorizationServer } from "../services/provider/AuthorizationServer.ts"
import { isIssuedBy, ownClient, type Session } from "../services/sign-in/Session.ts"

/**
 * Whether nothing can be done with a session any more: another provider than the configured one has issued it; or its token has
 * expired, and there is none to renew it with, or nobody who could, because it was issued to another client.
 */
export const isOver = Effect.fnUntraced(function*(session: Session) {
  const { clientId, tokens } = session
  const provider = yield* AuthorizationServer
  if (!isIssuedBy(session, provider.issuer)) return true
  if (DateTime.isLessThan(yield* DateTime.now, tokens.expiresAt)) return false
  if (tokens.refreshToken === undefined) return true
  if (ownClient(session) !== undefined) return false
  const configured = yield* Effect.option(provider.clientId)
  return !Option.contains(configured, clientId)
})
