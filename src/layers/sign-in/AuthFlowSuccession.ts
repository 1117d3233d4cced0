/**
 * One flow after another: which lease the next one has, and what is left to do for the process that holds it.
 */
import { Effect, Exit, Option } from "effect"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import type { FlowFailure } from "../../services/sign-in/FlowFailure.ts"
import type { FlowId, Session } from "../../services/sign-in/Session.ts"
import { type FlowRecord, FlowStore } from "../../services/storage/FlowStore.ts"
import { endedBy } from "./AuthFlowEntry.ts"
import type { AuthFlowFollow, Ending } from "./AuthFlowFollow.ts"
import type { AuthFlowSought } from "./AuthFlowSought.ts"

/** It is this process's turn. */
export interface Own {
  readonly _tag: "Own"
  readonly purpose: string
  /** The lease that is held. */
  readonly lease: string
  /** The flow of a process that died. */
  readonly inPlaceOf: Option.Option<FlowId>
  /** Whether callers of this process have been shown a flow before. */
  readonly succeeds: boolean
}

/** There is nothing to run. */
export interface Done {
  readonly _tag: "Done"
  readonly outcome: Exit.Exit<Session, FlowFailure>
}

/**
 * The lease of the flow to come. One that is held by a process that does nothing is never waited for again: the flow that
 * was ended over its head gives the next one another name, the same for everybody.
 */
export const leaseAfter = (key: AccountKey, purpose: string, newest: Option.Option<FlowRecord>): string =>
  Option.match(newest, {
    onNone: () => `flow ${key} ${purpose}`,
    onSome: ({ evicted, id, lease }) => evicted ? `flow ${key} after ${id}` : lease
  })

/** What the living compete for instead, where a lease is held by a process that says nothing. */
export const instead = (lease: string): string => `${lease} instead`

export const done = (outcome: Exit.Exit<Session, FlowFailure>): Done => ({ _tag: "Done", outcome })

/** Makes what there is to do over the services it needs. */
export const make = Effect.fnUntraced(function*(sought: AuthFlowSought, { outcomeOf }: AuthFlowFollow) {
  const store = yield* FlowStore

  /** How it ended what this sign-in has followed, whoever went on with it. */
  const endOf = (id: FlowId): Effect.Effect<Option.Option<Ending>, FlowFailure> =>
    Effect.gen(function*() {
      const record = Option.getOrUndefined(yield* store.read(id))
      if (record?.ending === undefined) return Option.none()
      return record.ending._tag === "TakenOver" ? yield* endOf(record.ending.by) : Option.some(record.ending)
    })

  /** What there is to do for whoever has the lease, or goes without. None: the flow to come has another lease by now. */
  const asHolder = Effect.fnUntraced(function*(
    { key, purpose }: { readonly key: AccountKey; readonly purpose: string },
    lease: string,
    followed: Option.Option<FlowId>,
    held = lease
  ): Effect.fn.Return<Option.Option<Own | Done>, FlowFailure> {
    const newest = yield* store.newest(key, purpose)
    if (leaseAfter(key, purpose, newest) !== lease) return Option.none()
    const end = Option.isSome(followed) ? yield* endOf(followed.value) : Option.none()
    if (Option.isSome(end)) return Option.some(done(yield* Effect.exit(outcomeOf(key, end.value))))
    const unended = Option.filter(newest, ({ ending }) => ending === undefined)
    const asked = Option.getOrUndefined(unended)?.asked
    if (Option.isSome(unended) && asked !== undefined) {
      // Its process died over what it was asked to do.
      const error = endedBy(asked)
      yield* store.change(unended.value.id, { _tag: "Ended", ending: { _tag: "Failed", error }, evicts: false })
      return Option.isSome(followed) ? Option.some(done(Exit.fail(error))) : Option.none()
    }
    const left = Option.map(unended, ({ id }) => id)
    const { session } = yield* sought.find(key)
    if (Option.isSome(session)) {
      // Exchanged and stored by a process that could not tell any more.
      for (const id of Option.toArray(left)) {
        yield* store.change(id, { _tag: "Ended", ending: { _tag: "SignedIn" }, evicts: false })
      }
      return Option.some(done(Exit.succeed(session.value)))
    }
    return Option.some({ _tag: "Own", purpose, lease: held, inPlaceOf: left, succeeds: Option.isSome(followed) })
  })

  return { asHolder, endOf }
})
