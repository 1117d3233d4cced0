/**
 * What is known of refresh tokens that were sent: by the notes in the store, and by what this process has seen come of them.
 */
import { Data, DateTime, Duration, Effect, HashMap, Option, Ref } from "effect"
import type { ClientMisconfigured } from "../../services/config/Config.ts"
import type { ProviderUnreachable, RefreshRejected } from "../../services/provider/AuthorizationServer.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import type { Generation, Session } from "../../services/sign-in/Session.ts"
import type { GenerationPassed, SessionStore, StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { patiently } from "../storage/StorePatience.ts"

/** The refresh token was sent before. */
export class NotToBeSent extends Data.TaggedError("NotToBeSent")<{ readonly because: "Unclear" | "UnderWay" }> {}

/** What is to be done about a refresh token. */
export type Known =
  /** It may be sent. */
  | { readonly _tag: "Free" }
  | { readonly _tag: "Unclear" }
  | { readonly _tag: "UnderWay" }
  /** The provider has refused it already. */
  | { readonly _tag: "Rejected"; readonly reason: RefreshRejected["reason"] }

export interface PresentedTokens {
  /** Whether sending the same token once more after this can do no harm. */
  readonly isRepeatable: (error: ProviderUnreachable | ClientMisconfigured | RefreshRejected) => boolean
  readonly known: (session: Session, presentedAt: DateTime.Utc | undefined) => Effect.Effect<Known>
  /** Notes in the store that the token of this session is sent. */
  readonly note: (session: Session) => Effect.Effect<void, GenerationPassed | NotToBeSent | StoreUnavailable>
  /** Takes note of what came of sending it, where that was no tokens. */
  readonly settle: (
    session: Session,
    error: ProviderUnreachable | ClientMisconfigured | RefreshRejected
  ) => Effect.Effect<void>
}

/** What this process has seen come of the token of one generation. */
type Seen =
  /** Nothing: it must not be sent again. */
  | { readonly _tag: "Lost" }
  /**
   * That the provider has not acted on it. The note could not be taken back, and keeps everybody else from sending it.
   */
  | { readonly _tag: "Void" }
  | { readonly _tag: "Rejected"; readonly reason: RefreshRejected["reason"] }

/** Longer than whoever has noted a token needs to get an answer and to store it. */
const underWay = Duration.seconds(30)

/** A note from the future tells that the clock was set back, and not when it was made. */
const isUnderWay = (presentedAt: DateTime.Utc) =>
  Effect.map(DateTime.now, (now) => {
    const age = DateTime.distance(presentedAt, now)
    return Duration.isGreaterThanOrEqualTo(age, Duration.zero) && Duration.isLessThan(age, underWay)
  })

/** `rotates` says that the provider takes a token that is sent twice for a stolen one. */
export const make = Effect.fnUntraced(function*(store: SessionStore["Service"], rotates: boolean) {
  const seen = yield* Ref.make(HashMap.empty<AccountKey, readonly [Generation, Seen]>())

  const seenOf = ({ generation, key }: Session) =>
    Effect.map(
      Ref.get(seen),
      (all) => Option.map(Option.filter(HashMap.get(all, key), ([of]) => of === generation), ([, what]) => what)
    )

  const see = ({ generation, key }: Session, what: Seen) =>
    Ref.update(seen, (all) => HashMap.set(all, key, [generation, what] as const))

  const isRepeatable: PresentedTokens["isRepeatable"] = (error) =>
    error._tag !== "RefreshRejected" && (!rotates || error._tag !== "ProviderUnreachable" || !error.ambiguous)

  const known = Effect.fnUntraced(
    function*(session: Session, presentedAt: DateTime.Utc | undefined): Effect.fn.Return<Known> {
      const what = Option.getOrUndefined(yield* seenOf(session))
      if (what?._tag === "Rejected") return what
      if (!rotates || presentedAt === undefined || what?._tag === "Void") return { _tag: "Free" }
      return { _tag: what === undefined && (yield* isUnderWay(presentedAt)) ? "UnderWay" : "Unclear" }
    }
  )

  const note = Effect.fnUntraced(function*(session: Session) {
    const isVoid = Option.exists(yield* seenOf(session), ({ _tag }) => _tag === "Void")
    yield* store.present(session.key, session.generation, { again: !rotates || isVoid }).pipe(
      Effect.catchTag("AlreadyPresented", ({ at }) =>
        Effect.flatMap(
          isUnderWay(at),
          (still) => Effect.fail(new NotToBeSent({ because: still ? "UnderWay" : "Unclear" }))
        ))
    )
    // Whatever comes of it now, it is not what was seen before.
    yield* Ref.update(seen, (all) => HashMap.remove(all, session.key))
  })

  const settle: PresentedTokens["settle"] = (session, error) => {
    if (error._tag === "RefreshRejected") return see(session, { _tag: "Rejected", reason: error.reason })
    if (!isRepeatable(error)) return see(session, { _tag: "Lost" })
    return patiently(store.withdraw(session.key, session.generation)).pipe(
      Effect.catchTag("StoreUnavailable", () => see(session, { _tag: "Void" }))
    )
  }

  const presented: PresentedTokens = { isRepeatable, known, note, settle }
  return presented
})
