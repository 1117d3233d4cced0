/**
 * The faults planned for each endpoint, and the counts of what was asked.
 */
import { Deferred, Effect, Ref } from "effect"
import type { LocalEndpoint, LocalFault, LocalGoogleCounts } from "../../services/local-google/LocalGoogle.ts"

interface Planned {
  readonly fault: LocalFault
  /** How many more requests it strikes. */
  readonly left: number
  /** Done when the fault is taken away: requests that hang go on. */
  readonly cleared: Deferred.Deferred<void>
}

export interface Faults {
  readonly fail: (endpoint: LocalEndpoint, fault: LocalFault, times?: number) => Effect.Effect<void>
  readonly heal: Effect.Effect<void>
  /** The fault that strikes the request at hand, which is thereby used up, and when it will be cleared. */
  readonly strike: (endpoint: LocalEndpoint) => Effect.Effect<Pick<Planned, "fault" | "cleared"> | undefined>
  readonly count: (what: keyof LocalGoogleCounts) => Effect.Effect<void>
  readonly counts: Effect.Effect<LocalGoogleCounts>
}

type Plan = Readonly<Partial<Record<LocalEndpoint, Planned>>>

const none: LocalGoogleCounts = {
  authorizations: 0,
  exchanges: 0,
  refreshes: 0,
  revocations: 0,
  userinfos: 0,
  discoveries: 0
}

const clear = (planned: Planned | undefined): Effect.Effect<void> =>
  planned === undefined ? Effect.void : Effect.asVoid(Deferred.succeed(planned.cleared, undefined))

export const make: Effect.Effect<Faults> = Effect.gen(function*() {
  const plan = yield* Ref.make<Plan>({})
  const counted = yield* Ref.make(none)
  return {
    fail: (endpoint, fault, times = Infinity) =>
      Effect.gen(function*() {
        const planned: Planned = { fault, left: times, cleared: yield* Deferred.make<void>() }
        const before = yield* Ref.getAndUpdate(plan, (all): Plan => ({ ...all, [endpoint]: planned }))
        yield* clear(before[endpoint])
      }).pipe(Effect.uninterruptible),
    heal: Ref.getAndSet(plan, {}).pipe(
      Effect.flatMap((before) => Effect.forEach(Object.values(before), clear, { discard: true })),
      Effect.uninterruptible
    ),
    strike: (endpoint) =>
      Ref.modify(plan, (all): [Planned | undefined, Plan] => {
        const planned = all[endpoint]
        // A fault that is used up stays in the plan, for those that still hang on it.
        return planned === undefined || planned.left <= 0
          ? [undefined, all]
          : [planned, { ...all, [endpoint]: { ...planned, left: planned.left - 1 } }]
      }),
    count: (what) => Ref.update(counted, (counts) => ({ ...counts, [what]: counts[what] + 1 })),
    counts: Ref.get(counted)
  }
})
