/**
 * `FlowStore` in the file of the stores, whatever becomes of that file: flows go with the file they were in.
 */
import { Effect, Option, Stream } from "effect"
import type { FlowRecord, FlowStore, FlowUnderWay } from "../../services/storage/FlowStore.ts"
import { underWayBy, watchBy } from "./FlowStoreSql.ts"
import type { StoresFileCurrent } from "./StoresFileCurrent.ts"

/** Flows in a file that is there; without one, there are none. A `watch`, and `underWay`, look at them as those in a
 * database do. */
export const make = (file: StoresFileCurrent): FlowStore["Service"] => {
  const none: ReadonlyArray<FlowRecord> = []
  const noneUnderWay: ReadonlyArray<FlowUnderWay> = []
  const underWay = file.reading(
    noneUnderWay,
    ({ flows }) => Effect.map(Stream.runHead(flows.underWay), Option.getOrElse(() => noneUnderWay))
  )
  const read: FlowStore["Service"]["read"] = (id) => file.reading(Option.none(), ({ flows }) => flows.read(id))
  return {
    newest: (key, purpose) => file.reading(Option.none(), ({ flows }) => flows.newest(key, purpose)),
    read,
    pending: (key) => file.reading(none, ({ flows }) => flows.pending(key)),
    begin: (flow, inPlaceOf) => Effect.uninterruptible(file.writing(({ flows }) => flows.begin(flow, inPlaceOf))),
    change: (id, change) => Effect.uninterruptible(file.reading(false, ({ flows }) => flows.change(id, change))),
    watch: (id) => watchBy(read(id)),
    underWay: underWayBy(underWay),
    claimTab: (flow, rest) => Effect.uninterruptible(file.writing(({ flows }) => flows.claimTab(flow, rest)))
  }
}
