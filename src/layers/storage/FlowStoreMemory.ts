/**
 * `FlowStore` among the callers of one process: for tests, and for embedders who run only one.
 */
import { Clock, Duration, Effect, Equal, HashMap, Layer, Option, Ref, Stream, SubscriptionRef } from "effect"
import { pid } from "node:process"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import type { FlowId } from "../../services/sign-in/Session.ts"
import {
  type FlowChange,
  type FlowRecord,
  FlowStore,
  type FlowUnderWay,
  type TabClaim
} from "../../services/storage/FlowStore.ts"

/** Flows in the order in which they were begun. */
type Flows = ReadonlyArray<FlowRecord>

/** What a change makes of a flow that has not ended; the flow itself, if nothing. */
const changed = (flow: FlowRecord, change: FlowChange): FlowRecord => {
  switch (change._tag) {
    case "Opened":
      return Option.isSome(flow.opened)
        ? flow
        : { ...flow, opened: Option.some(change.opened), expiresAt: change.expiresAt }
    case "Answered":
      return flow.answered ? flow : { ...flow, answered: true }
    case "Shown":
      return flow.tab === "asked" ? { ...flow, tab: change.tab } : flow
    case "Asked":
      return flow.asked === undefined || (flow.asked !== "logout" && change.by === "logout")
        ? { ...flow, asked: change.by }
        : flow
    case "Delivered":
      return Option.isSome(flow.delivered) ? flow : { ...flow, delivered: Option.some(change.redirectedUrl) }
    case "Withdrawn":
      return Option.isSome(flow.opened) ? { ...flow, opened: Option.none(), delivered: Option.none() } : flow
    case "Ended":
      return {
        ...flow,
        ending: change.ending,
        evicted: change.evicts,
        opened: Option.none(),
        delivered: Option.none()
      }
  }
}

const isPending = ({ ending }: FlowRecord): boolean => ending === undefined

const glimpse = ({ answered, asked, expiresAt, id, key, opened, tab }: FlowRecord): FlowUnderWay => ({
  id,
  key,
  expiresAt,
  tab,
  answered,
  asked,
  isOpen: Option.isSome(opened)
})

const find = (flows: Flows, id: FlowId) => Option.fromNullishOr(flows.find((flow) => flow.id === id))

/** How many flows are remembered, those that have not ended aside. */
const remembered = 100

/** Provides `FlowStore`; needs nothing, and forgets everything with its Scope. */
export const layer: Layer.Layer<FlowStore> = Layer.effect(
  FlowStore,
  Effect.gen(function*() {
    const flows = yield* SubscriptionRef.make<Flows>([])
    const tabs = yield* Ref.make(HashMap.empty<AccountKey, number>())

    const set = (id: FlowId, next: (flow: FlowRecord) => FlowRecord) =>
      SubscriptionRef.modify(flows, (all) => {
        const replaced = all.map((flow) => flow.id === id && isPending(flow) ? next(flow) : flow)
        return [replaced.some((flow, index) => flow !== all[index]), replaced]
      })

    /** In one step with the flow itself, so that of any number of claims one is granted. */
    const claimTab: FlowStore["Service"]["claimTab"] = Effect.fn("FlowStore.claimTab")(
      function*({ id, key }, rest) {
        const now = yield* Clock.currentTimeMillis
        return yield* SubscriptionRef.modifyEffect(
          flows,
          Effect.fnUntraced(function*(all): Effect.fn.Return<readonly [TabClaim, Flows]> {
            const flow = all.find((each) => each.id === id)
            if (flow === undefined || !isPending(flow) || flow.tab !== "not_asked") {
              return [{ _tag: "Taken", tab: flow?.tab ?? "not_asked" }, all]
            }
            const since = now - Option.getOrElse(HashMap.get(yield* Ref.get(tabs), key), () => -Infinity)
            const left = Duration.toMillis(rest) - since
            if (left > 0 && since >= 0) return [{ _tag: "Braked", left: Duration.millis(left) }, all]
            yield* Ref.update(tabs, HashMap.set(key, now))
            return [{ _tag: "Granted" }, all.map((each) => each === flow ? { ...flow, tab: "asked" } : each)]
          })
        )
      },
      Effect.uninterruptible
    )

    return FlowStore.of({
      newest: (key, purpose) =>
        Effect.map(
          SubscriptionRef.get(flows),
          (all) => Option.fromNullishOr(all.findLast((flow) => flow.key === key && flow.purpose === purpose))
        ),
      read: (id) => Effect.map(SubscriptionRef.get(flows), (all) => find(all, id)),
      pending: (key) =>
        Effect.map(SubscriptionRef.get(flows), (all) => all.filter((flow) => flow.key === key && isPending(flow))),
      begin: Effect.fn("FlowStore.begin")((begun, inPlaceOf) =>
        SubscriptionRef.update(flows, (all): Flows => [
          ...all.filter((flow, index) => isPending(flow) || index >= all.length - remembered).map((flow) =>
            isPending(flow) && Option.contains(inPlaceOf, flow.id)
              ? changed(flow, { _tag: "Ended", ending: { _tag: "TakenOver", by: begun.id }, evicts: false })
              : flow
          ),
          {
            ...begun,
            pid,
            opened: Option.none(),
            tab: "not_asked",
            answered: false,
            asked: undefined,
            delivered: Option.none(),
            ending: undefined,
            evicted: false
          }
        ])
      ),
      change: Effect.fn("FlowStore.change")((id, change) => set(id, (flow) => changed(flow, change))),
      watch: (id) =>
        SubscriptionRef.changes(flows).pipe(
          Stream.flatMap((all) => Stream.fromIterable(Option.toArray(find(all, id)))),
          Stream.changesWith((one, other) => one === other)
        ),
      underWay: SubscriptionRef.changes(flows).pipe(
        Stream.map((all) => all.filter(isPending).map(glimpse)),
        Stream.changesWith((one, other) => Equal.equals(one, other))
      ),
      claimTab
    })
  })
)
