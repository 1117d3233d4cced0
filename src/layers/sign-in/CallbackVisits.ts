/**
 * The browsers that carried a flow's state: where each is sent on to, and whether it has been shown its page.
 */
import { Effect, HashMap, Option, Stream, SubscriptionRef } from "effect"
import { SecureRandom } from "effect/crypto"
import { Base64Url } from "effect/encoding"
import type { AuthorizationResponse } from "../../services/provider/AuthorizationResponse.ts"

/** A browser that carried the state. */
export interface Visit {
  /** Names its page's address: hard to guess, and worth nothing to anybody else. */
  readonly view: string
  /** What it brought. */
  readonly response: AuthorizationResponse
}

export interface CallbackVisits {
  /** Notes a browser that has to be shown its page. */
  readonly begin: (response: AuthorizationResponse) => Effect.Effect<Visit>
  /** The visit whose page has this address. */
  readonly find: (view: string) => Effect.Effect<Option.Option<Visit>>
  /** The browser of this visit has its page, or has gone. Idempotent: a reload pays for nobody else. */
  readonly end: (visit: Visit) => Effect.Effect<void>
  /** Returns as soon as every browser has its page. */
  readonly allEnded: Effect.Effect<void>
}

interface Noted {
  readonly visit: Visit
  readonly ended: boolean
}

/** The visits of one flow; needs `SecureRandom`. They are forgotten with what this effect returns. */
export const make: Effect.Effect<CallbackVisits, never, SecureRandom.SecureRandom> = Effect.gen(function*() {
  const random = yield* SecureRandom.SecureRandom
  const visits = yield* SubscriptionRef.make(HashMap.empty<string, Noted>())

  const note = (noted: Noted) => SubscriptionRef.update(visits, (all) => HashMap.set(all, noted.visit.view, noted))

  return {
    begin: (response) =>
      Effect.flatMap(random.randomBytes(16), (bytes) => {
        const visit = { view: Base64Url.encode(bytes), response }
        return Effect.as(note({ visit, ended: false }), visit)
      }),
    find: (view) =>
      Effect.map(SubscriptionRef.get(visits), (all) => Option.map(HashMap.get(all, view), ({ visit }) => visit)),
    end: (visit) => note({ visit, ended: true }),
    allEnded: SubscriptionRef.changes(visits).pipe(
      Stream.filter((all) => HashMap.every(all, ({ ended }) => ended)),
      Stream.runHead,
      Effect.asVoid
    )
  }
})
