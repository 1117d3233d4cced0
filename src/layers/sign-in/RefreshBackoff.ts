/**
 * When a provider that could not be reached may be asked again: later each time, and not before it wishes.
 */
import { Clock, Effect, HashMap, Option, Random, Ref } from "effect"
import { ProviderUnreachable } from "../../services/provider/AuthorizationServer.ts"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import type { Generation, Session } from "../../services/sign-in/Session.ts"

export interface RefreshBackoff {
  /**
   * What to answer instead of asking the provider again for this session: why it could not be reached, and the seconds
   * left to wait. Another session, such as that of a new sign-in, is asked for at once.
   */
  readonly braked: (session: Session) => Effect.Effect<Option.Option<ProviderUnreachable>>
  readonly failed: (session: Session, error: ProviderUnreachable) => Effect.Effect<void>
  /** The provider has answered: nothing is kept for this key any more. */
  readonly answered: (key: AccountKey) => Effect.Effect<void>
}

interface Brake {
  readonly generation: Generation
  readonly error: ProviderUnreachable
  readonly failures: number
  /** In milliseconds that no setting of the clock changes. */
  readonly until: number
}

/** After the first failure; doubled by each further one. */
const firstMillis = 1_000

/** A person who has the network back does not wait longer than this. */
const longestMillis = 30_000

/** However long a provider asks to wait, it is asked again after this. */
const longestWishMillis = 3_600_000

/** A clock that is set neither makes anybody wait nor lets anybody pass. */
const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

/** Nothing is kept for keys whose last refresh was answered. */
export const make: Effect.Effect<RefreshBackoff> = Effect.gen(function*() {
  const brakes = yield* Ref.make(HashMap.empty<AccountKey, Brake>())

  const brakeOf = ({ generation, key }: Session) =>
    Effect.map(
      Ref.get(brakes),
      (all) => Option.filter(HashMap.get(all, key), (brake) => brake.generation === generation)
    )

  const braked = Effect.fnUntraced(function*(session: Session) {
    const now = yield* monotonicMillis
    return Option.map(
      Option.filter(yield* brakeOf(session), ({ until }) => until > now),
      ({ error: { ambiguous, operation, problem }, until }) =>
        new ProviderUnreachable({ operation, problem, ambiguous, retryAfter: Math.ceil((until - now) / 1_000) })
    )
  })

  const failed = Effect.fnUntraced(function*(session: Session, error: ProviderUnreachable) {
    const now = yield* monotonicMillis
    const jitter = yield* Random.nextBetween(0.5, 1)
    const failures = Option.match(yield* brakeOf(session), { onNone: () => 1, onSome: (brake) => brake.failures + 1 })
    const delay = Math.min(firstMillis * 2 ** Math.min(failures - 1, 10), longestMillis) * jitter
    const wish = Math.min((error.retryAfter ?? 0) * 1_000, longestWishMillis)
    const brake: Brake = { generation: session.generation, error, failures, until: now + Math.max(delay, wish) }
    yield* Ref.update(brakes, (all) => HashMap.set(all, session.key, brake))
  })

  return { braked, failed, answered: (key) => Ref.update(brakes, (all) => HashMap.remove(all, key)) }
})
