/**
 * Completing a flow with the address its browser was sent to, wherever the flow runs.
 */
import { Deferred, Effect, Option, Redacted, Ref, Result } from "effect"
import * as AuthorizationResponse from "../../services/provider/AuthorizationResponse.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import { NotThisSignIn } from "../../services/sign-in/AuthFlows.ts"
import { FlowCancelled, type FlowFailure } from "../../services/sign-in/FlowFailure.ts"
import type { FlowId, Session } from "../../services/sign-in/Session.ts"
import { Sessions } from "../../services/sign-in/Sessions.ts"
import { FlowStore } from "../../services/storage/FlowStore.ts"
import type { AuthFlowElsewhere } from "./AuthFlowElsewhere.ts"
import type { AuthFlowEntries } from "./AuthFlowEntries.ts"
import { offer, type Options } from "./AuthFlowOpen.ts"

/** Makes `complete` over the services it needs. */
export const make = Effect.fnUntraced(function*(
  options: Options,
  newest: AuthFlowEntries["newest"],
  elsewhere: AuthFlowElsewhere
) {
  const events = yield* AuthEvents
  const store = yield* FlowStore
  const sessions = yield* Sessions

  /** What a pasted address says to a flow, wherever that runs. */
  const validated = Effect.fnUntraced(function*(
    flow: { readonly id: FlowId; readonly redirectUri: string },
    expected: AuthorizationResponse.ExpectedResponse,
    redirectedUrl: Redacted.Redacted<string>
  ) {
    const result = AuthorizationResponse.fromRedirect(redirectedUrl, flow.redirectUri, expected)
    if (Result.isSuccess(result)) return result.success
    if (result.failure === "not_a_redirect") return yield* new NotThisSignIn({ reason: result.failure })
    yield* events.publish({ _tag: "CallbackForged", flowId: flow.id, reason: result.failure })
    return yield* new NotThisSignIn({ reason: "other_sign_in" })
  })

  /** What a sign-in that was done before has come to by now: whoever pastes its address again may have signed out since. */
  const now = Effect.fnUntraced(function*(key: AccountKey): Effect.fn.Return<Session, FlowFailure> {
    const { state } = yield* sessions.slot(key)
    return state._tag === "SignedIn" ? state.session : yield* new FlowCancelled({ by: "logout" })
  })

  return Effect.fn("AuthFlows.complete")(function*(
    key: AccountKey,
    pasted: string
  ): Effect.fn.Return<Session, FlowFailure | NotThisSignIn> {
    const redirectedUrl = Redacted.make(pasted, { label: "redirect URL" })
    const found = Option.getOrUndefined(yield* newest(key))
    // One that has settled is there for its pages; a flow that was begun since, elsewhere, is what the person has answered.
    const isOver = found !== undefined && Deferred.isDoneUnsafe(found.outcome) &&
      Option.isSome(yield* elsewhere.current(key))
    const entry = isOver ? undefined : found
    const wasDone = entry !== undefined && Deferred.isDoneUnsafe(entry.outcome)
    if (entry !== undefined) yield* Deferred.await(entry.opened)
    const role = entry === undefined ? undefined : yield* Ref.get(entry.role)
    if (entry !== undefined && role?._tag === "Owning") {
      const flow = yield* Ref.get(entry.flow)
      if (Option.isNone(flow) || Option.isNone(role.expected)) return yield* Deferred.await(entry.outcome)
      const response = yield* validated(flow.value, role.expected.value, redirectedUrl)
      const first = yield* offer(entry, response, "paste", flow.value.expiresAt, options.timeout)
      yield* events.publish({ _tag: first ? "CallbackAccepted" : "CallbackDuplicate", flowId: flow.value.id })
      const session = yield* Deferred.await(entry.outcome)
      return wasDone ? yield* now(key) : session
    }
    const record = role?._tag === "Following" ? Option.some(role.record) : yield* elsewhere.current(key)
    if (Option.isNone(record) || Option.isNone(record.value.opened)) {
      return yield* new NotThisSignIn({ reason: "no_pending_flow" })
    }
    const { expected, redirectUri } = record.value.opened.value
    yield* validated({ id: record.value.id, redirectUri }, expected, redirectedUrl)
    yield* store.change(record.value.id, { _tag: "Delivered", redirectedUrl })
    return yield* entry === undefined ? elsewhere.outcome(record.value) : Deferred.await(entry.outcome)
  })
})
