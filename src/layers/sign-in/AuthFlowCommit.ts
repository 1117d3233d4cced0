/**
 * From a code to a stored session. Runs where nothing can be interrupted, so every step of it ends by itself.
 */
import { DateTime, Effect, Option, type Redacted } from "effect"
import { type AuthorizationRequest, AuthorizationServer } from "../../services/provider/AuthorizationServer.ts"
import * as Scopes from "../../services/provider/Scopes.ts"
import { AccountMismatch, FlowCancelled, type FlowFailure, ScopesMissing } from "../../services/sign-in/FlowFailure.ts"
import { type FlowId, type Session, SessionDraft, Tokens } from "../../services/sign-in/Session.ts"
import { Sessions } from "../../services/sign-in/Sessions.ts"
import type { Slot } from "../../services/storage/SessionStore.ts"

/** The flow that a code belongs to. */
export interface Committed {
  readonly id: FlowId
  /** The slot as it was when the flow began: a sign-out since then wins. */
  readonly began: Slot
  readonly request: AuthorizationRequest
  /** Fails if the flow was ended over this process's head, because it was thought to be stopped: nothing is stored then. */
  readonly standing: Effect.Effect<void, FlowFailure>
}

/** Makes `commit` over the services it needs. */
export const make = Effect.gen(function*() {
  const provider = yield* AuthorizationServer
  const sessions = yield* Sessions

  /**
   * Exchanges the code (one POST at most), checks who consented to what, and stores the session. Nothing is stored
   * unless everything is as it should be; what was issued is then dropped, not revoked, because at Google a revocation
   * would end an earlier sign-in of the same account too.
   */
  return Effect.fn("AuthFlows.commit")(function*(
    flow: Committed,
    code: Redacted.Redacted<string>
  ): Effect.fn.Return<Session, FlowFailure> {
    const { began: { key }, request } = flow
    yield* flow.standing
    const grant = yield* provider.exchange(request, code)
    const [first, ...rest] = Scopes.missing(request.scopes, grant.grantedScopes)
    if (first !== undefined) {
      return yield* new ScopesMissing({ missing: [first, ...rest], granted: grant.grantedScopes })
    }
    const account = yield* Effect.orElseSucceed(provider.userinfo(grant), () => grant.account)
    const mismatch = AccountMismatch.of(key, account)
    if (Option.isSome(mismatch)) return yield* mismatch.value
    const draft = new SessionDraft({
      account,
      tokens: new Tokens({
        accessToken: grant.accessToken,
        ...(grant.refreshToken === undefined ? {} : { refreshToken: grant.refreshToken }),
        issuedAt: yield* DateTime.now,
        expiresAt: grant.expiresAt
      }),
      grantedScopes: grant.grantedScopes,
      clientId: grant.clientId,
      issuer: provider.issuer,
      flowId: flow.id,
      signedInAt: yield* DateTime.now
    })
    return yield* Effect.catchTag(
      sessions.establish(flow.began, draft, flow.standing),
      "SignedOutMeanwhile",
      () => new FlowCancelled({ by: "logout" })
    )
  })
})
