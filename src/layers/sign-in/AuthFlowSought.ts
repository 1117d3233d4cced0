/**
 * What a sign-in is for: which permissions, asked of whom and as which client, and which session has them.
 */
import { Effect, Option } from "effect"
import type { ClientMisconfigured } from "../../services/config/Config.ts"
import { AuthorizationServer } from "../../services/provider/AuthorizationServer.ts"
import * as Scopes from "../../services/provider/Scopes.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import type { Session } from "../../services/sign-in/Session.ts"
import { Sessions } from "../../services/sign-in/Sessions.ts"
import type { Slot, StoreUnavailable } from "../../services/storage/SessionStore.ts"

export interface AuthFlowSought {
  /**
   * The same in all processes whose flows stand for each other: another provider, another client, or other scopes, is another
   * purpose.
   */
  readonly purpose: Effect.Effect<string, ClientMisconfigured>
  /** Whether a session has what is asked for. */
  readonly isEnough: (session: Session) => boolean
  /** Looks at the slot alone: it, and its session if that is enough and can be used as it is. */
  readonly find: (
    key: AccountKey
  ) => Effect.Effect<{ readonly slot: Slot; readonly session: Option.Option<Session> }, StoreUnavailable>
  /** The session that a slot holds, if that is enough and can be used as it is. */
  readonly sessionIn: (slot: Slot) => Effect.Effect<Option.Option<Session>>
}

export const make = (
  scopes: ReadonlyArray<string>
): Effect.Effect<AuthFlowSought, never, AuthorizationServer | Sessions> => {
  const isEnough = (session: Session) => Scopes.missing(scopes, session.grantedScopes).length === 0
  return Effect.gen(function*() {
    const provider = yield* AuthorizationServer
    const sessions = yield* Sessions

    const sessionIn = Effect.fnUntraced(function*({ state }: Slot) {
      return state._tag === "SignedIn" && isEnough(state.session) && (yield* sessions.canUse(state.session))
        ? Option.some(state.session)
        : Option.none()
    })

    return {
      purpose: Effect.map(
        provider.clientId,
        (clientId) => [provider.issuer, clientId, ...scopes.toSorted()].join(" ")
      ),
      isEnough,
      find: Effect.fnUntraced(function*(key: AccountKey) {
        const slot = yield* sessions.slot(key)
        return { slot, session: yield* sessionIn(slot) }
      }),
      sessionIn
    }
  })
}
