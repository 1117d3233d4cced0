/**
 * What a scripted provider has been asked for.
 */
import { Array as Arr, Effect, Ref } from "effect"
import type { ScriptedCounts, ScriptedRequest } from "../../services/testing/ScriptedProvider.ts"

export interface ScriptedRequests {
  /** Notes a request: whose grant it was about, and whether it was done as asked. */
  readonly note: (kind: ScriptedRequest["kind"], email: string | undefined, done: boolean) => Effect.Effect<void>
  /** Counts a userinfo request, which is not told of otherwise. */
  readonly noteUserinfo: Effect.Effect<void>
  /** In order. */
  readonly all: Effect.Effect<ReadonlyArray<ScriptedRequest>>
  readonly counts: Effect.Effect<ScriptedCounts>
}

/** There have been none. */
export const make: Effect.Effect<ScriptedRequests> = Effect.gen(function*() {
  const requests = yield* Ref.make<ReadonlyArray<ScriptedRequest>>([])
  const userinfos = yield* Ref.make(0)

  const counts = Effect.gen(function*() {
    const all = yield* Ref.get(requests)
    const count = (kind: ScriptedRequest["kind"]) => all.filter((request) => request.kind === kind).length
    return {
      authorizations: count("authorization"),
      exchanges: count("exchange"),
      refreshes: count("refresh"),
      revocations: count("revocation"),
      userinfos: yield* Ref.get(userinfos)
    }
  })

  return {
    note: (kind, email, done) => Ref.update(requests, Arr.append<ScriptedRequest>({ kind, email, done })),
    noteUserinfo: Ref.update(userinfos, (count) => count + 1),
    all: Ref.get(requests),
    counts
  }
})
