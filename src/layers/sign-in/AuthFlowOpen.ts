/**
 * Opening a flow of this process: a listener, an address, a deadline, and word of it for the other processes.
 */
import {
  DateTime,
  Deferred,
  Duration,
  Effect,
  type Fiber,
  Option,
  Redacted,
  Ref,
  Result,
  Schedule,
  type Scope,
  Stream,
  SubscriptionRef
} from "effect"
import { SecureRandom } from "effect/crypto"
import { Base64Url } from "effect/encoding"
import * as AuthorizationResponse from "../../services/provider/AuthorizationResponse.ts"
import { type AuthorizationRequest, AuthorizationServer } from "../../services/provider/AuthorizationServer.ts"
import { isEmail } from "../../services/sign-in/AccountKey.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import { type CallbackListener, CallbackServer } from "../../services/sign-in/CallbackServer.ts"
import { type FlowFailure, FlowTimedOut } from "../../services/sign-in/FlowFailure.ts"
import { Sessions } from "../../services/sign-in/Sessions.ts"
import { type FlowRecord, FlowStore } from "../../services/storage/FlowStore.ts"
import type { Slot, StoreUnavailable } from "../../services/storage/SessionStore.ts"
import * as AuthFlowEntry from "./AuthFlowEntry.ts"
import type { AuthFlowSought } from "./AuthFlowSought.ts"
import type { Own } from "./AuthFlowSuccession.ts"
import type { AuthFlowTab } from "./AuthFlowTab.ts"

/** How long a person has, and what is done before one is asked. */
export interface Options {
  /** The scopes a sign-in asks for, and a session must have. */
  readonly scopes: ReadonlyArray<string>
  /** How long a person has. */
  readonly timeout: Duration.Duration
  /**
   * Run before a flow opens. What fails here would otherwise fail after the person has consented, when it is too late
   * to keep what they consented to.
   */
  readonly prepare?: Effect.Effect<void, StoreUnavailable>
}

/** A flow that is open. */
export interface Listening {
  readonly listener: CallbackListener
  readonly request: AuthorizationRequest
  /** The slot as it was when others could see the flow: a sign-out since then wins. */
  readonly began: Slot
  /** Has the page opened for those who want that; whoever opened it hears of the end when this is interrupted. */
  readonly showing: Fiber.Fiber<void>
  /** Sees to what other processes ask; there is nothing to ask any more once the flow has settled. */
  readonly heeding: Fiber.Fiber<void>
}

/** How long others wait for a flow that is being opened: what it waits for has limits that add up to less. */
const openLimit = Duration.seconds(45)

/** Decides a flow by a response; one that comes after the deadline is late, whatever has run until then. */
export const offer = (
  { decision }: AuthFlowEntry.AuthFlowEntry,
  response: AuthorizationResponse.AuthorizationResponse,
  by: "listener" | "paste",
  expiresAt: DateTime.Utc,
  timeout: Duration.Duration
): Effect.Effect<boolean> =>
  Effect.flatMap(DateTime.now, (now) =>
    DateTime.isGreaterThan(now, expiresAt)
      ? Effect.as(
        Deferred.succeed(decision, { _tag: "Ended", error: new FlowTimedOut({ after: timeout }) }),
        false
      )
      : Deferred.succeed(decision, { _tag: "Answered", response, by }))

/** Makes `open` over the services it needs. */
export const make = Effect.fnUntraced(function*(options: Options, sought: AuthFlowSought, tab: AuthFlowTab) {
  const provider = yield* AuthorizationServer
  const callbacks = yield* CallbackServer
  const sessions = yield* Sessions
  const store = yield* FlowStore
  const events = yield* AuthEvents
  const random = yield* SecureRandom.SecureRandom

  const secret = (label: string) =>
    Effect.map(random.randomBytes(32), (bytes) => Redacted.make(Base64Url.encode(bytes), { label }))

  /** A flow that has settled is over; one that has not is finishing as was decided. */
  const lostEnding = ({ id, outcome }: AuthFlowEntry.AuthFlowEntry) =>
    Effect.suspend(() =>
      Deferred.isDoneUnsafe(outcome) ? Effect.void : events.publish({ _tag: "EndingLost", flowId: id })
    )

  /** What other processes ask of this flow. */
  const heed = Effect.fnUntraced(
    function*(entry: AuthFlowEntry.AuthFlowEntry, { asked, delivered, ending, tab: shown }: FlowRecord) {
      const end = (error: FlowFailure) =>
        Effect.flatMap(
          Deferred.succeed(entry.decision, { _tag: "Ended", error }),
          (first) => first ? Deferred.succeed(entry.condemned, undefined) : Effect.void
        )
      // Another process may have opened the tab.
      if (shown !== "not_asked" && shown !== "asked") yield* SubscriptionRef.set(entry.shown, shown)
      // Ended over this process's head: it was thought to be stopped, or was.
      if (ending?._tag === "Failed") return yield* end(ending.error)
      if (asked !== undefined) return yield* end(AuthFlowEntry.endedBy(asked))
      const role = yield* Ref.get(entry.role)
      const flow = yield* Ref.get(entry.flow)
      if (Option.isNone(delivered) || role._tag !== "Owning" || Option.isNone(role.expected)) return
      if (Option.isNone(flow)) return
      const { expiresAt, redirectUri } = flow.value
      const validated = AuthorizationResponse.fromRedirect(delivered.value, redirectUri, role.expected.value)
      if (Result.isSuccess(validated)) {
        const first = yield* offer(entry, validated.success, "paste", expiresAt, options.timeout)
        if (first) yield* events.publish({ _tag: "CallbackAccepted", flowId: entry.id })
      }
    }
  )

  /** Sees to what other processes ask and do, until the Scope closes. */
  const watch = (entry: AuthFlowEntry.AuthFlowEntry, began: Slot) => {
    const { id } = entry
    const asked = Stream.runForEach(store.watch(id), (record) => heed(entry, record)).pipe(
      // What others ask goes unheard meanwhile; whoever gets no answer sees to it alone.
      Effect.tapError((error) => Effect.logWarning("A sign-in under way cannot be watched.", error.message)),
      Effect.retry(Schedule.spaced("1 second")),
      Effect.ignore
    )
    const overtaken = Stream.runForEach(
      Stream.filter(sessions.watch, (slot) => slot.key === entry.key && slot.generation > began.generation),
      Effect.fnUntraced(function*(slot) {
        // By whichever process: what this flow has signed in is not signed in any more, and nothing it would store now is kept.
        if (slot.state._tag === "SignedOut") yield* Deferred.succeed(entry.cut, undefined)
        const session = yield* sought.sessionIn(slot)
        if (Option.isNone(session) || session.value.flowId === id) return
        yield* Deferred.succeed(entry.decision, { _tag: "Overtaken", session: session.value })
      })
    )
    return Effect.tap(
      Effect.forkScoped(asked, { startImmediately: true }),
      () => Effect.forkScoped(Effect.ignore(overtaken), { startImmediately: true })
    )
  }

  /** Opens a flow of this process until the Scope closes. */
  return Effect.fn("AuthFlows.open")(
    function*(
      entry: AuthFlowEntry.AuthFlowEntry,
      own: Own
    ): Effect.fn.Return<Listening, FlowFailure, Scope.Scope> {
      const { id, key } = entry
      const begunAt = yield* DateTime.now
      yield* store.begin({
        id,
        key,
        purpose: own.purpose,
        lease: own.lease,
        startedAt: begunAt,
        expiresAt: DateTime.addDuration(begunAt, openLimit)
      }, own.inPlaceOf)
      yield* Ref.set(entry.role, { _tag: "Owning", expected: Option.none() })
      // Only now: a sign-out from before has no flow to end, one from now on finds this flow.
      const { session, slot: began } = yield* sought.find(key)
      if (Option.isSome(session)) {
        yield* Deferred.succeed(entry.decision, { _tag: "Overtaken", session: session.value })
      }
      const heeding = yield* watch(entry, began)
      if (options.prepare !== undefined) yield* options.prepare
      const expected = { state: yield* secret("state"), issuer: yield* provider.responseIssuer }
      const deadline = yield* Deferred.make<DateTime.Utc>()
      const listener = yield* callbacks.open(
        { flowId: id, expected },
        (response) =>
          Effect.flatMap(
            Deferred.await(deadline),
            (expiresAt) => offer(entry, response, "listener", expiresAt, options.timeout)
          )
      )
      const { redirectUri } = listener
      const request: AuthorizationRequest = {
        redirectUri,
        scopes: options.scopes,
        state: expected.state,
        codeVerifier: yield* secret("code verifier"),
        loginHint: isEmail(key) ? key : undefined
      }
      const authorizationUrl = yield* provider.authorizationUrl(request)
      const startedAt = yield* DateTime.now
      const expiresAt = DateTime.addDuration(startedAt, options.timeout)
      yield* Deferred.succeed(deadline, expiresAt)
      // Armed before anybody hears of the flow, so that its deadline holds for whoever joins.
      yield* Effect.sleep(options.timeout).pipe(
        Effect.andThen(Deferred.succeed(entry.decision, {
          _tag: "Ended",
          error: new FlowTimedOut({ after: options.timeout })
        })),
        Effect.tap((first) => first ? Deferred.succeed(entry.condemned, undefined) : lostEnding(entry)),
        Effect.forkScoped({ startImmediately: true })
      )
      yield* store.change(id, {
        _tag: "Opened",
        opened: {
          authorizationUrl: Redacted.make(authorizationUrl, { label: "authorization URL" }),
          redirectUri,
          expected
        },
        expiresAt
      })
      yield* Ref.set(entry.role, { _tag: "Owning", expected: Option.some(expected) })
      // A tab of the flow that this one succeeds is not a tab of this one.
      if (own.succeeds) yield* SubscriptionRef.set(entry.shown, "not_asked")
      const earlier = yield* tab.wanted(entry, own.succeeds)
      yield* AuthFlowEntry.show(entry, { id, authorizationUrl, redirectUri, startedAt, expiresAt }, true)
      const showing = yield* Effect.forkScoped(tab.serve(entry, { flowId: id, key, authorizationUrl }, earlier))
      return { listener, request, began, showing, heeding }
    }
  )
})
